//! One training from its first batch, or a resume point, to the eval pass.
//!
//! The state is a [`Position`]; what comes next follows from it alone, so that a continued
//! training takes the same way as an uninterrupted one.

mod evaluation;
mod pace;
mod progress;
mod sweeping;

use crate::batches::Batches;
use crate::data::DeviceData;
use crate::epoch::{Epoch, Rows};
use crate::meter::Meter;
use crate::models::{Mode, Network, Shape, Stem};
use crate::phases::{self, PhaseClock};
use crate::pruning::Masks;
use crate::record::{self, PassRecord};
use crate::resume::{self, Identity};
use crate::scratch::Scratch;
use crate::sgd::Sgd;
use crate::{failure, precision, schedule, sweep, torchvision};
use std::io;
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;
use tch::{Device, Kind, Tensor};
use unearth_audit::{
    Examples, Init, LogitSource, Phase, Position, Quantisation, Recipe, Report, Stop,
    TrainingError, TrainingJob, TrainingOutcome, TrainingSink,
};
use unearth_columns::Column;

/// Everything that a training consists of.
pub(crate) struct Training<'a> {
    recipe: &'a Recipe,
    seed: u64,
    resume_interval_secs: f64,
    examples: &'a Examples<'a>,
    /// Rows trained on: examples, and probes after the last example.
    trained: Column<u32>,
    data: DeviceData<'a>,
    network: Network,
    optimiser: Sgd,
    /// What lies over the weights, where the recipe prunes.
    masks: Option<Rc<Masks>>,
    quantise: &'a [Quantisation],
    record: PassRecord,
    /// What the last sweep made of all examples, where the eval pass after it would make the same.
    evaluated: Option<PassRecord>,
    batches: Batches,
    identity: Identity,
    position: Position,
    last_point: LastPoint,
    meter: Meter,
    is_recording: bool,
    clock: PhaseClock,
    scratch: Scratch,
}

/// When and where the last resume point was made.
struct LastPoint {
    at: Instant,
    position: Option<Position>,
}

/// What comes next.
enum Stage {
    Sweep,
    Epoch,
    Evaluation,
}

impl<'a> Training<'a> {
    /// Brings data, as far as `room` bytes hold it, and model to the device, fresh or from the job's resume
    /// point.
    pub(crate) fn prepare(
        job: &TrainingJob<'a>,
        examples: &'a Examples<'a>,
        scratch: Scratch,
        room: u64,
        identity: Identity,
    ) -> Result<Self, TrainingError> {
        let device = scratch.device();
        let recipe = job.recipe;
        if examples.trained.is_empty() {
            return Err(TrainingError::Unsuitable(
                "there is no example to train on".into(),
            ));
        }
        let size = (recipe.height.into(), recipe.width.into());
        let data = DeviceData::load(examples, size, &scratch, room)?;
        let network = initial_network(job, examples, device)?;
        let optimiser = Sgd::new(&network.weights, recipe.weight_decay);
        let probes = examples.probes.labels.len();
        let trained = trained(examples, scratch.folder())?;
        let batches = Batches::new(trained.len(), recipe.batch_size as usize);
        let steps = u64::from(recipe.epochs) * batches.len() as u64;
        let masks = recipe
            .pruning
            .as_ref()
            .map(|pruning| Rc::new(Masks::new(&network.weights, pruning, steps)));
        let mut training = Self {
            recipe,
            seed: job.seed,
            resume_interval_secs: job.resume_interval_secs,
            examples,
            data,
            network,
            optimiser,
            record: PassRecord::new(examples.len(), probes, &scratch)?,
            evaluated: None,
            masks,
            quantise: job.quantise,
            batches,
            trained,
            identity,
            position: Position::START,
            last_point: LastPoint {
                at: Instant::now(),
                position: None,
            },
            meter: Meter::default(),
            is_recording: true,
            clock: PhaseClock::new(None, device),
            scratch,
        };
        if let Some(point) = job.resume {
            training.position = resume::restore(point, &training.identity, &training.state())?;
            training.last_point.position = Some(training.position);
        }
        Ok(training)
    }

    /// With or without the record of every example, and with a clock where one is read.
    pub(crate) fn measured(self, is_recording: bool, phases: Option<phases::Shared>) -> Self {
        let clock = PhaseClock::new(phases, self.device());
        Self {
            is_recording,
            clock,
            ..self
        }
    }

    /// Trains to the end.
    pub(crate) fn run(
        mut self,
        sink: &mut dyn TrainingSink,
    ) -> Result<TrainingOutcome, TrainingError> {
        loop {
            match self.next_stage() {
                Stage::Sweep => self.sweep(sink)?,
                Stage::Epoch => self.epoch(sink)?,
                Stage::Evaluation => {
                    if let Some(outcome) = self.evaluate(sink)? {
                        return Ok(outcome);
                    }
                }
            }
        }
    }

