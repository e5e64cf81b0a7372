//! Datasets.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use time::OffsetDateTime;
use unearth_audit::{DatasetFacts, DatasetState};
use unearth_store::{StoreError, datasets};
use utoipa::ToSchema;
use uuid::Uuid;

/// Labelled examples that never change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Dataset {
    /// Identity.
    id: Uuid,
    /// Name of the upload.
    name: String,
    /// Where it stands.
    state: DatasetState,
    /// BLAKE3 of the validated content, whatever container it came in.
    content_hash: Option<String>,
    /// Size of the upload, bytes.
    upload_bytes: i64,
    /// When the upload was complete.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When it became ready or was refused.
    #[serde(with = "time::serde::rfc3339::option")]
    finished_at: Option<OffsetDateTime>,
    /// Sizes, classes, splits.
    facts: Option<DatasetFacts>,
    /// Class names in label order.
    class_names: Option<Vec<String>>,
    /// What was left out, what is there twice, and what else deserves a look.
    report: Option<DatasetReport>,
    /// Why it was refused.
    error: Option<DatasetError>,
    /// How far its validation is.
    progress: Option<DatasetProgress>,
    /// Where to go from here.
    urls: DatasetUrls,
}

/// What deserves a look in a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DatasetReport {
    /// Things that are allowed but probably not meant.
    warnings: Vec<String>,
    /// Examples that were left out, because `on_bad_example` is `skip`.
    skipped: Vec<BadExample>,
    /// Groups of examples with equal pixels and the same label, by index.
    duplicates: Vec<Vec<u32>>,
    /// Groups of examples with equal pixels under different labels, by index.
    conflicting: Vec<Vec<u32>>,
}

/// An example that cannot be used.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct BadExample {
    /// File name or id.
    name: String,
    /// Row of the manifest, the header being row 1.
    #[serde(default)]
    row: Option<u64>,
    /// What is wrong with it.
    reason: String,
}

/// Why an upload was refused.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct DatasetError {
    /// The kind of problem, for programs.
    code: String,
    /// What is wrong.
    detail: String,
    /// What to do about it.
    hint: Option<String>,
    /// The first of the examples that cannot be used.
    #[serde(default)]
    bad_examples: Vec<BadExample>,
}

/// How far the validation of an upload is.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct DatasetProgress {
    /// `unpack` (counted in bytes), `scan` or `write` (counted in examples).
    phase: String,
    /// How much of it is done.
    step: u64,
    /// How much there is to do.
    total: u64,
}

/// Addresses of a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DatasetUrls {
    /// The dataset.
    #[serde(rename = "self")]
    own: String,
    /// Its examples.
    examples: String,
}

/// A page of datasets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DatasetPage {
    /// The newest first.
    pub(crate) items: Vec<Dataset>,
    /// `after` of the next page; null on the last one.
    pub(crate) next: Option<String>,
}

/// What went with a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Deleted {
    /// All that is gone.
    pub(crate) deleted: DeletedDataset,
}

/// A dataset that is gone, and what was made from it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeletedDataset {
    /// The dataset.
    pub(crate) dataset: Uuid,
    /// Audits made from it.
    pub(crate) audits: Vec<Uuid>,
    /// How many examples it held.
    pub(crate) examples: usize,
    /// How many files it had in the blob store.
    pub(crate) blobs: usize,
}

/// The address of a dataset.
pub(crate) fn url(id: Uuid) -> String {
    format!("/v1/datasets/{id}")
}

/// A report as validation stores it.
#[derive(Deserialize)]
struct StoredReport {
    warnings: Vec<StoredWarning>,
    skipped: Vec<BadExample>,
    duplicates: StoredDuplicates,
}

#[derive(Deserialize)]
struct StoredWarning {
    detail: String,
}

#[derive(Deserialize)]
struct StoredDuplicates {
    groups: Vec<StoredGroup>,
}

#[derive(Deserialize)]
struct StoredGroup {
    indices: Vec<u32>,
    labels_differ: bool,
}

impl From<StoredReport> for DatasetReport {
    fn from(report: StoredReport) -> Self {
        let (conflicting, duplicates): (Vec<_>, Vec<_>) = report
            .duplicates
            .groups
            .into_iter()
            .partition(|group| group.labels_differ);
        let indices = |groups: Vec<StoredGroup>| groups.into_iter().map(|g| g.indices).collect();
        Self {
            warnings: report
                .warnings
                .into_iter()
                .map(|warning| warning.detail)
                .collect(),
            skipped: report.skipped,
            duplicates: indices(duplicates),
            conflicting: indices(conflicting),
        }
    }
}

impl TryFrom<datasets::Dataset> for Dataset {
    type Error = StoreError;

    fn try_from(row: datasets::Dataset) -> Result<Self, StoreError> {
        let report: Option<StoredReport> = read(row.id, "report", row.report)?;
        let own = url(row.id);
        Ok(Self {
            id: row.id,
            name: row.name,
            state: row.state,
            content_hash: row.content_hash,
            upload_bytes: row.upload_bytes,
            created_at: row.created_at,
            finished_at: row.finished_at,
            facts: row.facts,
            class_names: row.class_names,
            report: report.map(DatasetReport::from),
            error: read(row.id, "error", row.error)?,
            progress: read(row.id, "progress", row.progress)?,
            urls: DatasetUrls {
                examples: format!("{own}/examples"),
                own,
            },
        })
    }
}

fn read<T: DeserializeOwned>(
    id: Uuid,
    column: &'static str,
    value: Option<Value>,
) -> Result<Option<T>, StoreError> {
    value
        .map(serde_json::from_value)
        .transpose()
        .map_err(|error| StoreError::Inconsistent {
            table: "datasets",
            column,
            row: id.to_string(),
            detail: error.to_string(),
        })
}
