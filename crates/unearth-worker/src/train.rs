//! The training of a run: a thread of its own, whose reports are stored as they come.

use crate::{Worker, WorkerError, data::Data, receive::Receiving, sink, stopping::unless_stopped};
use std::{fs::File, sync::Arc, thread};
use tokio::{
    sync::{oneshot, watch},
    task::spawn_blocking,
};
use tokio_util::sync::CancellationToken;
use unearth_audit::{
    Event, Init, Level, Population, Progress, Quantisation, Recipe, TrainingError, TrainingJob,
    TrainingOutcome,
};
use unearth_columns::Column;
use unearth_dataset::probes::{Sources, Synthesised, synthesise};
use unearth_store::{
    probes::{self, Probe},
    runs::{self, ClaimedRun},
    weights,
};

/// Trains and stores what came of it; `stop` ends that at the next batch.
pub(crate) async fn run(
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
    let preparing = async {
        let resume = match &run.resume {
            Some((_, blob)) => Some(resume_point(worker, blob).await?),
            None => None,
        };
        let init_weights = initial_weights(worker, run).await?;
        let environment = worker.trainer.environment();
        runs::begin_attempt(&worker.db, run, &worker.name, &environment, (worker.now)()).await?;
        Ok((resume, init_weights, probes(worker, run, data).await?))
    };
    let (resume, init_weights, probes) = unless_stopped(stop, preparing).await?;

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
