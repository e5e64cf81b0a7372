//! What an audit tells while it runs.

use crate::{Member, Role, State};
use serde::{Deserialize, Serialize};

/// What a run is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Phase {
    /// Reading the dataset onto the device.
    Loading,
    /// Putting what was posted of an external run in the order of the dataset.
    Assembling,
    /// Optimiser steps.
    Training,
    /// Gradients of all examples at a checkpoint.
    Snapshotting,
    /// The eval pass after the last epoch.
    Evaluating,
    /// From stored maps and records to ranked scores.
    Scoring,
}

impl Phase {
    /// The word used in SQL, JSON and on the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Assembling => "assembling",
            Self::Training => "training",
            Self::Snapshotting => "snapshotting",
            Self::Evaluating => "evaluating",
            Self::Scoring => "scoring",
        }
    }
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Progress {
    /// What it is doing.
    pub phase: Phase,
    /// Finished epochs.
    pub epoch: u32,
    /// Epochs in all.
    pub epochs: u32,
    /// Finished gradient sweeps.
    pub checkpoint: u32,
    /// Gradient sweeps in all.
    pub checkpoints: u32,
    /// Steps done in this phase: examples of this epoch or sweep; score sets when scoring.
    pub step: u64,
    /// Steps of this phase.
    pub total: u64,
    /// Examples per second in this phase; none before the first measurement.
    pub examples_per_second: Option<f64>,
    /// Estimated seconds until the whole run ends; none before the first measurement.
    pub eta_seconds: Option<f64>,
}

/// One entry of an audit's event list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Event {
    /// The audit changed state.
    State {
        /// The new state.
        state: State,
        /// Why, where there is something to say.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// An attempt began on a worker.
    Started {
        /// What the training is for; other trainings of the audit count their epochs themselves.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(required = true))]
        role: Role,
        /// Worker's name.
        worker: String,
        /// Device it trains on.
        device: String,
        /// Which attempt, from 1.
        attempt: u32,
        /// Epoch it continues from; 0 for a fresh start.
        from_epoch: u32,
    },
    /// An epoch ended.
    Epoch {
        /// What the training is for; other trainings of the audit count their epochs themselves.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(required = true))]
        role: Role,
        /// Epoch, counted from 1.
        epoch: u32,
        /// Epochs in all.
        epochs: u32,
        /// Mean in-flight loss of the trained examples.
        loss: f64,
        /// Share of trained examples whose in-flight prediction is the given label.
        accuracy: f64,
        /// Training speed.
        examples_per_second: f64,
    },
    /// All gradient maps of a checkpoint are stored.
    Checkpoint {
        /// What the training is for; other trainings of the audit count their epochs themselves.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(required = true))]
        role: Role,
        /// Which, counted from 1.
        checkpoint: u32,
        /// How many in all.
        checkpoints: u32,
        /// The epoch after which it was taken, counted from 1.
        epoch: u32,
    },
    /// A training of a population failed for good, and the audit goes on without it, as its user allowed.
    Missing {
        /// Which model.
        member: Member,
        /// Why.
        reason: String,
    },
    /// A worker leaves a run that was begun elsewhere to another, which can continue it with the same bits.
    Refused {
        /// Worker's name.
        worker: String,
        /// What differs.
        reason: String,
    },
    /// A device has too little memory: all trainings of the audit begin again with half the batch, and with half the
    /// learning rate.
    Recipe {
        /// What ran out.
        reason: String,
        /// Examples per optimiser step from now on.
        batch_size: u32,
        /// Peak learning rate from now on.
        lr: f64,
    },
    /// The worker gave the run back or lost it; it will be tried again.
    Interrupted {
        /// Why.
        reason: String,
    },
}
