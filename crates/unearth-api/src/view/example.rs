//! Examples of a dataset.

use crate::class_names::ClassNames;
use serde::Serialize;
use unearth_store::{StoreError, examples};
use utoipa::ToSchema;
use uuid::Uuid;

/// One row of a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Example {
    /// Position in the dataset, from 0: its identity.
    pub(crate) index: i32,
    /// File name or id, unique in the dataset.
    pub(crate) key: String,
    /// Given label: the name of its class.
    pub(crate) label: String,
    /// Split, where the dataset has some.
    pub(crate) split: Option<String>,
    /// Group, where one was given.
    pub(crate) group: Option<String>,
    /// Its image.
    pub(crate) image_url: String,
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
        dataset: Uuid,
        classes: ClassNames<'_>,
        row: examples::Example,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            index: row.index,
            key: row.key,
            label: classes.name(row.label)?,
            split: row.split,
            group: row.group_name,
            image_url: image_url(dataset, row.index),
        })
    }
}

/// The address of an example's image.
pub(crate) fn image_url(dataset: Uuid, index: i32) -> String {
    format!("/v1/datasets/{dataset}/examples/{index}/image")
}
