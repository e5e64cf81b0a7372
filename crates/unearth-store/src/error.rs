use crate::database::NewerSchema;
use std::fmt::Display;
use thiserror::Error;

/// What Postgres says where its disk is full.
const DISK_FULL: &str = "53100";

/// Whether Postgres says by this code that it is shutting down, has crashed, is starting, or lost the connection.
fn is_going_or_coming(sqlstate: &str) -> bool {
    matches!(sqlstate, "57P01" | "57P02" | "57P03") || sqlstate.starts_with("08")
}

/// Why the store did not do as asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Postgres failed or is away.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the database schema could not be migrated")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The schema is of a newer program.
    #[error(transparent)]
    NewerSchema(#[from] NewerSchema),
    /// The blob store failed.
    #[error("the blob store failed")]
    Blob(#[from] object_store::Error),
    /// A bucket cannot be used for blobs.
    #[error("the bucket `{bucket}` cannot be used: {remedy}")]
    Bucket {
        /// Its name.
        bucket: String,
        /// What seems to be wrong with it, and what to do.
        remedy: &'static str,
        /// What came of trying.
        source: object_store::Error,
    },
    /// A file beside the blob store could not be read or written.
    #[error("a file of the blob store failed")]
    File(#[from] std::io::Error),
    /// A row does not hold what the code expects of it.
    #[error("table `{table}`, column `{column}`, row {row}: {detail}")]
    Inconsistent {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// Identity of the row.
        row: String,
        /// What is wrong with it.
        detail: String,
    },
    /// What is being read was deleted.
    #[error("{0} was deleted while it was read")]
    Deleted(&'static str),
    /// Somebody else holds the lease now, or it was cancelled: nothing was written.
    #[error("the lease is lost")]
    LeaseLost,
}

impl StoreError {
    /// Whether the database cannot be reached at all.
    pub fn is_database_away(&self) -> bool {
        let is_unreachable = matches!(
            self,
            Self::Database(
                sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed
            )
        );
        is_unreachable
            || self
                .sqlstate()
                .is_some_and(|code| is_going_or_coming(&code))
    }

    /// Whether the surroundings failed, which passes: the database is away, a disk is full, the blob store does not
    /// answer. No work is to blame for it.
    pub fn is_outage(&self) -> bool {
        let is_blob_store =
            matches!(self, Self::Blob(_) | Self::File(_)) && !self.is_blob_missing();
        is_blob_store || self.is_database_away() || self.is_storage_full()
    }

    /// Whether it is certain that nothing was written. A connection that breaks at a commit leaves
    /// that open: what the write refers to must stay then.
    pub fn is_nothing_written(&self) -> bool {
        matches!(self, Self::LeaseLost)
    }

    /// Whether a blob is not there.
    pub fn is_blob_missing(&self) -> bool {
        matches!(self, Self::Blob(object_store::Error::NotFound { .. }))
    }

    /// Whether a disk or a quota is full.
    pub fn is_storage_full(&self) -> bool {
        std::iter::successors(Some(self as &dyn std::error::Error), |error| error.source())
            .filter_map(|error| error.downcast_ref::<std::io::Error>())
            .any(|error| {
                matches!(
                    error.kind(),
                    std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded
                )
            })
            || self.sqlstate().as_deref() == Some(DISK_FULL)
    }

    fn sqlstate(&self) -> Option<std::borrow::Cow<'_, str>> {
        match self {
            Self::Database(sqlx::Error::Database(error)) => error.code(),
            _ => None,
        }
    }

    pub(crate) fn inconsistent(
        table: &'static str,
        column: &'static str,
        row: impl Display,
        detail: impl Into<String>,
    ) -> Self {
        Self::Inconsistent {
            table,
            column,
            row: row.to_string(),
            detail: detail.into(),
        }
    }
}

/// Fences a write: exactly one row must have been hit.
pub(crate) fn fenced(rows_affected: u64) -> Result<(), StoreError> {
    if rows_affected == 1 {
        Ok(())
    } else {
        Err(StoreError::LeaseLost)
    }
}
