//! What a backup holds.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

/// Layout of the folder that this program writes and reads.
pub(super) const FORMAT: u32 = 1;

/// The list of everything in a backup.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Layout of the folder.
    pub format: u32,
    /// The program that wrote it.
    pub unearth: String,
    /// The newest migration of its database.
    pub schema: i64,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub made_at: OffsetDateTime,
    /// Tables, those that others refer to first.
    pub tables: Vec<SavedTable>,
    /// Blobs.
    pub blobs: Vec<SavedBlob>,
    /// Resume points that went away while the backup was made; their runs start over.
    pub resume_points_gone: Vec<String>,
}

/// A table of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedTable {
    /// Its name.
    pub name: String,
    /// Its columns, in the order of the file.
    pub columns: Vec<String>,
    /// Its rows.
    pub rows: i64,
    /// Size of the file.
    pub bytes: u64,
    /// BLAKE3 of the file, hex.
    pub blake3: String,
}

/// A blob of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedBlob {
    /// Its key.
    pub key: String,
    /// Its size.
    pub bytes: u64,
    /// BLAKE3 of its bytes, hex; names its file.
    pub blake3: String,
}

impl Manifest {
    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        let tables = self.tables.iter().map(|table| table.bytes);
        tables.chain(self.blobs.iter().map(|blob| blob.bytes)).sum()
    }
}

pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join("manifest.json")
}

pub(super) fn table_path(folder: &Path, table: &str) -> PathBuf {
    folder.join("tables").join(format!("{table}.copy"))
}

pub(super) fn blob_path(folder: &Path, blake3: &str) -> PathBuf {
    folder.join("blobs").join(blake3)
}
