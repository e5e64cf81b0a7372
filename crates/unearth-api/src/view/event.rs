//! What an audit tells while it runs.

use serde::Serialize;
use time::OffsetDateTime;
use unearth_audit::{Event, Progress, Role, State};
use unearth_store::{audits, events};
use utoipa::ToSchema;

/// One entry of an audit's event list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AuditEvent {
    /// Number within the audit, from 1, without gaps.
    pub(crate) seq: i64,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// What.
    #[serde(flatten)]
    pub(crate) event: Event,
}

/// A page of events.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventPage {
    /// In order.
    pub(crate) items: Vec<AuditEvent>,
    /// `after` of the next page; null while there is none.
    pub(crate) next: Option<String>,
}

/// Where a training stands: sent in the stream only, and without a number.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct LiveProgress {
    /// Always `progress`.
    kind: &'static str,
    /// State of the audit.
    state: State,
    /// What the training is for.
    role: Role,
    /// How many trainings the audit needs.
    runs: i64,
    /// How many of them are done.
    runs_done: i64,
    /// Where it stands.
    #[serde(flatten)]
    progress: Progress,
}

impl LiveProgress {
    /// The progress of a training of an audit.
    pub(crate) fn new(audit: &audits::Audit, progress: Progress) -> Self {
        Self {
            kind: "progress",
            state: audit.state,
            role: audit.role,
            runs: audit.runs.total,
            runs_done: audit.runs.done,
            progress,
        }
    }
}

impl From<events::StoredEvent> for AuditEvent {
    fn from(row: events::StoredEvent) -> Self {
        Self {
            seq: row.seq,
            at: row.at,
            event: row.event,
        }
    }
}

impl AuditEvent {
    /// The word by which a stream tells its kinds apart.
    pub(crate) fn kind(&self) -> &'static str {
        match self.event {
            Event::State { .. } => "state",
            Event::Started { .. } => "started",
            Event::Epoch { .. } => "epoch",
            Event::Checkpoint { .. } => "checkpoint",
            Event::Missing { .. } => "missing",
            Event::Refused { .. } => "refused",
            Event::Recipe { .. } => "recipe",
            Event::Interrupted { .. } => "interrupted",
        }
    }
}
