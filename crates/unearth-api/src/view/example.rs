//! Examples of a dataset.

use crate::class_names::ClassNames;
use serde::Serialize;
use unearth_audit::Modality;
use unearth_store::{StoreError, datasets::Dataset, examples};
use utoipa::ToSchema;

/// One row of a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Example {
    /// Position in the dataset, from 0: its identity.
    pub(crate) index: i32,
    /// File name or id, unique in the dataset.
    pub(crate) key: String,
    /// Given label: the name of its class; null in a dataset without labels.
    pub(crate) label: Option<String>,
    /// Split, where the dataset has some.
    pub(crate) split: Option<String>,
    /// Group, where one was given.
    pub(crate) group: Option<String>,
    /// Its image; null where it is none.
    pub(crate) image_url: Option<String>,
    /// The text that it is; null where it is none.
    pub(crate) text: Option<String>,
}

/// A page of examples.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExamplePage {
    /// In the order of their index.
    pub(crate) items: Vec<Example>,
    /// `after` of the next page; null on the last one.
    pub(crate) next: Option<String>,
}

impl Example {
    /// An example of `dataset` with its class by name.
    pub(crate) fn new(
        dataset: &Dataset,
        classes: ClassNames<'_>,
        row: examples::Example,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            index: row.index,
            key: row.key,
            label: classes.given(row.label)?,
            split: row.split,
            group: row.group_name,
            image_url: image_url(dataset, row.index),
            text: row.text,
        })
    }
}

/// The address of an example's image, where it is one.
pub(crate) fn image_url(dataset: &Dataset, index: i32) -> Option<String> {
    let id = dataset.id;
    has_images(dataset).then(|| format!("/v1/datasets/{id}/examples/{index}/image"))
}

/// Whether the examples are images.
pub(crate) fn has_images(dataset: &Dataset) -> bool {
    let facts = dataset.facts.as_ref();
    facts.is_none_or(|facts| facts.modality == Modality::Image)
}
