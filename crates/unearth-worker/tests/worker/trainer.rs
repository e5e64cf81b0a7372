//! Trainings without a model.

use crate::world::environment;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};
use unearth_audit::{
    Environment, EpochRecord, Examples, LogitSource, MapChunk, Record, Report, Stop, Trainer,
    TrainingError, TrainingJob, TrainingOutcome, TrainingSink,
};

pub(crate) type Trained = Result<TrainingOutcome, TrainingError>;

/// A trainer that counts what it begins and ends.
pub(crate) struct Fake<F> {
    train: F,
    begun: AtomicUsize,
    ended: AtomicUsize,
}

impl<F> Fake<F>
where
    F: Fn(&TrainingJob<'_>, &Examples<'_>, &mut dyn TrainingSink) -> Trained + Send + Sync,
{
    pub(crate) fn new(train: F) -> Arc<Self> {
        Arc::new(Self {
            train,
            begun: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
        })
    }

    pub(crate) fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    pub(crate) fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }
}

impl<F> Trainer for Fake<F>
where
    F: Fn(&TrainingJob<'_>, &Examples<'_>, &mut dyn TrainingSink) -> Trained + Send + Sync,
{
    fn environment(&self) -> Environment {
        environment()
    }

    fn train(
        &self,
        job: &TrainingJob<'_>,
        examples: &Examples<'_>,
        sink: &mut dyn TrainingSink,
    ) -> Trained {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let outcome = (self.train)(job, examples, sink);
        self.ended.fetch_add(1, Ordering::SeqCst);
        outcome
    }
}

/// Reports all that a training reports. The gradients of example `i` differ the more between the
/// checkpoints the higher `i` is.
pub(crate) fn learn(
    job: &TrainingJob<'_>,
    examples: &Examples<'_>,
    sink: &mut dyn TrainingSink,
) -> Trained {
    for epoch in 0..job.recipe.epochs {
        report_epoch(epoch, examples, sink)?;
        if let Some(checkpoint) = checkpoint_after(job, epoch) {
            let chunk = maps(checkpoint, job, examples.len());
            report(sink, Report::Maps(chunk))?;
            report(sink, Report::SweepDone { checkpoint })?;
        }
    }
    let last = record(job.recipe.epochs - 1, LogitSource::EvalPass, examples);
    report(sink, Report::Epoch(Box::new(last)))?;
    Ok(TrainingOutcome {
        training_accuracy: 1.0,
        held_out_accuracy: None,
        fit_secs: 1.0,
        sweep_secs: 1.0,
        layers: vec![],
    })
}

/// A training that never ends by itself.
pub(crate) fn until_stopped(sink: &mut dyn TrainingSink) -> Trained {
    const BATCH: Duration = Duration::from_millis(1);
    while sink.check().is_ok() {
        thread::sleep(BATCH);
    }
    Err(TrainingError::Stopped)
}

pub(crate) fn report_epoch(
    epoch: u32,
    examples: &Examples<'_>,
    sink: &mut dyn TrainingSink,
) -> Result<(), TrainingError> {
    let record = record(epoch, LogitSource::InFlight, examples);
    report(sink, Report::Epoch(Box::new(record)))
}

fn report(sink: &mut dyn TrainingSink, report: Report) -> Result<(), TrainingError> {
    sink.report(report).map_err(|Stop| TrainingError::Stopped)
}

fn record(epoch: u32, source: LogitSource, examples: &Examples<'_>) -> EpochRecord {
    EpochRecord {
        epoch,
        source,
        values: Record {
            loss: vec![0.5; examples.len()].into(),
            p_given: vec![0.75; examples.len()].into(),
            margin: vec![2.0; examples.len()].into(),
            el2n: vec![0.25; examples.len()].into(),
            predicted: examples.labels.to_vec().into(),
            best_other: examples
                .labels
                .iter()
                .map(|&label| i32::from(label == 0))
                .collect(),
        },
        probes: Record::default(),
    }
}

fn checkpoint_after(job: &TrainingJob<'_>, epoch: u32) -> Option<u32> {
    let checkpoints = &job.recipe.checkpoints;
    let position = checkpoints.iter().position(|after| *after == epoch + 1)?;
    Some(position as u32)
}

/// Every pixel is 1 (f16 0x3c00) at even checkpoints and 0 at odd ones, times 2^i.
fn maps(checkpoint: u32, job: &TrainingJob<'_>, examples: usize) -> MapChunk {
    let pixel: [u8; 2] = if checkpoint.is_multiple_of(2) {
        [0x00, 0x3c]
    } else {
        [0; 2]
    };
    let pixels = job.recipe.map_bytes() / pixel.len();
    MapChunk {
        checkpoint,
        chunk: 0,
        scales: (0..examples).map(|index| 2f32.powi(index as i32)).collect(),
        maps: pixel.repeat(pixels * examples),
    }
}
