//! How fast a worker's device trains and sweeps each model, so that audits can be estimated before they begin.

use crate::{Model, Precision};
use serde::{Deserialize, Serialize};

/// Speed of one model on one device, measured over random images.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelPace {
    /// Which model.
    pub model: Model,
    /// In which precision it computed.
    pub precision: Precision,
    /// Height and width of the images, in pixels; they had three channels.
    pub side: u32,
    /// Images trained on in a second: forward, backward, optimiser step and the record of every example.
    pub trained_per_second: f64,
    /// Images in a second whose gradients were taken.
    pub swept_per_second: f64,
}

impl ModelPace {
    /// Channels of the images that were measured with.
    pub const CHANNELS: usize = 3;
}
