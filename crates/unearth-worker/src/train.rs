//! One run, from claim to result.

use crate::{
    Worker, WorkerError,
    data::{self, Data},
    error::chain,
    external, finish, heartbeat, pie,
    progress::of_phase,
    receive::Receiving,
    score, sink,
};
use std::{fs::File, sync::Arc, thread, time::Instant};
use time::Duration;
use tokio::{
    sync::{oneshot, watch},
    task::{JoinError, spawn_blocking},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::Instrument as _;
use unearth_audit::{
    Event, Init, Level, Phase, Population, Progress, Quantisation, Recipe, Role, TrainingError,
    TrainingJob, TrainingOutcome,
};
use unearth_columns::Column;
use unearth_dataset::probes::{Sources, Synthesised, synthesise};
use unearth_store::{
    StoreError,
    probes::{self, Probe},
    runs::{self, ClaimedRun, FRUITLESS_ATTEMPTS_MAX, Failed, GivenBack, Halved},
    weights,
};

/// How long a stopped attempt is waited for: a batch, or a computation between two looks at the database.
const STOPPING: std::time::Duration = std::time::Duration::from_secs(8);

/// Between two tries to store how an attempt ended.
const BETWEEN_ENDINGS: std::time::Duration = std::time::Duration::from_secs(1);

/// Does a claimed run and ends it one way or another.
pub(crate) async fn run(worker: &Worker, mut run: ClaimedRun, leaving: &CancellationToken) {
    let span = tracing::info_span!("run", run = run.id, audit = %run.audit_id);
    async {
        tracing::info!(attempt = run.attempt, resume = ?run.resume, "run begins");
        let stop = CancellationToken::new();
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
                // Only now, when the reason is known: the attempt may end at once, and not with that.
                stop.cancel();
                return stopped(worker, &kept, attempt, why(reason)).await;
            }
        };
        let Err(error) = outcome else {
            return tracing::info!("run succeeded");
        };
        // Under the lease still: the last model of a population may have to be done without, which takes long.
        tokio::select! {
            biased;
            () = end(worker, &kept, error) => {}
            reason = &mut beating => end(worker, &kept, why(reason)).await,
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
    reason: WorkerError,
) {
    match tokio::time::timeout(STOPPING, &mut attempt).await {
        Ok(Ok(())) => tracing::info!("run succeeded"),
        Ok(Err(_)) => end(worker, run, reason).await,
        // Side by side: the attempt may hold the run's row in a transaction that only it can end.
        Err(_) => {
            tokio::join!(end(worker, run, reason), attempt).1.ok();
        }
    }
}

async fn attempt(
    worker: &Worker,
    run: &mut ClaimedRun,
    stop: &CancellationToken,
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
    let data = data::load(worker, run.dataset_id, run.shape.split.as_deref()).await?;
    let loading_secs = lap(&mut clock);
    if run.shape.is_external {
        let work = external::run(worker, run, &data, progress);
        return unless_stopped(stop, work).await;
    }
    if run.outcome.is_none() {
        train(worker, run, &data, stop, progress).await?;
    }
    let training_secs = lap(&mut clock);
    unless_stopped(stop, async {
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

/// Does what needs no thread of its own and can be left wherever it waits: its transactions roll back.
async fn unless_stopped(
    stop: &CancellationToken,
    work: impl Future<Output = Result<(), WorkerError>>,
) -> Result<(), WorkerError> {
    let done = stop.run_until_cancelled(work).await;
    done.unwrap_or(Err(TrainingError::Stopped.into()))
}

/// Seconds since the last reading.
fn lap(clock: &mut Instant) -> f64 {
    let seconds = clock.elapsed().as_secs_f64();
    *clock = Instant::now();
    seconds
}

async fn train(
    worker: &Worker,
    run: &mut ClaimedRun,
    data: &Data,
    stop: &CancellationToken,
    progress: &watch::Sender<Option<Progress>>,
) -> Result<(), WorkerError> {
    let outcome = match train_once(worker, run, data, stop, progress).await {
        Err(WorkerError::Training(TrainingError::ResumeMismatch(why))) => {
            // The same bits cannot be had from here, so the run starts over: slower, but exact.
            tracing::warn!(why, "starting over");
            let reason = format!("cannot continue exactly and starts over: {why}");
            let event = Event::Interrupted { reason };
            runs::tell(&worker.db, run, &event, (worker.now)()).await?;
            if let Some(blob) = runs::forget_resume_point(&worker.db, run).await? {
                worker.blobs.delete(&blob).await?;
            }
            train_once(worker, run, data, stop, progress).await?
        }
        other => other?,
    };
    runs::set_outcome(&worker.db, run, &outcome).await?;
    Ok(())
}

async fn train_once(
    worker: &Worker,
    run: &ClaimedRun,
    data: &Data,
    stop: &CancellationToken,
    progress: &watch::Sender<Option<Progress>>,
) -> Result<TrainingOutcome, WorkerError> {
    let resume = match &run.resume {
        Some((_, blob)) => Some(resume_point(worker, blob).await?),
        None => None,
    };
    let init_weights = initial_weights(worker, run).await?;
    let environment = worker.trainer.environment();
    runs::begin_attempt(&worker.db, run, &worker.name, &environment, (worker.now)()).await?;
    let probes = probes(worker, run, data).await?;

    let (mut sink, reports) = sink::channel(stop);
    let (ended, outcome) = oneshot::channel();
    let trainer = Arc::clone(&worker.trainer);
    let pack = Arc::clone(&data.pack);
    let indices = Arc::clone(&data.trained);
    let (recipe, seed) = (recipe(run)?.clone(), run.seed);
    let resume_interval_secs = worker.resume_interval.as_seconds_f64();
    let quantise = quantise(run);
    let span = tracing::Span::current();
    thread::Builder::new()
        .name(format!("train-{}", run.id))
        .spawn(move || {
            let _entered = span.enter();
            let job = TrainingJob {
                recipe: &recipe,
                seed,
                init_weights: init_weights.as_deref(),
                resume: resume.as_deref(),
                resume_interval_secs,
                quantise: &quantise,
            };
            let examples = pack.examples(&indices, probes.rows());
            // Nobody listens any more when the run was stopped.
            let _ = ended.send(trainer.train(&job, &examples, &mut sink));
        })
        .map_err(WorkerError::Scratch)?;

    let receiving = Receiving {
        worker,
        run,
        labels: data.pack.labels(),
        trained: &data.trained,
        progress,
    };
    let stored = receiving.all(reports).await;
    // When storing failed the channel is closed, and the thread stops at its next batch.
    let outcome = outcome.await.map_err(|_| WorkerError::Panicked)?;
    match (outcome, stored) {
        // It stopped because its reports could not be stored: that is the cause to tell.
        (Err(TrainingError::Stopped) | Ok(_), Err(error)) => Err(error),
        (Err(error), _) => Err(error.into()),
        (Ok(outcome), Ok(())) => Ok(outcome),
    }
}

/// How the trained model is rounded: an unpruned one as its audit asks.
fn quantise(run: &ClaimedRun) -> Vec<Quantisation> {
    let is_unpruned = run
        .member
        .is_some_and(|member| member.level == Level::Unpruned);
    let pie = run.pie.as_ref().filter(|_| is_unpruned);
    pie.map(|pie| pie.quantise.clone()).unwrap_or_default()
}

/// The probes that the run trains on beside the examples: the same in every attempt.
async fn probes(
    worker: &Worker,
    run: &ClaimedRun,
    data: &Data,
) -> Result<Synthesised, WorkerError> {
    let Some(wanted) = &recipe(run)?.probes else {
        return Ok(Synthesised::default());
    };
    let sources = Sources {
        pack: &data.pack,
        trained: &data.trained,
        held_out: data.members(Population::HeldOut),
        strata: data.strata(),
    };
    let made = synthesise(wanted, run.seed, &sources, &worker.scratch)?;
    let stored: Vec<Probe> = made
        .probes()
        .iter()
        .map(|probe| Probe {
            key: None,
            suite: probe.suite.to_string(),
            label: probe.label,
            source: probe.source,
        })
        .collect();
    probes::store(&worker.db, run, &stored).await?;
    Ok(made)
}

fn recipe(run: &ClaimedRun) -> Result<&Recipe, WorkerError> {
    run.origin
        .recipe()
        .ok_or_else(|| WorkerError::Inconsistent("an external run has no recipe".to_owned()))
}

async fn resume_point(worker: &Worker, blob: &str) -> Result<Column<u8>, WorkerError> {
    let file = match worker.blobs.local_file(blob, &worker.scratch).await {
        Err(error) if error.is_blob_missing() => {
            return Err(TrainingError::ResumeMismatch("its file is gone".to_owned()).into());
        }
        found => found?,
    };
    let scratch = worker.scratch.clone();
    let copied = spawn_blocking(move || Column::copied(&scratch, File::open(file.path())?));
    Ok(copied.await.map_err(std::io::Error::other)??)
}

async fn initial_weights(
    worker: &Worker,
    run: &ClaimedRun,
) -> Result<Option<bytes::Bytes>, WorkerError> {
    let Init::Weights(hash) = &recipe(run)?.init else {
        return Ok(None);
    };
    let file = weights::get(&worker.db, hash)
        .await?
        .ok_or_else(|| WorkerError::Inconsistent(format!("there are no weights {hash}")))?;
    Ok(Some(worker.blobs.get(&file.blob).await?))
}

/// Ends a run that did not succeed: cancelled, given back, or failed for good.
async fn end(worker: &Worker, run: &ClaimedRun, error: WorkerError) {
    let lease_ends = (worker.now)() + worker.lease;
    let is_leaving = matches!(error, WorkerError::Leaving);
    loop {
        match ending(worker, run, &error).await {
            Ok(()) => return,
            Err(away) if away.is_outage() && !is_leaving && (worker.now)() < lease_ends => {
                tracing::warn!(error = %chain(&away), "the end of the run cannot be stored; trying again");
                tokio::time::sleep(BETWEEN_ENDINGS).await;
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
        WorkerError::Store(StoreError::LeaseLost) => {
            tracing::warn!("the lease is lost; somebody else goes on");
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
