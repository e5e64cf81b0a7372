//! States and who may move between them.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// State of an audit, and of each run inside it.
///
/// `queued → running → succeeded | failed | cancelled`; a lost lease or a retry goes back to
/// `queued`; `queued → cancelled` happens without a worker. An external run begins as `receiving`, which
/// no worker claims, and is queued once everything was posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum State {
    /// Its records and gradients are being posted.
    Receiving,
    /// Waiting for a worker.
    Queued,
    /// A worker holds its lease.
    Running,
    /// Finished; its results are complete.
    Succeeded,
    /// Ended for good with a reason.
    Failed,
    /// Ended because somebody asked for it.
    Cancelled,
}

impl State {
    /// Whether nothing will change any more, short of a retry.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// The word used in SQL, JSON and on the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Receiving => "receiving",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for State {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [
            Self::Receiving,
            Self::Queued,
            Self::Running,
            Self::Succeeded,
            Self::Failed,
            Self::Cancelled,
        ]
        .into_iter()
        .find(|state| state.as_str() == word)
        .ok_or_else(|| format!("`{word}` is not a state"))
    }
}

/// State of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DatasetState {
    /// Uploaded; a worker has yet to validate and pack it.
    Validating,
    /// Packed; audits may use it.
    Ready,
    /// Refused with a reason.
    Failed,
}

impl DatasetState {
    /// The word used in SQL, JSON and on the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Validating => "validating",
            Self::Ready => "ready",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for DatasetState {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [Self::Validating, Self::Ready, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| format!("`{word}` is not a dataset state"))
    }
}
