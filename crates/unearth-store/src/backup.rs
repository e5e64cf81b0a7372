//! Backups: everything of a database and its blobs in one folder, whatever version of Postgres either runs on.
//!
//! ```text
//! manifest.json        what is there: tables with their rows, blobs, and the hash of every file; written last
//! tables/NAME.copy     rows in Postgres' binary COPY format
//! blobs/HASH           blobs by the BLAKE3 of their bytes
//! ```
//!
//! Rows are those of one moment, since they are read in one transaction. A blob never changes, so that it is that
//! moment's whenever it is read, as long as it is there: where one is gone that must not be, the backup begins again.
//! Resume points may go meanwhile; a run without one starts over, and comes to the same numbers.
//!
//! What only matters while a process or a browser lives is left out: workers, sessions, codes.

mod check;
mod manifest;
mod restore;
mod tables;
mod write;

pub use check::check;
pub use manifest::{Manifest, SavedBlob, SavedTable};
pub use restore::restore;
pub use write::write;

use crate::StoreError;
use std::{io, path::PathBuf};
use thiserror::Error;

/// Why a backup was not made, or not restored.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The database or the blob store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of the backup cannot be read or written.
    #[error("`{file}` cannot be read or written")]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is something already where the backup should go.
    #[error("`{0}` is there already: a backup goes into a folder of its own")]
    Exists(PathBuf),
    /// Blobs kept going away while they were read.
    #[error(
        "the blob `{0}` went away while it was to be saved, each time: try again when fewer uploads are under way"
    )]
    Moving(String),
    /// The folder holds no whole backup.
    #[error("`{folder}` is no backup: {detail}")]
    NotABackup {
        /// Which.
        folder: PathBuf,
        /// Why.
        detail: String,
    },
    /// A file is not what was written.
    #[error("`{file}` is damaged: {detail}; restore another backup")]
    Damaged {
        /// Which.
        file: PathBuf,
        /// What differs.
        detail: String,
    },
    /// The backup is of a newer program.
    #[error(
        "the backup has schema {backup}, of Unearth {version}, and this one knows schemas up to {known}: restore it \
         with the newer one"
    )]
    Newer {
        /// Schema of the backup.
        backup: i64,
        /// The program that wrote it.
        version: String,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// The database was brought to another schema before.
    #[error(
        "the database has schema {found} already and the backup {backup}: restore into a new data folder or an empty database"
    )]
    OtherSchema {
        /// Schema of the database.
        found: i64,
        /// Schema of the backup.
        backup: i64,
    },
    /// The database has rows.
    #[error(
        "the database is in use, its table `{0}` has rows: restore into a new data folder or an empty database"
    )]
    NotEmpty(String),
    /// Not all rows arrived.
    #[error("table `{table}`: {found} of {saved} rows arrived; nothing was kept")]
    RowsMissing {
        /// Which.
        table: String,
        /// Rows there.
        found: i64,
        /// Rows of the backup.
        saved: i64,
    },
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Names the file of an I/O error.
fn at(file: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> BackupError {
    let file = file.into();
    |source| BackupError::File { file, source }
}
