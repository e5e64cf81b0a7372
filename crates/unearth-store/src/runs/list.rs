//! The runs of an audit, for people.

use super::{member, role};
use crate::{Database, StoreError};
use sqlx::types::Json;
use time::OffsetDateTime;
use unearth_audit::{Member, Progress, Role, State};
use uuid::Uuid;

/// Where a run of an audit stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Position within the audit, from 0.
    pub ordinal: i32,
    /// What it is for.
    pub role: Role,
    /// Its place among the populations, where it is a model of one.
    pub member: Option<Member>,
    /// Seed.
    pub seed: u64,
    /// Where it stands.
    pub state: State,
    /// Where its training stands, while it runs.
    pub progress: Option<Progress>,
    /// Name of the worker that holds it.
    pub worker: Option<String>,
    /// That worker's last sign of life.
    pub heartbeat_at: Option<OffsetDateTime>,
    /// How often it was begun.
    pub attempts: i32,
    /// Why its last attempt ended without a result.
    pub error: Option<String>,
    /// When it was first taken.
    pub started_at: Option<OffsetDateTime>,
    /// When it reached a final state.
    pub finished_at: Option<OffsetDateTime>,
}

/// Every run of an audit, in their order.
///
/// # Errors
/// When the database fails or a row is inconsistent.
pub async fn list(db: &Database, audit: Uuid) -> Result<Vec<Listed>, StoreError> {
    let rows = sqlx::query!(
        r#"-- runs::list
           select runs.id, ordinal, role, level, member, seed, state,
                  progress as "progress: Json<Progress>", workers.name as "worker?",
                  runs.heartbeat_at, attempts, error, runs.started_at, finished_at
           from runs
           left join workers on workers.id = runs.lease_worker and runs.state = 'running'
           where audit_id = $1 order by ordinal"#,
        audit,
    )
    .fetch_all(&db.pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let state = row.state.parse().map_err(|detail: String| {
                StoreError::inconsistent("runs", "state", row.id, detail)
            })?;
            Ok(Listed {
                ordinal: row.ordinal,
                role: role(row.id, &row.role)?,
                member: member(row.id, row.level, row.member)?,
                seed: row.seed as u64,
                progress: row
                    .progress
                    .map(|Json(it)| it)
                    .filter(|_| state == State::Running),
                state,
                worker: row.worker,
                heartbeat_at: row.heartbeat_at,
                attempts: row.attempts,
                error: row.error,
                started_at: row.started_at,
                finished_at: row.finished_at,
            })
        })
        .collect()
}
