//! How fast models are here, measured in processes of their own: the memory that libtorch keeps goes with them, an abort of it
//! takes no worker along, and they can be ended at any moment.

use crate::cli::DeviceArgs;
use futures::future::BoxFuture;
use std::{env, io, process::Stdio};
use tokio::process::Command;
use unearth_audit::{Model, ModelPace, Precision};
use unearth_worker::Measure;

/// Lets `unearth pace` measure.
pub(crate) struct PaceProcesses {
    /// Where the worker trains.
    pub(crate) device: DeviceArgs,
}

impl Measure for PaceProcesses {
    fn pace(&self, model: Model, precision: Precision) -> BoxFuture<'_, io::Result<ModelPace>> {
        Box::pin(self.measured(model, precision))
    }
}

impl PaceProcesses {
    async fn measured(&self, model: Model, precision: Precision) -> io::Result<ModelPace> {
        let output = Command::new(env::current_exe()?)
            .args(["pace", model.as_str(), precision.as_str()])
            .env("UNEARTH_DEVICE", self.device.device.to_string())
            .env("UNEARTH_THREADS", self.device.threads().to_string())
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .output()
            .await?;
        if !output.status.success() {
            return Err(io::Error::other(format!("it ended with {}", output.status)));
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}
