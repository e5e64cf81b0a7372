//! How fast this worker trains, measured while it has nothing else to do.

use crate::{Worker, error::chain};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;
use unearth_audit::{Model, ModelPace, Precision};

/// How long a worker waits for something better to do.
const IDLE: Duration = Duration::from_secs(5);

/// What was measured, and what is still to be.
pub(crate) struct Paces {
    measured: Mutex<Vec<ModelPace>>,
    /// The next one last.
    left: Mutex<Vec<(Model, Precision)>>,
}

impl Paces {
    pub(crate) fn new() -> Self {
        let all = [Precision::F32, Precision::Bf16]
            .into_iter()
            .flat_map(|precision| Model::ALL.map(|model| (model, precision)));
        Self {
            measured: Mutex::default(),
            left: Mutex::new(all.rev().collect()),
        }
    }

    /// What is known by now.
    pub(crate) fn measured(&self) -> Vec<ModelPace> {
        locked(&self.measured).clone()
    }

    /// Measures one more model, where the worker has been idle for long enough. What cannot be measured, as
    /// a model that does not fit the device, is left out.
    pub(crate) async fn measure_next(&self, worker: &Worker, idle_since: Instant) {
        if idle_since.elapsed() < IDLE {
            return;
        }
        let Some((model, precision)) = locked(&self.left).pop() else {
            return;
        };
        let trainer = Arc::clone(&worker.trainer);
        let (done, pace) = oneshot::channel();
        // A thread of its own, as for a training: libtorch keeps its number of threads by thread.
        let spawned = thread::Builder::new().name("pace".into()).spawn(move || {
            let _ = done.send(trainer.pace(model, precision));
        });
        if let Err(error) = spawned {
            tracing::warn!(%error, "no thread to measure a model's pace on");
            return;
        }
        match pace.await {
            Ok(Ok(Some(pace))) => {
                tracing::debug!(
                    model = model.as_str(),
                    trained_per_second = pace.trained_per_second,
                    swept_per_second = pace.swept_per_second,
                    "pace measured"
                );
                locked(&self.measured).push(pace);
            }
            Ok(Ok(None)) | Err(_) => {}
            Ok(Err(error)) => {
                let model = model.as_str();
                tracing::warn!(model, error = %chain(&error), "its pace cannot be measured");
            }
        }
    }
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
