//! How fast this worker trains, measured while it has nothing else to do.

use crate::{Worker, error::chain};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use unearth_audit::{Model, ModelPace, Precision};

/// How long a worker waits for something better to do.
const IDLE: Duration = Duration::from_secs(5);

/// What was measured, and what is still to be.
pub(crate) struct Paces {
    measured: Mutex<Vec<ModelPace>>,
    /// The next one last.
    left: Mutex<Vec<(Model, Precision)>>,
    work: Mutex<Work>,
}

/// What else the worker does.
struct Work {
    /// Pieces of work in hand.
    pieces: usize,
    /// When the last one ended.
    ended: Instant,
}

/// A piece of work, beside which nothing is measured.
pub(crate) struct Working<'p>(&'p Paces);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        let mut work = locked(&self.0.work);
        work.pieces -= 1;
        work.ended = Instant::now();
    }
}

impl Paces {
    pub(crate) fn new() -> Self {
        let all = Precision::ALL
            .into_iter()
            .flat_map(|precision| Model::ALL.map(|model| (model, precision)));
        Self {
            measured: Mutex::default(),
            left: Mutex::new(all.rev().collect()),
            work: Mutex::new(Work {
                pieces: 0,
                ended: Instant::now(),
            }),
        }
    }

    /// Says that the worker has something to do, until what this returns is dropped.
    pub(crate) fn working(&self) -> Working<'_> {
        locked(&self.work).pieces += 1;
        Working(self)
    }

    fn is_idle(&self) -> bool {
        let work = locked(&self.work);
        work.pieces == 0 && work.ended.elapsed() >= IDLE
    }

    /// What is known by now.
    pub(crate) fn measured(&self) -> Vec<ModelPace> {
        locked(&self.measured).clone()
    }

    /// Measures one more model, where the worker has been idle for long enough. What cannot be measured, as
    /// a model that does not fit the device, is left out.
    pub(crate) async fn measure_next(&self, worker: &Worker, leaving: &CancellationToken) {
        if !self.is_idle() {
            return;
        }
        let Some((model, precision)) = locked(&self.left).pop() else {
            return;
        };
        let trainer = Arc::clone(&worker.trainer);
        let (done, pace) = oneshot::channel();
        // A thread of its own, as for a training: libtorch keeps its number of threads by thread, and a worker that
        // leaves waits for none.
        let spawned = thread::Builder::new().name("pace".into()).spawn(move || {
            let _ = done.send(trainer.pace(model, precision));
        });
        if let Err(error) = spawned {
            tracing::warn!(%error, "no thread to measure a model's pace on");
            return;
        }
        let pace = tokio::select! {
            pace = pace => pace,
            () = leaving.cancelled() => return,
        };
        match pace {
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
