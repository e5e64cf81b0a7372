//! A ranking before the end.

use crate::{class_names::ClassNames, view};
use serde::Serialize;
use std::cmp::Ordering;
use unearth_store::{StoreError, datasets::Dataset, examples::Example};
use utoipa::ToSchema;
use uuid::Uuid;

/// The hardest examples of a training so far.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Provisional {
    /// How many epochs it is made from; 0 before the first one has ended.
    pub(crate) epochs: u32,
    /// How many examples were trained on in them.
    pub(crate) examples: usize,
    /// The hardest of them, the hardest first.
    pub(crate) items: Vec<ProvisionalExample>,
}

/// An example of which something is recorded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProvisionalExample {
    /// The hardest is 1; ties go by index.
    rank: i32,
    /// Position in the dataset, from 0: its identity.
    index: i32,
    /// File name or id.
    key: String,
    /// Given label: the name of its class; null in a dataset without labels.
    label: Option<String>,
    /// Mean cross-entropy of the given label over the epochs, in nats.
    mean_loss: f64,
    /// Its image; null where it is none.
    image_url: Option<String>,
    /// The beginning of the text that it is; null where it is none.
    excerpt: Option<String>,
    /// Everything about it, once the audit has succeeded.
    url: String,
}

/// An example's place so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hardest {
    pub(crate) index: i32,
    pub(crate) mean_loss: f64,
}

impl Hardest {
    /// The one with the larger loss first; ties by index.
    pub(crate) fn first(a: &Self, b: &Self) -> Ordering {
        let by_loss = b.mean_loss.total_cmp(&a.mean_loss);
        by_loss.then(a.index.cmp(&b.index))
    }
}

impl ProvisionalExample {
    pub(crate) fn new(
        audit: Uuid,
        dataset: &Dataset,
        classes: ClassNames<'_>,
        example: Example,
        mean_loss: f64,
        rank: i32,
    ) -> Result<Self, StoreError> {
        const EXCERPT: usize = 200;
        let excerpt = |text: String| text.chars().take(EXCERPT).collect();
        Ok(Self {
            rank,
            index: example.index,
            label: classes.given(example.label)?,
            mean_loss,
            image_url: view::example::image_url(dataset, example.index),
            excerpt: example.text.map(excerpt),
            url: format!("{}/examples/{}", view::audit::url(audit), example.index),
            key: example.key,
        })
    }
}
