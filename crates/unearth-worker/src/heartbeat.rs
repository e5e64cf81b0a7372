//! Keeping the lease of a run.

use crate::{Worker, WorkerError, error::chain};
use std::time::Duration;
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;
use unearth_audit::Progress;
use unearth_store::{
    StoreError,
    runs::{self, Beat, ClaimedRun},
};

/// Renews the lease twice a second until something ends the run, and says what.
///
/// A database that is away or silent is waited for until the lease has run out by our own clock: from
/// then on another worker may hold it.
pub(crate) async fn keep(
    worker: &Worker,
    run: &ClaimedRun,
    progress: watch::Receiver<Option<Progress>>,
    leaving: &CancellationToken,
) -> WorkerError {
    let mut beat = tokio::time::interval(Duration::from_millis(500));
    let mut expires_at = (worker.now)() + worker.lease;
    loop {
        tokio::select! {
            () = leaving.cancelled() => return WorkerError::Leaving,
            _ = beat.tick() => {}
        }
        let now = (worker.now)();
        let latest = progress.borrow().clone();
        let beaten = runs::heartbeat(&worker.db, run, latest.as_ref(), now, worker.lease);
        let beaten = tokio::select! {
            () = leaving.cancelled() => return WorkerError::Leaving,
            () = sleep((expires_at - now).try_into().unwrap_or_default()) => return WorkerError::LeaseExpired,
            beaten = beaten => beaten,
        };
        match beaten {
            Ok(Beat::Continue) => expires_at = now + worker.lease,
            Ok(Beat::Cancel) => return WorkerError::Cancelled,
            Err(StoreError::LeaseLost) => return StoreError::LeaseLost.into(),
            Err(_) if (worker.now)() >= expires_at => return WorkerError::LeaseExpired,
            Err(error) => {
                tracing::warn!(run = run.id, error = %chain(&error), "the lease could not be renewed");
            }
        }
    }
}
