use thiserror::Error;
use unearth_audit::TrainingError;
pub(crate) use unearth_audit::error_chain as chain;
use unearth_dataset::DatasetError;
use unearth_store::StoreError;

/// Why work ended without a result.
#[derive(Debug, Error)]
pub enum WorkerError {
    /// The store failed or the lease is lost.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The training failed.
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// The packed dataset cannot be read.
    #[error("the packed dataset cannot be read")]
    Dataset(#[from] DatasetError),
    /// Temporary files cannot be written.
    #[error("the scratch folder cannot be used")]
    Scratch(#[from] std::io::Error),
    /// What is stored does not fit together.
    #[error("{0}")]
    Inconsistent(String),
    /// Something of our own panicked.
    #[error("a thread of the worker panicked")]
    Panicked,
    /// The database was away for so long that somebody else may go on.
    #[error("the lease ran out while the database was away")]
    LeaseExpired,
    /// The worker is leaving.
    #[error("the worker is shutting down")]
    Leaving,
    /// Somebody cancelled the audit.
    #[error("the audit was cancelled")]
    Cancelled,
}

impl WorkerError {
    /// Whether the surroundings failed and not the work: it is tried again, however often.
    pub(crate) fn is_outage(&self) -> bool {
        match self {
            Self::Store(error) => error.is_outage(),
            Self::Scratch(_) | Self::Training(TrainingError::Scratch(_)) => true,
            Self::Dataset(error) => matches!(
                error,
                DatasetError::DiskFull
                    | DatasetError::Unreadable { .. }
                    | DatasetError::Unwritable(_)
            ),
            _ => false,
        }
    }

    /// Whether another attempt may end differently.
    pub(crate) fn is_worth_retrying(&self) -> bool {
        match self {
            Self::Training(error) => error.is_worth_retrying(),
            Self::Store(_)
            | Self::Scratch(_)
            | Self::Panicked
            | Self::LeaseExpired
            | Self::Leaving => true,
            Self::Dataset(_) | Self::Inconsistent(_) | Self::Cancelled => false,
        }
    }
}
