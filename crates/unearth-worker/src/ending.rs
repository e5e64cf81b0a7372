//! How a run ends that did not succeed: cancelled, given back, or failed for good.

use crate::{Worker, WorkerError, data, error::chain, finish};
use time::Duration;
use unearth_audit::TrainingError;
use unearth_store::{
    StoreError,
    runs::{self, ClaimedRun, Failed, GivenBack, Halved},
};

/// Between two tries to store how an attempt ended.
const BETWEEN_ENDINGS: std::time::Duration = std::time::Duration::from_secs(1);

/// Stores how it ended; tries again while the database is away and the lease lasts.
pub(crate) async fn run(worker: &Worker, run: &ClaimedRun, error: WorkerError) {
    let lease_ends = (worker.now)() + worker.lease;
    let is_leaving = matches!(error, WorkerError::Leaving);
    loop {
        match ending(worker, run, &error).await {
            Ok(()) => return,
            Err(away) if away.is_outage() && !is_leaving && (worker.now)() < lease_ends => {
                tracing::warn!(error = %chain(&away), "the end of the run cannot be stored; trying again");
                tokio::time::sleep(BETWEEN_ENDINGS).await;
            }
            Err(WorkerError::Store(StoreError::LeaseLost)) => {
                return tracing::warn!("it is not this worker's to end, or has ended already");
            }
            Err(error) => {
                // The lease runs out by itself, and the run is taken up again.
                tracing::error!(error = %chain(&error), "the end of the run could not be stored");
                return;
            }
        }
    }
}

async fn ending(worker: &Worker, run: &ClaimedRun, error: &WorkerError) -> Result<(), WorkerError> {
    let now = (worker.now)();
    let reason = chain(error);
    match error {
        WorkerError::Store(StoreError::LeaseLost) | WorkerError::LeaseExpired => {
            tracing::warn!(reason, "somebody else goes on");
            Ok(())
        }
        WorkerError::Cancelled => Ok(runs::cancelled(&worker.db, run, now).await?),
        WorkerError::Leaving => give_back(worker, run, &reason, GivenBack::Leaving).await,
        WorkerError::Training(TrainingError::OutOfMemory { .. }) => {
            out_of_memory(worker, run, &reason).await
        }
        error if error.is_outage() => {
            tracing::error!(
                error = reason,
                "the attempt ends, for what it needs is away"
            );
            let again_at = now + back_off(run.attempt);
            give_back(worker, run, &reason, GivenBack::Outage(again_at)).await
        }
        error if error.is_worth_retrying() => {
            tracing::error!(error = reason, "the attempt failed");
            let again_at = now + back_off(run.fruitless_attempts);
            give_back(worker, run, &reason, GivenBack::Failed(again_at)).await
        }
        _ => {
            tracing::error!(error = reason, "the run failed for good");
            failed(worker, run, &reason).await
        }
    }
}

async fn give_back(
    worker: &Worker,
    run: &ClaimedRun,
    reason: &str,
    given_back: GivenBack,
) -> Result<(), WorkerError> {
    runs::give_back(&worker.db, run, reason, given_back, (worker.now)()).await?;
    Ok(())
}

/// Begins the audit again with half the batch, or ends the run where that is too small.
async fn out_of_memory(worker: &Worker, run: &ClaimedRun, reason: &str) -> Result<(), WorkerError> {
    let now = (worker.now)();
    match runs::halve_batch(&worker.db, run, reason, now).await? {
        Halved::Yes(resume_points) => {
            tracing::warn!(reason, "begins again with half the batch");
            for blob in resume_points {
                worker.blobs.delete(&blob).await?;
            }
            Ok(())
        }
        Halved::Cancelled => Ok(runs::cancelled(&worker.db, run, now).await?),
        Halved::TooSmall => failed(worker, run, reason).await,
    }
}

/// Ends a run as failed. Where its audit can do without it and nothing else is left, that is finished.
async fn failed(worker: &Worker, run: &ClaimedRun, reason: &str) -> Result<(), WorkerError> {
    let failed = runs::fail(&worker.db, run, reason, (worker.now)()).await?;
    if failed == Failed::AuditIsLeft {
        let data = data::load(worker, run.dataset_id, run.shape.split.as_deref()).await?;
        finish::without(worker, run, &data, reason).await?;
    }
    Ok(())
}

/// 2, 4, 8 … seconds.
fn back_off(fruitless_attempts: i32) -> Duration {
    Duration::seconds(1 << fruitless_attempts.clamp(1, 6))
}
