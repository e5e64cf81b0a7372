//! One training from its first batch, or a resume point, to the eval pass.
//!
//! The state is a [`Position`]; what comes next follows from it alone, so that a continued
//! training takes the same way as an uninterrupted one.

use crate::batches;
use crate::data::DeviceData;
use crate::epoch::{Epoch, Rows};
use crate::meter::{Meter, Pace, Remaining};
use crate::models::{Mode, Network, Shape, Stem};
use crate::pruning::Masks;
use crate::quantise::Rounded;
use crate::record::{self, PassRecord};
use crate::resume::{self, Identity};
use crate::sgd::Sgd;
use crate::shim::Bf16Autocast;
use crate::sweep::{self, Sweep};
use crate::{encode, failure, host, schedule, torchvision};
use std::ops::Range;
use std::rc::Rc;
use std::time::Instant;
use tch::{Device, Kind, Tensor};
use unearth_audit::{
    Examples, Init, LogitSource, MapChunk, Phase, Position, Precision, Progress, Quantisation,
    Recipe, Report, Stop, TrainingError, TrainingJob, TrainingOutcome, TrainingSink, chunk_count,
    chunk_range,
};

/// Everything that a training consists of.
pub(crate) struct Training<'a> {
    recipe: &'a Recipe,
    seed: u64,
    resume_interval_secs: f64,
    examples: &'a Examples<'a>,
    /// Rows trained on: examples, and probes after the last example.
    trained: Vec<u32>,
    data: DeviceData<'a>,
    network: Network,
    optimiser: Sgd,
    /// What lies over the weights, where the recipe prunes.
    masks: Option<Rc<Masks>>,
    quantise: &'a [Quantisation],
    record: PassRecord,
    batches: Vec<Range<usize>>,
    identity: Identity,
    position: Position,
    last_point: LastPoint,
    meter: Meter,
    is_recording: bool,
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
    /// Brings data and model to the device, fresh or from the job's resume point.
    pub(crate) fn prepare(
        job: &TrainingJob<'a>,
        examples: &'a Examples<'a>,
        device: Device,
        identity: Identity,
    ) -> Result<Self, TrainingError> {
        let recipe = job.recipe;
        if examples.trained.is_empty() {
            return Err(TrainingError::Unsuitable(
                "there is no example to train on".into(),
            ));
        }
        let network = initial_network(job, examples, device)?;
        let optimiser = Sgd::new(&network.weights, recipe.weight_decay);
        let rows = examples.len() + examples.probes.labels.len();
        let probes = examples.len() as u32..rows as u32;
        let trained: Vec<u32> = examples.trained.iter().copied().chain(probes).collect();
        let batches = batches::bounds(trained.len(), recipe.batch_size as usize);
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
            data: DeviceData::load(examples, recipe.height.into(), recipe.width.into(), device),
            network,
            optimiser,
            record: PassRecord::new(examples.len(), examples.probes.labels.len(), device),
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
        };
        if let Some(point) = job.resume {
            training.position = resume::restore(point, &training.identity, &training.state())?;
            training.last_point.position = Some(training.position);
        }
        Ok(training)
    }

    /// Leaves out the record of every example.
    pub(crate) fn without_records(self) -> Self {
        Self {
            is_recording: false,
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
        let epoch = Epoch::plan(self.recipe, self.rows(), self.seed, number, self.device());
        while (self.position.batch as usize) < self.batches.len() {
            check(sink)?;
            let batch = self.batches[self.position.batch as usize].clone();
            let start = Instant::now();
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

    fn rows(&self) -> Rows<'_> {
        let frozen = self.recipe.probes.as_ref().is_some_and(|it| it.frozen);
        Rows {
            trained: &self.trained,
            frozen_from: frozen.then_some(self.examples.len() as u32),
        }
    }

    fn nothing_seen(&self) -> PassRecord {
        let probes = self.examples.probes.labels.len();
        PassRecord::new(self.examples.len(), probes, self.device())
    }

    /// Reports the finished epoch's record and begins the next one's.
    fn tell_record(
        &mut self,
        epoch: u32,
        sink: &mut dyn TrainingSink,
    ) -> Result<(), TrainingError> {
        let start = Instant::now();
        let record = self
            .record
            .finish(epoch, LogitSource::InFlight, &self.trained)?;
        self.meter.fit.add_time(start);
        tell(sink, Report::Epoch(Box::new(record)))?;
        self.record = self.nothing_seen();
        Ok(())
    }

    /// One optimiser step. Enqueues work and waits for none of it.
    fn step(&mut self, epoch: &Epoch, batch: &Range<usize>) -> Result<(), TrainingError> {
        let indices = epoch.indices(batch);
        let pixels = epoch.augmented(batch, &self.data.gather(&indices));
        let input = self.data.normalise(&pixels);
        let labels = self.data.labels.index_select(0, &indices);

        let (step, lr) = (self.position_in_steps(), self.learning_rate());
        let masks = self.masks.as_deref();
        if let Some(masks) = masks {
            masks.choose_if_due(step);
        }
        let laid = masks.map(Masks::lay);
        let logits = self.training_logits(&input)?;
        let losses = record::losses(&logits, &labels);
        losses.mean(Kind::Float).backward();
        drop(laid);
        if let Some(masks) = masks {
            masks.over_gradients();
        }
        self.optimiser
            .step(lr)
            .map_err(|message| failure::from_message(self.device(), &message))?;

        if self.is_recording {
            let _no_grad = tch::no_grad_guard();
            self.record
                .note(&indices, &losses.detach(), &logits.detach(), &labels);
        }
        Ok(())
    }

    /// f32 logits in train mode, computed in the recipe's precision.
    fn training_logits(&self, input: &Tensor) -> Result<Tensor, TrainingError> {
        let _autocast = match self.recipe.precision {
            Precision::F32 => None,
            Precision::Bf16 => Some(
                Bf16Autocast::begin(self.device())
                    .map_err(|message| failure::from_message(self.device(), &message))?,
            ),
        };
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

    /// Takes the gradients of all examples in index order, one report per chunk.
    fn sweep(&mut self, sink: &mut dyn TrainingSink) -> Result<(), TrainingError> {
        // A worker lost in a sweep repeats the sweep alone.
        self.resume_point(sink)?;
        let masks = self.masks.clone();
        let laid = masks.as_deref().map(Masks::lay);
        let checkpoint = self.position.sweeps;
        for chunk in 0..chunk_count(self.examples.len()) {
            let start = Instant::now();
            let maps = self.maps_of_chunk(checkpoint, chunk, sink)?;
            let range = chunk_range(chunk, self.examples.len());
            self.meter.sweep.add(range.len(), start);
            tell(sink, Report::Maps(maps))?;
            self.show_progress(sink, Phase::Snapshotting, range.end, self.examples.len())?;
        }
        drop(laid);
        tell(sink, Report::SweepDone { checkpoint })?;
        self.position.sweeps += 1;
        self.resume_point_if_due(sink)
    }

    fn maps_of_chunk(
        &self,
        checkpoint: u32,
        chunk: usize,
        sink: &mut dyn TrainingSink,
    ) -> Result<MapChunk, TrainingError> {
        let _frozen = self.network.weights.freeze();
        let sweep = Sweep::new(&self.network, &self.data, self.recipe);
        let examples = chunk_range(chunk, self.examples.len());
        let mut maps = Vec::new();
        for batch in self.eval_batches(examples.clone()) {
            check(sink)?;
            maps.push(sweep.maps(&batch));
        }

        let encoded = encode::encode(&Tensor::cat(&maps, 0));
        let peaks = host::f32s(&encoded.peaks);
        if let Some(offset) = peaks.iter().position(|peak| !peak.is_finite()) {
            let example = examples.start + offset;
            return Err(TrainingError::Diverged {
                epoch: self.position.epoch,
                what: format!("the gradient of example {example} is not a finite number"),
            });
        }
        Ok(MapChunk {
            checkpoint,
            chunk: chunk as u32,
            scales: host::f32s(&encoded.scales),
            maps: host::bytes(&encoded.pixels),
        })
    }

    /// One pass over all examples and probes in eval mode, not augmented. The outcome, where it is the
    /// last one.
    fn evaluate(
        &mut self,
        sink: &mut dyn TrainingSink,
    ) -> Result<Option<TrainingOutcome>, TrainingError> {
        let _no_grad = tch::no_grad_guard();
        let masks = self.masks.clone();
        let laid = masks.as_deref().map(Masks::lay);
        let examples = self.examples.len();
        let rows = examples + self.examples.probes.labels.len();
        let mut record = self.nothing_seen();
        let batches = self.eval_batches(0..examples);
        for batch in batches.chain(self.eval_batches(examples..rows)) {
            check(sink)?;
            let start = Instant::now();
            let input = self.data.normalise(&self.data.slice(&batch));
            let logits = self.network.forward(&input, Mode::Eval);
            let range = (batch.start as i64, batch.len() as i64);
            let labels = self.data.labels.narrow(0, range.0, range.1);
            let indices =
                Tensor::arange_start(range.0, range.0 + range.1, (Kind::Int64, self.device()));
            record.note(
                &indices,
                &record::losses(&logits, &labels),
                &logits,
                &labels,
            );
            self.meter.eval.add(batch.len(), start);
            self.show_progress(sink, Phase::Evaluating, batch.end, rows)?;
        }

        let all: Vec<u32> = (0..rows as u32).collect();
        let record = record.finish(self.position.epoch - 1, LogitSource::EvalPass, &all)?;
        let (training_accuracy, held_out_accuracy) =
            accuracies(self.examples, &record.values.predicted);
        tell(sink, Report::Epoch(Box::new(record)))?;
        self.position.evaluations += 1;
        if self.position.epoch < self.recipe.epochs {
            drop(laid);
            self.resume_point_if_due(sink)?;
            return Ok(None);
        }
        for &quantisation in self.quantise {
            let predicted = self.predictions_rounded(quantisation, sink)?;
            let report = Report::Quantised {
                quantisation,
                predicted,
            };
            tell(sink, report)?;
        }
        Ok(Some(TrainingOutcome {
            training_accuracy,
            held_out_accuracy,
            fit_secs: self.meter.fit.seconds(),
            sweep_secs: self.meter.sweep.seconds(),
            layers: masks.as_deref().map(Masks::sparsity).unwrap_or_default(),
        }))
    }

    /// What the model predicts for every example, in index order, when it is rounded; in eval mode, not
    /// augmented.
    fn predictions_rounded(
        &self,
        quantisation: Quantisation,
        sink: &mut dyn TrainingSink,
    ) -> Result<Vec<i32>, TrainingError> {
        let _rounded = Rounded::new(&self.network.weights, quantisation);
        let mut predicted = Vec::new();
        for batch in self.eval_batches(0..self.examples.len()) {
            check(sink)?;
            let input = self.data.normalise(&self.data.slice(&batch));
            predicted.push(self.network.forward(&input, Mode::Eval).argmax(1, false));
        }
        Ok(host::i32s(&Tensor::cat(&predicted, 0)))
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
        let bytes = resume::save(&self.identity, position, &self.state())?;
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
        let record = self.record.named().into_iter();
        let record = record.map(|(name, tensor)| (format!("record/{name}"), tensor));
        let masks = self.masks.iter().flat_map(|masks| masks.named());
        let masks = masks.map(|(name, tensor)| (format!("mask/{name}"), tensor));
        weights
            .chain(momenta)
            .chain(record)
            .chain(masks)
            .map(|(name, tensor)| (name, tensor.shallow_clone()))
            .collect()
    }

    fn show_progress(
        &mut self,
        sink: &mut dyn TrainingSink,
        phase: Phase,
        step: usize,
        total: usize,
    ) -> Result<(), TrainingError> {
        if step < total && !self.meter.is_due() {
            return Ok(());
        }
        let pace = self.pace(phase);
        let progress = Progress {
            phase,
            epoch: self.position.epoch,
            epochs: self.recipe.epochs,
            checkpoint: self.position.sweeps,
            checkpoints: self.recipe.checkpoints.len() as u32,
            step: step as u64,
            total: total as u64,
            examples_per_second: pace.examples_per_second(),
            eta_seconds: self.meter.eta_seconds(self.remaining(phase, step)),
        };
        tell(sink, Report::Progress(progress))
    }

    fn pace(&self, phase: Phase) -> Pace {
        match phase {
            Phase::Snapshotting => self.meter.sweep,
            Phase::Evaluating => self.meter.eval,
            _ => self.meter.fit,
        }
    }

    /// Work left, with `step` examples of the running phase done.
    fn remaining(&self, phase: Phase, step: usize) -> Remaining {
        let done = |of: Phase| if phase == of { step as u64 } else { 0 };
        let (examples, trained) = (self.examples.len() as u64, self.trained.len() as u64);
        let rows = examples + self.examples.probes.labels.len() as u64;
        let epochs = u64::from(self.recipe.epochs - self.position.epoch);
        let sweeps = self.recipe.checkpoints.len() as u64 - u64::from(self.position.sweeps);
        let evaluations = if self.recipe.evaluates_every_epoch {
            u64::from(self.recipe.epochs - self.position.evaluations)
        } else {
            1
        };
        Remaining {
            fit: epochs * trained - done(Phase::Training),
            sweep: sweeps * examples - done(Phase::Snapshotting),
            eval: evaluations * rows - done(Phase::Evaluating),
        }
    }

    fn device(&self) -> Device {
        self.data.device()
    }
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

/// Share of the trained examples, and of the others, whose prediction is the given label.
fn accuracies(examples: &Examples<'_>, predicted: &[i32]) -> (f64, Option<f64>) {
    let correct = |i: usize| predicted[i] == examples.labels[i];
    let all = (0..examples.len()).filter(|&i| correct(i)).count();
    let trained = examples
        .trained
        .iter()
        .filter(|&&i| correct(i as usize))
        .count();
    let held_out = examples.len() - examples.trained.len();
    (
        trained as f64 / examples.trained.len() as f64,
        (held_out > 0).then(|| (all - trained) as f64 / held_out as f64),
    )
}

fn tell(sink: &mut dyn TrainingSink, report: Report) -> Result<(), TrainingError> {
    sink.report(report).map_err(|Stop| TrainingError::Stopped)
}

fn check(sink: &mut dyn TrainingSink) -> Result<(), TrainingError> {
    sink.check().map_err(|Stop| TrainingError::Stopped)
}
