//! How fast models are here, measured in processes of their own: the memory that libtorch keeps goes with them, and an abort
//! of it takes no worker along.

use crate::cli::DeviceArgs;
use std::{
    env, io,
    process::{Command, Stdio},
};
use unearth_audit::{
    Environment, Examples, Model, ModelPace, Precision, Trainer, TrainingError, TrainingJob,
    TrainingOutcome, TrainingSink,
};

/// Trains itself, and lets `unearth pace` measure.
pub(crate) struct Measuring<T> {
    pub(crate) trainer: T,
    pub(crate) device: DeviceArgs,
}

impl<T: Trainer> Trainer for Measuring<T> {
    fn environment(&self) -> Environment {
        self.trainer.environment()
    }

    fn pace(&self, model: Model, precision: Precision) -> Result<Option<ModelPace>, TrainingError> {
        self.measured(model, precision)
            .map_err(|error| TrainingError::Backend(format!("its pace was not measured: {error}")))
    }

    fn train(
        &self,
        job: &TrainingJob<'_>,
        examples: &Examples<'_>,
        sink: &mut dyn TrainingSink,
    ) -> Result<TrainingOutcome, TrainingError> {
        self.trainer.train(job, examples, sink)
    }
}

impl<T: Trainer> Measuring<T> {
    fn measured(&self, model: Model, precision: Precision) -> io::Result<Option<ModelPace>> {
        let output = Command::new(env::current_exe()?)
            .args(["pace", model.as_str(), precision.as_str()])
            .env("UNEARTH_DEVICE", self.device.device.to_string())
            .env(
                "UNEARTH_THREADS",
                self.trainer.environment().threads.to_string(),
            )
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            return Err(io::Error::other(format!("it ended with {}", output.status)));
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}
