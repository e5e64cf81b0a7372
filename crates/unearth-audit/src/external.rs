//! External runs: trainings of the user's own, whose records and gradients are posted.

mod archaeology;
mod needs;
mod probes;
mod request;

pub use needs::{Posted, Quantity};
pub use probes::{PostedProbe, ProbeRequest};
pub use request::ExternalRequest;

use crate::{LogitSource, RunShape};
use serde::{Deserialize, Serialize};

/// What is posted of an external run, and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExternalRun {
    /// Epochs with a record of every example; 0 where gradients alone are posted.
    pub epochs: u32,
    /// Which logits the records come from.
    pub logits: LogitSource,
    /// The epochs or steps whose gradients are posted, ascending; empty without gradients.
    pub checkpoints: Vec<u32>,
    /// Height of the gradient maps in pixels; 0 without gradients.
    pub map_height: u32,
    /// Width of the gradient maps in pixels; 0 without gradients.
    pub map_width: u32,
    /// Label of each class of the model, in the order of its logits. Labels from the dataset's number of
    /// classes on stand for `further_classes`.
    pub class_labels: Vec<i32>,
    /// Classes of the model that no example of the dataset has.
    pub further_classes: Vec<String>,
    /// Probes that were trained on beside the examples: rows after the last example in what is posted.
    #[serde(default)]
    pub probes: u32,
}

impl ExternalRun {
    /// What scoring must know of it.
    pub fn shape(&self) -> RunShape {
        RunShape {
            is_external: true,
            epochs: self.epochs,
            trajectory: self.logits,
            checkpoints: self.checkpoints.clone(),
            map_height: self.map_height,
            map_width: self.map_width,
            split: None,
        }
    }

    /// Content hash: BLAKE3 of its canonical JSON, in hex.
    pub fn hash(&self) -> String {
        crate::origin::hash_of(self)
    }
}
