//! Another window of a finished audit: read from Postgres, never trained again.

use crate::{Worker, WorkerError, data, error::chain, score};
use std::time::Duration;
use time::OffsetDateTime;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use unearth_audit::{ScoreKey, Signal};
use unearth_store::{
    StoreError, runs,
    score_sets::{self, ClaimedScoreSet},
};

/// Attempts after which a scoring that never comes to an end is given up.
const ATTEMPTS_MAX: i32 = 3;

/// How long after an outage another attempt begins.
const AFTER_OUTAGE: time::Duration = time::Duration::seconds(5);

/// Computes a claimed score set and ends it one way or another.
pub(crate) async fn score_set(
    worker: &Worker,
    claimed: &ClaimedScoreSet,
    leaving: &CancellationToken,
) {
    // A task of its own: the scoring may compute for longer than a beat.
    let beating = {
        let (worker, claimed) = (worker.clone(), claimed.clone());
        async move { keep(&worker, &claimed).await }
    };
    let beating = AbortOnDropHandle::new(tokio::spawn(beating));
    let outcome = tokio::select! {
        biased;
        outcome = computed(worker, claimed) => outcome,
        _ = beating => Err(StoreError::LeaseLost.into()),
        () = leaving.cancelled() => Err(WorkerError::Leaving),
    };
    match outcome {
        Ok(()) => {}
        Err(WorkerError::Store(StoreError::LeaseLost)) => {
            tracing::warn!("the lease is lost; somebody else goes on");
        }
        Err(WorkerError::Leaving) => postpone(worker, claimed, (worker.now)()).await,
        Err(error) if error.is_outage() => {
            tracing::error!(error = %chain(&error), "scoring waits for what is away");
            postpone(worker, claimed, (worker.now)() + AFTER_OUTAGE).await;
        }
        Err(error) if error.is_worth_retrying() && claimed.attempt < ATTEMPTS_MAX => {
            // The lease runs out by itself, which is the back-off.
            tracing::warn!(error = %chain(&error), "scoring failed; it is tried again");
        }
        Err(error) => {
            let failed =
                score_sets::fail(&worker.db, claimed, &chain(&error), (worker.now)()).await;
            if let Err(error) = failed {
                tracing::error!(error = %chain(&error), "the failure could not be stored");
            }
        }
    }
}

async fn computed(worker: &Worker, claimed: &ClaimedScoreSet) -> Result<(), WorkerError> {
    if claimed.attempt > ATTEMPTS_MAX {
        return Err(WorkerError::Inconsistent(format!(
            "given up: it failed, or its worker died, each of {ATTEMPTS_MAX} times"
        )));
    }
    let unknown = || {
        WorkerError::Inconsistent(format!(
            "`{} {}` is not a scoring",
            claimed.signal, claimed.scoring
        ))
    };
    let signal = Signal::from_name(&claimed.signal).ok_or_else(unknown)?;
    let key = ScoreKey::from_key(&claimed.scoring).ok_or_else(unknown)?;
    let (run, shape) = runs::source_of(&worker.db, claimed.audit_id)
        .await?
        .ok_or_else(unknown)?;
    let data = data::load(worker, claimed.dataset_id, shape.split.as_deref()).await?;
    let source = score::Source::new(worker, run, &shape, &data);
    let scored = source.scored(signal, key).await?;
    score_sets::finish(&worker.db, claimed, &scored, (worker.now)()).await?;
    Ok(())
}

/// Leaves it to whoever comes at `again_at` or later; the attempt does not count.
async fn postpone(worker: &Worker, claimed: &ClaimedScoreSet, again_at: OffsetDateTime) {
    if let Err(error) = score_sets::postpone(&worker.db, claimed, again_at).await {
        // The lease runs out by itself.
        tracing::error!(error = %chain(&error), "the end of the attempt could not be stored");
    }
}

/// Renews the lease until it is lost.
async fn keep(worker: &Worker, claimed: &ClaimedScoreSet) {
    let mut beat = tokio::time::interval(Duration::from_secs(5));
    loop {
        beat.tick().await;
        let next = (worker.now)() + worker.lease;
        if let Err(StoreError::LeaseLost) = score_sets::heartbeat(&worker.db, claimed, next).await {
            return;
        }
    }
}
