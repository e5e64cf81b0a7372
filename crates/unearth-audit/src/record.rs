//! What is recorded of every example in one pass of a model over the data.

use serde::{Deserialize, Serialize};
use std::{io, ops::Range, path::Path};
use unearth_columns::Column;

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
#[derive(Debug, PartialEq, Default)]
pub struct Record {
    /// Cross-entropy of the given label in nats.
    pub loss: Column<f32>,
    /// Softmax probability of the given label.
    pub p_given: Column<f32>,
    /// Pre-softmax logit of the given label minus the largest other one.
    pub margin: Column<f32>,
    /// L2 norm of softmax minus one-hot of the given label.
    pub el2n: Column<f32>,
    /// Class with the largest logit.
    pub predicted: Column<i32>,
    /// Class with the largest logit among those that are not the given label.
    pub best_other: Column<i32>,
}

impl Record {
    /// A record of a piece of `examples` examples, of which nothing is known.
    pub fn unseen(examples: usize) -> Self {
        let unknown = || Column::from(vec![f32::NAN; examples]);
        let no_class = || Column::from(vec![-1; examples]);
        Self {
            loss: unknown(),
            p_given: unknown(),
            margin: unknown(),
            el2n: unknown(),
            predicted: no_class(),
            best_other: no_class(),
        }
    }

    /// A record of all examples, of which nothing is known; where they are many, in files in `scratch`.
    ///
    /// # Errors
    /// When these cannot be written.
    pub fn unseen_in(scratch: &Path, examples: usize) -> io::Result<Self> {
        let unknown = || Column::filled(scratch, examples, f32::NAN);
        let no_class = || Column::filled(scratch, examples, -1);
        Ok(Self {
            loss: unknown()?,
            p_given: unknown()?,
            margin: unknown()?,
            el2n: unknown()?,
            predicted: no_class()?,
            best_other: no_class()?,
        })
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

    /// The first `examples`.
    #[must_use]
    pub fn first(mut self, examples: usize) -> Self {
        for column in [
            &mut self.loss,
            &mut self.p_given,
            &mut self.margin,
            &mut self.el2n,
        ] {
            column.truncate(examples);
        }
        self.predicted.truncate(examples);
        self.best_other.truncate(examples);
        self
    }

    /// The examples in `range`, a piece that there is memory for.
    ///
    /// # Panics
    /// When the range goes past the end.
    #[must_use]
    pub fn piece(&self, range: Range<usize>) -> Self {
        Self {
            loss: self.loss[range.clone()].to_vec().into(),
            p_given: self.p_given[range.clone()].to_vec().into(),
            margin: self.margin[range.clone()].to_vec().into(),
            el2n: self.el2n[range.clone()].to_vec().into(),
            predicted: self.predicted[range.clone()].to_vec().into(),
            best_other: self.best_other[range].to_vec().into(),
        }
    }
}

/// The record of all examples at one epoch.
#[derive(Debug, PartialEq)]
pub struct EpochRecord {
    /// Epoch, counted from 0. For an eval pass: the number of the one before it.
    pub epoch: u32,
    /// Which logits.
    pub source: LogitSource,
    /// One value per example of the dataset and quantity.
    pub values: Record,
    /// One value per probe and quantity; empty without probes.
    pub probes: Record,
}
