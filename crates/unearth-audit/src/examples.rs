//! What training and planning know of a dataset.

use serde::{Deserialize, Serialize};

/// Label of an example in a dataset without labels, which has no classes either.
pub const UNLABELLED: i32 = -1;

/// What an example is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Modality {
    /// An image.
    #[default]
    Image,
    /// A text, of any language.
    Text,
    /// A key alone: what it stands for stays with its owner.
    Key,
}

/// Facts about a dataset that choose defaults and bound a recipe.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetFacts {
    /// What the examples are.
    #[serde(default)]
    pub modality: Modality,
    /// Number of examples over all splits.
    pub examples: usize,
    /// Number of classes; 0 where the examples have no labels.
    pub classes: usize,
    /// Height of every packed image, in pixels; 0 without images.
    pub height: usize,
    /// Width of every packed image, in pixels; 0 without images.
    pub width: usize,
    /// Channels: 1 (grey) or 3 (RGB); 0 without images.
    pub channels: usize,
    /// Whether examples say how hard their user holds them to be.
    #[serde(default)]
    pub has_difficulty: bool,
    /// The splits in order of first appearance, with their sizes. Empty when the dataset has none.
    pub splits: Vec<Split>,
}

/// A named part of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Split {
    /// Its name, such as `train`.
    pub name: String,
    /// How many examples it holds.
    pub examples: usize,
    /// How many classes have an example in it; unknown of datasets validated before this was counted.
    #[serde(default)]
    pub classes: Option<usize>,
}

impl DatasetFacts {
    /// How many examples are trained on when the audit names `split` (all of them without one).
    /// `None` when there is no such split.
    pub fn trained_examples(&self, split: Option<&str>) -> Option<usize> {
        match split {
            None => Some(self.examples),
            Some(name) => self.split(name).map(|split| split.examples),
        }
    }

    /// How many classes are trained on when the audit names `split` (all of them without one).
    /// `None` when there is no such split, or nobody counted.
    pub fn trained_classes(&self, split: Option<&str>) -> Option<usize> {
        match split {
            None => Some(self.classes),
            Some(name) => self.split(name)?.classes,
        }
    }

    fn split(&self, name: &str) -> Option<&Split> {
        self.splits.iter().find(|split| split.name == name)
    }

    /// The split that is trained on when the request names none: `train` where there is one
    /// beside others, otherwise every example.
    pub fn default_split(&self) -> Option<String> {
        let has_train = self.splits.len() > 1 && self.splits.iter().any(|s| s.name == "train");
        has_train.then(|| "train".to_owned())
    }
}

/// Labelled images as plain slices: what a [`Trainer`](crate::Trainer) sees of a dataset.
#[derive(Debug, Clone, Copy)]
pub struct Examples<'a> {
    /// Height of every image, in pixels.
    pub height: usize,
    /// Width of every image, in pixels.
    pub width: usize,
    /// Channels: 1 or 3.
    pub channels: usize,
    /// Number of classes; every label is below it.
    pub classes: usize,
    /// Pixels, `[n, height, width, channels]`, row-major.
    pub pixels: &'a [u8],
    /// Given labels, `[n]`, in index order.
    pub labels: &'a [i32],
    /// Indices that are trained on, ascending. The others are only scored.
    pub trained: &'a [u32],
    /// Rows that are trained on beside them.
    pub probes: ProbeRows<'a>,
}

/// Rows that are trained on and recorded, but are no examples: they have an index space of their own
/// and are never scored, ranked or counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProbeRows<'a> {
    /// Pixels, `[m, height, width, channels]`, row-major, of the examples' size.
    pub pixels: &'a [u8],
    /// Labels, `[m]`.
    pub labels: &'a [i32],
}

impl Examples<'_> {
    /// Number of examples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}