    fn next_stage(&self) -> Stage {
        let Position {
            epoch,
            batch,
            sweeps,
            evaluations,
        } = self.position;
        let checkpoint = self.recipe.checkpoints.get(sweeps as usize);
        let evaluates = self.recipe.evaluates_every_epoch && evaluations < epoch;
        if batch == 0 && checkpoint == Some(&epoch) {
            Stage::Sweep
        } else if batch == 0 && evaluates {
            Stage::Evaluation
        } else if epoch < self.recipe.epochs {
            Stage::Epoch
        } else {
            Stage::Evaluation
        }
    }

    /// Trains what is left of the epoch and reports its in-flight record.
    fn epoch(&mut self, sink: &mut dyn TrainingSink) -> Result<(), TrainingError> {
        let number = self.position.epoch;
        // Lent to the epoch while the training changes.
        let scratch = self.scratch.clone();
        let mut epoch = Epoch::plan(self.recipe, self.rows(), self.seed, number, &scratch)?;
        while let Some(batch) = self.batches.get(self.position.batch as usize) {
            check(sink)?;
            let start = Instant::now();
            epoch.reach(&batch);
            self.expect(&epoch);
            self.step(&epoch, &batch)?;
            self.meter.fit.add(batch.len(), start);
            self.position.batch += 1;
            self.show_progress(sink, Phase::Training, batch.end, self.trained.len())?;
            if (self.position.batch as usize) < self.batches.len() {
                self.resume_point_if_due(sink)?;
            }
        }

        if self.is_recording {
            self.tell_record(number, sink)?;
        }
        self.position.epoch += 1;
        self.position.batch = 0;
        self.resume_point_if_due(sink)
    }

    /// Says which rows the batch after the next one is of.
    fn expect(&self, epoch: &Epoch<'_>) {
        let soon = self.position.batch as usize + 2;
        if let Some(batch) = self.batches.get(soon) {
            self.data.expect(&epoch.indices_on_host(&batch));
        }
    }

