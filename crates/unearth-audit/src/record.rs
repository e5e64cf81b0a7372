//! What is recorded of every example in one pass of a model over the data.

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Which logits a record comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LogitSource {
    /// Train mode, augmented, before the update of its batch.
    InFlight,
    /// Eval mode, not augmented.
    EvalPass,
}

/// One value per example and quantity, all of one length, in index order. Examples that the pass did
/// not see, and quantities that nobody recorded, hold NaN and -1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// Cross-entropy of the given label in nats.
    pub loss: Vec<f32>,
    /// Softmax probability of the given label.
    pub p_given: Vec<f32>,
    /// Pre-softmax logit of the given label minus the largest other one.
    pub margin: Vec<f32>,
    /// L2 norm of softmax minus one-hot of the given label.
    pub el2n: Vec<f32>,
    /// Class with the largest logit.
    pub predicted: Vec<i32>,
    /// Class with the largest logit among those that are not the given label.
    pub best_other: Vec<i32>,
}

impl Record {
    /// A record of `examples` examples of which nothing is known.
    pub fn unseen(examples: usize) -> Self {
        Self {
            loss: vec![f32::NAN; examples],
            p_given: vec![f32::NAN; examples],
            margin: vec![f32::NAN; examples],
            el2n: vec![f32::NAN; examples],
            predicted: vec![-1; examples],
            best_other: vec![-1; examples],
        }
    }

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.loss.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.loss.is_empty()
    }

    /// Whether every quantity has `examples` values.
    pub fn lengths_are(&self, examples: usize) -> bool {
        let floats = [&self.loss, &self.p_given, &self.margin, &self.el2n];
        let classes = [&self.predicted, &self.best_other];
        floats.iter().all(|values| values.len() == examples)
            && classes.iter().all(|values| values.len() == examples)
    }

    /// The examples in `range`.
    ///
    /// # Panics
    /// When the range goes past the end.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        Self {
            loss: self.loss[range.clone()].to_vec(),
            p_given: self.p_given[range.clone()].to_vec(),
            margin: self.margin[range.clone()].to_vec(),
            el2n: self.el2n[range.clone()].to_vec(),
            predicted: self.predicted[range.clone()].to_vec(),
            best_other: self.best_other[range].to_vec(),
        }
    }
}

/// The record of all examples at one epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct EpochRecord {
    /// Epoch, counted from 0. For the eval pass: the number of the last one.
    pub epoch: u32,
    /// Which logits.
    pub source: LogitSource,
    /// One value per example of the dataset and quantity.
    pub values: Record,
}
