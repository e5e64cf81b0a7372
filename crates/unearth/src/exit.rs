//! Exit codes, as documented in `unearth --help`.

/// The audit failed or was cancelled, or something unexpected happened.
pub(crate) const FAILED: u8 = 1;
/// The dataset was refused.
pub(crate) const DATASET_REFUSED: u8 = 3;
/// No server could be reached or started.
pub(crate) const NO_SERVER: u8 = 4;

/// An error and the exit code that it ends the process with.
pub(crate) struct Failure {
    pub(crate) code: u8,
    pub(crate) error: anyhow::Error,
}

impl Failure {
    pub(crate) fn with_code(code: u8, error: impl Into<anyhow::Error>) -> Self {
        Self {
            code,
            error: error.into(),
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::with_code(FAILED, error)
    }
}
