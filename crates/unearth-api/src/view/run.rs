//! Trainings.

use serde::Serialize;
use time::OffsetDateTime;
use unearth_audit::{Member, Progress, Role, State};
use unearth_store::runs::Listed;
use utoipa::ToSchema;

/// The trainings of an audit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Runs {
    /// In the order in which they are begun, as far as workers are free.
    pub(crate) items: Vec<Run>,
}

/// One training.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Run {
    /// Position within the audit, from 0.
    ordinal: i32,
    /// What it is for.
    role: Role,
    /// Its place among the populations; null where it is a model of none.
    member: Option<Member>,
    /// Its seed.
    seed: u64,
    /// Where it stands.
    state: State,
    /// Where its training stands; null unless running.
    progress: Option<Progress>,
    /// Name of the worker that holds it.
    worker: Option<String>,
    /// That worker's last sign of life.
    #[serde(with = "time::serde::rfc3339::option")]
    heartbeat_at: Option<OffsetDateTime>,
    /// How often it was begun.
    attempts: i32,
    /// Why its last attempt ended without a result.
    error: Option<String>,
    /// When it was first taken.
    #[serde(with = "time::serde::rfc3339::option")]
    started_at: Option<OffsetDateTime>,
    /// When it reached a final state.
    #[serde(with = "time::serde::rfc3339::option")]
    finished_at: Option<OffsetDateTime>,
}

impl From<Listed> for Run {
    fn from(row: Listed) -> Self {
        Self {
            ordinal: row.ordinal,
            role: row.role,
            member: row.member,
            seed: row.seed,
            state: row.state,
            progress: row.progress,
            worker: row.worker,
            heartbeat_at: row.heartbeat_at,
            attempts: row.attempts,
            error: row.error,
            started_at: row.started_at,
            finished_at: row.finished_at,
        }
    }
}
