//! How an attempt is told to stop.

use crate::WorkerError;
use tokio_util::sync::CancellationToken;
use unearth_audit::TrainingError;
use unearth_store::StoreError;

/// What an attempt looks at while it works.
pub(crate) struct Stopping {
    /// All but a training that has begun is left where it waits.
    pub(crate) all: CancellationToken,
    /// The training ends at its next batch.
    pub(crate) training: CancellationToken,
}

impl Default for Stopping {
    fn default() -> Self {
        let all = CancellationToken::new();
        let training = all.child_token();
        Self { all, training }
    }
}

impl Stopping {
    pub(crate) fn because_of(&self, reason: &WorkerError) {
        match reason {
            // Whoever lost the lease may have ended the run just now, and then goes on to its last word; otherwise its next write
            // fails.
            WorkerError::Store(StoreError::LeaseLost) => self.training.cancel(),
            _ => self.all.cancel(),
        }
    }
}

/// Does what needs no thread of its own and can be left wherever it waits: its transactions roll back.
pub(crate) async fn unless_stopped<T>(
    stop: &CancellationToken,
    work: impl Future<Output = Result<T, WorkerError>>,
) -> Result<T, WorkerError> {
    let done = stop.run_until_cancelled(work).await;
    done.unwrap_or(Err(TrainingError::Stopped.into()))
}
