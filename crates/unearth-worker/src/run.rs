//! One run, from claim to result.

use crate::{
    Worker, WorkerError, data, ending, external, finish, heartbeat, pie,
    progress::of_phase,
    score,
    stopping::{Stopping, unless_stopped},
    train,
};
use std::time::Instant;
use tokio::{sync::watch, task::JoinError};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::Instrument as _;
use unearth_audit::{Phase, Progress, Role};
use unearth_store::{
    StoreError,
    runs::{ClaimedRun, FRUITLESS_ATTEMPTS_MAX},
};

/// How long a stopped attempt is waited for: a batch, or a computation between two looks at the database.
const STOPPED_WITHIN: std::time::Duration = std::time::Duration::from_secs(8);

/// Does a claimed run and ends it one way or another.
pub(crate) async fn run(worker: &Worker, mut run: ClaimedRun, leaving: &CancellationToken) {
    let span = tracing::info_span!("run", run = run.id, audit = %run.audit_id);
    async {
        tracing::info!(attempt = run.attempt, resume = ?run.resume, "run begins");
        let stop = Stopping::default();
        let (progress, seen) = watch::channel(None);
        let kept = run.clone();
        // A task of its own: the attempt may compute for longer than a beat.
        let beating = {
            let (worker, run) = (worker.clone(), run.clone());
            let leaving = leaving.clone();
            async move { heartbeat::keep(&worker, &run, seen, &leaving).await }
        };
        let mut beating = AbortOnDropHandle::new(tokio::spawn(beating.in_current_span()));
        let mut attempt = Box::pin(attempt(worker, &mut run, &stop, &progress));
        let outcome = tokio::select! {
            biased;
            outcome = &mut attempt => outcome,
            reason = &mut beating => {
                let reason = why(reason);
                // Only now, when the reason is known: the attempt may end at once, and not with that.
                stop.because_of(&reason);
                return stopped(worker, &kept, attempt, &stop, reason).await;
            }
        };
        let Err(error) = outcome else {
            return tracing::info!("run succeeded");
        };
        // Under the lease still: the last model of a population may have to be done without, which takes long.
        let mut ending = Box::pin(ending::run(worker, &kept, error));
        tokio::select! {
            biased;
            () = &mut ending => {}
            reason = &mut beating => match why(reason) {
                // Perhaps because it has ended just now.
                WorkerError::Store(StoreError::LeaseLost) => ending.await,
                reason => {
                    // Its transaction may hold the run's row.
                    drop(ending);
                    ending::run(worker, &kept, reason).await;
                }
            }
        }
    }
    .instrument(span)
    .await;
}

/// What ended the run, as who kept its lease says.
fn why(reason: Result<WorkerError, JoinError>) -> WorkerError {
    reason.unwrap_or(WorkerError::Panicked)
}

/// Ends the run of an attempt that was told to stop, and returns when the attempt is over: the device is free for the next run
/// only when this one is off it.
async fn stopped(
    worker: &Worker,
    run: &ClaimedRun,
    mut attempt: impl Future<Output = Result<(), WorkerError>> + Unpin,
    stop: &Stopping,
    reason: WorkerError,
) {
    match tokio::time::timeout(STOPPED_WITHIN, &mut attempt).await {
        Ok(Ok(())) => tracing::info!("run succeeded"),
        Ok(Err(_)) => ending::run(worker, run, reason).await,
        Err(_) => {
            // It does not come to a last word any more.
            stop.all.cancel();
            // Side by side: the attempt may hold the run's row in a transaction that only it can end.
            let _ = tokio::join!(ending::run(worker, run, reason), attempt);
        }
    }
}

async fn attempt(
    worker: &Worker,
    run: &mut ClaimedRun,
    stop: &Stopping,
    progress: &watch::Sender<Option<Progress>>,
) -> Result<(), WorkerError> {
    if run.fruitless_attempts > FRUITLESS_ATTEMPTS_MAX {
        let last = run
            .last_error
            .as_deref()
            .unwrap_or("its worker died each time");
        return Err(WorkerError::Inconsistent(format!(
            "given up after {FRUITLESS_ATTEMPTS_MAX} attempts without progress; the last one ended with: {last}"
        )));
    }
    progress.send_replace(Some(of_phase(run, Phase::Loading)));
    let mut clock = Instant::now();
    let loading = data::load(worker, run.dataset_id, run.shape.split.as_deref());
    let data = unless_stopped(&stop.all, loading).await?;
    let loading_secs = lap(&mut clock);
    if run.shape.is_external {
        let work = external::run(worker, run, &data, progress);
        return unless_stopped(&stop.all, work).await;
    }
    if run.outcome.is_none() {
        train::run(worker, run, &data, &stop.training, progress).await?;
    }
    let training_secs = lap(&mut clock);
    unless_stopped(&stop.all, async {
        if matches!(run.role, Role::Main | Role::Seed) {
            score::run(worker, run, &data, progress).await?;
        }
        let scoring_secs = lap(&mut clock);
        pie::so_far(worker, run, &data).await?;
        finish::run(worker, run, &data, progress).await?;
        let ending_secs = lap(&mut clock);
        tracing::info!(
            loading_secs,
            training_secs,
            scoring_secs,
            ending_secs,
            "where the time went"
        );
        Ok(())
    })
    .await
}

/// Seconds since the last reading.
fn lap(clock: &mut Instant) -> f64 {
    let seconds = clock.elapsed().as_secs_f64();
    *clock = Instant::now();
    seconds
}
