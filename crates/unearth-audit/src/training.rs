//! The boundary between the service and the training code: slices and columns, no tensor, no future.

use crate::{Environment, EpochRecord, Examples, LayerSparsity, Progress, Quantisation, Recipe};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use unearth_columns::Column;

/// One training of one model.
#[derive(Debug, Clone)]
pub struct TrainingJob<'a> {
    /// What to train.
    pub recipe: &'a Recipe,
    /// Seed of initialisation, data order and augmentation.
    pub seed: u64,
    /// The weights file named by `recipe.init`, as its safetensors bytes.
    pub init_weights: Option<&'a [u8]>,
    /// A [`Report::ResumePoint`]'s bytes to continue from.
    pub resume: Option<&'a [u8]>,
    /// Longest time between two resume points, in seconds.
    pub resume_interval_secs: f64,
    /// How the trained model is rounded, to be asked once more each time.
    pub quantise: &'a [Quantisation],
}

/// Trains models. Implemented over libtorch in `unearth-training`.
pub trait Trainer: Send + Sync {
    /// What trainings run on here.
    fn environment(&self) -> Environment;

    /// Gives memory back to the system that was freed and is kept for the next step; asked for after other work that took
    /// much of it.
    fn return_freed_memory(&self) {}

    /// Trains one model, reporting as it goes; blocks the calling thread until the end.
    ///
    /// Reports arrive in an order that makes each one safe to store as it comes: a
    /// [`Report::ResumePoint`] follows everything that its training state already contains.
    ///
    /// # Errors
    /// [`TrainingError`]; what was reported before stays valid.
    fn train(
        &self,
        job: &TrainingJob<'_>,
        examples: &Examples<'_>,
        sink: &mut dyn TrainingSink,
    ) -> Result<TrainingOutcome, TrainingError>;
}

/// Takes what a training reports.
pub trait TrainingSink {
    /// Takes one report; blocks while the store is behind.
    ///
    /// # Errors
    /// [`Stop`] when the training must end now.
    fn report(&mut self, report: Report) -> Result<(), Stop>;

    /// Asked between batches; must be cheap.
    ///
    /// # Errors
    /// [`Stop`] when the training must end now.
    fn check(&mut self) -> Result<(), Stop>;
}

/// The training is asked to end without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop;

/// What a training tells.
#[derive(Debug, PartialEq)]
pub enum Report {
    /// Where it is; several a second at most.
    Progress(Progress),
    /// One finished record of all examples.
    Epoch(Box<EpochRecord>),
    /// Gradient maps of one chunk of examples at one checkpoint.
    Maps(MapChunk),
    /// All chunks of this checkpoint (position in the recipe's list, from 0) were reported.
    SweepDone {
        /// Position in the recipe's checkpoint list.
        checkpoint: u32,
    },
    /// What the trained model predicts when it is rounded; follows the last eval pass.
    Quantised {
        /// How.
        quantisation: Quantisation,
        /// Predicted class of every example, in index order.
        predicted: Column<i32>,
    },
    /// Everything needed to continue from here with the same bits.
    ResumePoint {
        /// Where the training stood.
        position: Position,
        /// Weights, optimiser state and the unfinished epoch's record, as safetensors.
        bytes: Column<u8>,
    },
}

/// A point in a training between two batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Finished epochs. In-flight records of epochs below it have been reported.
    pub epoch: u32,
    /// Batches done of the epoch after those.
    pub batch: u32,
    /// Finished gradient sweeps.
    pub sweeps: u32,
    /// Finished eval passes; those that follow the last epoch alone are never behind a resume point.
    #[serde(default)]
    pub evaluations: u32,
}

impl Position {
    /// Where a training begins.
    pub const START: Self = Self {
        epoch: 0,
        batch: 0,
        sweeps: 0,
        evaluations: 0,
    };
}

/// Gradient maps of one chunk of examples.
#[derive(Debug, Clone, PartialEq)]
pub struct MapChunk {
    /// Position in the recipe's checkpoint list.
    pub checkpoint: u32,
    /// Which chunk of examples.
    pub chunk: u32,
    /// One power-of-two factor per map, `[m]`: pixel = stored · scale.
    pub scales: Vec<f32>,
    /// `[m, map_height, map_width]` as little-endian f16.
    pub maps: Vec<u8>,
}

/// How a training ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingOutcome {
    /// Share of the trained examples that the final model labels as given, in the eval pass.
    pub training_accuracy: f64,
    /// The same over the examples that were not trained on; none without any.
    pub held_out_accuracy: Option<f64>,
    /// Seconds spent in optimiser steps, over this attempt.
    pub fit_secs: f64,
    /// Seconds spent in gradient sweeps, over this attempt.
    pub sweep_secs: f64,
    /// The sparsity that pruning reached, weight tensor by weight tensor; empty where nothing was pruned.
    #[serde(default)]
    pub layers: Vec<LayerSparsity>,
}

/// Why a training ended without a result.
#[derive(Debug, Error)]
pub enum TrainingError {
    /// The sink asked for it.
    #[error("the training was stopped")]
    Stopped,
    /// The loss or a gradient is not a number any more. Trying again gives the same.
    #[error(
        "the training diverged in epoch {epoch}: {what}; lower `recipe.lr` or raise `recipe.batch_size`"
    )]
    Diverged {
        /// Epoch, counted from 1 as people see it.
        epoch: u32,
        /// Which quantity.
        what: String,
    },
    /// The device has too little memory.
    #[error("{device} ran out of memory; lower `recipe.batch_size` or `recipe.image_size`")]
    OutOfMemory {
        /// Which device.
        device: String,
    },
    /// The recipe or its weights do not fit. Trying again gives the same.
    #[error("{0}")]
    Unsuitable(String),
    /// The resume point does not belong to this recipe, thread count or version.
    #[error("cannot continue exactly from the resume point: {0}")]
    ResumeMismatch(String),
    /// What grows with the examples cannot be put into a file.
    #[error("the scratch folder cannot be used")]
    Scratch(#[from] std::io::Error),
    /// libtorch failed.
    #[error("libtorch failed: {0}")]
    Backend(String),
}

impl TrainingError {
    /// Whether another attempt may end differently.
    pub fn is_worth_retrying(&self) -> bool {
        matches!(self, Self::Backend(_) | Self::Scratch(_))
    }
}