    fn rows(&self) -> Rows<'_> {
        let frozen = self.recipe.probes.as_ref().is_some_and(|it| it.frozen);
        Rows {
            trained: &self.trained,
            frozen_from: frozen.then_some(self.examples.len() as u32),
        }
    }

    fn nothing_seen(&self) -> Result<PassRecord, TrainingError> {
        let probes = self.examples.probes.labels.len();
        PassRecord::new(self.examples.len(), probes, &self.scratch)
    }

    /// Reports the finished epoch's record and begins the next one's.
    fn tell_record(
        &mut self,
        epoch: u32,
        sink: &mut dyn TrainingSink,
    ) -> Result<(), TrainingError> {
        let start = Instant::now();
        let trained = self.trained.iter().copied();
        let record = self
            .record
            .finish(epoch, LogitSource::InFlight, trained, &self.scratch)?;
        self.meter.fit.add_time(start);
        tell(sink, Report::Epoch(Box::new(record)))?;
        self.record = self.nothing_seen()?;
        Ok(())
    }

    /// One optimiser step. Enqueues work and waits for none of it.
    fn step(&mut self, epoch: &Epoch<'_>, batch: &Range<usize>) -> Result<(), TrainingError> {
        self.clock.begin();
        let indices = epoch.indices(batch);
        let pixels = epoch.augmented(batch, &self.data.gather(&indices));
        let input = self.data.normalise(&pixels);
        let labels = self.data.labels.index_select(0, &indices.on_device);
        self.clock.lap(|of| &mut of.data);

        let (step, lr) = (self.position_in_steps(), self.learning_rate());
        let masks = self.masks.as_deref();
        if let Some(masks) = masks {
            masks.choose_if_due(step);
        }
        let laid = masks.map(Masks::lay);
        let logits = self.training_logits(&input)?;
        let losses = record::losses(&logits, &labels);
        let loss = losses.mean(Kind::Float);
        self.clock.lap(|of| &mut of.forward);
        loss.backward();
        self.clock.lap(|of| &mut of.backward);
        drop(laid);
        if let Some(masks) = masks {
            masks.over_gradients();
        }
        self.optimiser
            .step(lr)
            .map_err(|message| failure::from_message(self.device(), &message))?;
        self.clock.lap(|of| &mut of.optimiser);

        if self.is_recording {
            let _no_grad = tch::no_grad_guard();
            self.record.note(
                &indices.on_device,
                &losses.detach(),
                &logits.detach(),
                &labels,
            );
            self.clock.lap(|of| &mut of.recorder);
        }
        Ok(())
    }

    /// f32 logits in train mode, computed in the recipe's precision.
    fn training_logits(&self, input: &Tensor) -> Result<Tensor, TrainingError> {
        let _autocast = precision::begin(self.recipe.precision, self.device())?;
        Ok(self
            .network
            .forward(input, Mode::Train)
            .to_kind(Kind::Float))
    }

    fn learning_rate(&self) -> f64 {
        let steps = u64::from(self.recipe.epochs) * self.batches.len() as u64;
        schedule::one_cycle(self.position_in_steps(), steps, self.recipe.lr)
    }

    /// Optimiser steps done.
    fn position_in_steps(&self) -> u64 {
        let per_epoch = self.batches.len() as u64;
        u64::from(self.position.epoch) * per_epoch + u64::from(self.position.batch)
    }

    fn eval_batches(&self, examples: Range<usize>) -> impl Iterator<Item = Range<usize>> + use<> {
        let size = sweep::eval_batch(self.recipe, self.device());
        let end = examples.end;
        examples
            .step_by(size)
            .map(move |start| start..(start + size).min(end))
    }

    fn resume_point_if_due(&mut self, sink: &mut dyn TrainingSink) -> Result<(), TrainingError> {
        if self.last_point.at.elapsed().as_secs_f64() < self.resume_interval_secs {
            return Ok(());
        }
        self.resume_point(sink)
    }

    /// Reports a resume point, unless the last one was made here too.
    fn resume_point(&mut self, sink: &mut dyn TrainingSink) -> Result<(), TrainingError> {
        let position = self.position;
        if self.last_point.position == Some(position) {
            return Ok(());
        }
        let bytes = resume::save(
            &self.identity,
            position,
            &self.state(),
            self.scratch.folder(),
        )?;
        tell(sink, Report::ResumePoint { position, bytes })?;
        self.last_point = LastPoint {
            at: Instant::now(),
            position: Some(position),
        };
        Ok(())
    }

    /// Every tensor that a continuation needs.
    fn state(&self) -> Vec<(String, Tensor)> {
        let weights = self.network.weights.named();
        let weights = weights.map(|(name, tensor)| (format!("weights/{name}"), tensor));
        let momenta = self.optimiser.momenta();
        let momenta = momenta.map(|(name, tensor)| (format!("momentum/{name}"), tensor));
        let record = self.record.named();
        let record = record.map(|(name, tensor)| (format!("record/{name}"), tensor));
        let masks = self.masks.iter().flat_map(|masks| masks.named());
        let masks = masks.map(|(name, tensor)| (format!("mask/{name}"), tensor));
        let kept = weights.chain(momenta).chain(masks);
        let kept = kept.map(|(name, tensor)| (name, tensor.shallow_clone()));
        kept.chain(record).collect()
    }

    fn device(&self) -> Device {
        self.data.device()
    }
}

/// The rows that are trained on, ascending: of the examples those that are, and all probes.
fn trained(examples: &Examples<'_>, scratch: &Path) -> io::Result<Column<u32>> {
    let trained = examples.trained;
    let row = |at: usize| match at.checked_sub(trained.len()) {
        None => trained[at],
        Some(probe) => (examples.len() + probe) as u32,
    };
    let count = trained.len() + examples.probes.labels.len();
    Column::collected(scratch, (0..count).map(row))
}

fn initial_network(
    job: &TrainingJob<'_>,
    examples: &Examples<'_>,
    device: Device,
) -> Result<Network, TrainingError> {
    let recipe = job.recipe;
    let shape = Shape {
        channels: examples.channels as i64,
        height: recipe.height.into(),
        width: recipe.width.into(),
        classes: examples.classes as i64,
    };
    let stem = match recipe.init {
        Init::Random => Stem::Small,
        Init::Weights(_) => Stem::ImageNet,
    };
    let network = Network::new(recipe.model, stem, shape, job.seed, device);
    if let Init::Weights(hash) = &recipe.init {
        let file = job.init_weights.ok_or_else(|| {
            TrainingError::Unsuitable(format!("the weights file {hash} was not handed over"))
        })?;
        torchvision::load(&network.weights, file)?;
    }
    Ok(network)
}

fn tell(sink: &mut dyn TrainingSink, report: Report) -> Result<(), TrainingError> {
    sink.report(report).map_err(|Stop| TrainingError::Stopped)
}

fn check(sink: &mut dyn TrainingSink) -> Result<(), TrainingError> {
    sink.check().map_err(|Stop| TrainingError::Stopped)
}
