//! Taking a run off the queue.

use super::{ClaimedRun, member, role};
use crate::{Database, StoreError, events};
use sqlx::types::Json;
use time::{Duration, OffsetDateTime};
use unearth_audit::{
    Archaeology, Environment, Event, Origin, Pie, Position, Scoring, Signal, State, TrainingOutcome,
};
use uuid::Uuid;

/// How long ago a worker may have given its last sign of life to count as there.
const THERE: Duration = Duration::seconds(30);

/// A worker that asks for a run.
#[derive(Debug, Clone, Copy)]
pub struct Claimant<'a> {
    /// Identity of its process.
    pub worker: Uuid,
    /// What it trains on.
    pub environment: &'a Environment,
}

/// Leases the next run, of queued ones whose time has come and running ones whose lease expired: the audit
/// that has waited longest for a worker is next, so that one of many runs and one of a single run take turns.
///
/// A run that was begun elsewhere is left to a worker that can continue it with the same bits, as long as
/// there is one.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    db: &Database,
    claimant: Claimant<'_>,
    token: Uuid,
    now: OffsetDateTime,
    lease: Duration,
) -> Result<Option<ClaimedRun>, StoreError> {
    let mut tx = db.begin().await?;
    let claimed = sqlx::query!(
        r#"-- runs::claim
           with next as (
               select runs.id, runs.state
               from runs join audits on audits.id = runs.audit_id
               where ((runs.state = 'queued' and runs.run_after <= $3)
                      or (runs.state = 'running' and runs.lease_expires_at <= $3))
                 and (runs.resume_blob is null
                      or continues_exactly(runs.environment, $5)
                      or not exists (
                          select from workers
                          where workers.id <> $1 and workers.heartbeat_at >= $6
                            and continues_exactly(runs.environment, workers.environment)))
               order by coalesce(audits.served_at, audits.created_at), runs.audit_id, runs.ordinal
               limit 1
               for no key update of runs skip locked
           )
           update runs
           set state = 'running', lease_worker = $1, lease_token = $2, lease_expires_at = $4,
               attempts = attempts + 1, fruitless_attempts = fruitless_attempts + 1,
               started_at = coalesce(started_at, $3), heartbeat_at = $3,
               lease_expiries = lease_expiries + (next.state = 'running')::int
           from next where runs.id = next.id
           returning runs.id, audit_id, role, level, member, next.state as state_before,
                     recipe as "origin: Json<Origin>", seed, keeps_maps, attempts,
                     fruitless_attempts, error, resume_position as "resume_position: Json<Position>",
                     resume_blob, environment as "environment: Json<Environment>",
                     outcome as "outcome: Json<TrainingOutcome>""#,
        claimant.worker,
        token,
        now,
        now + lease,
        Json(claimant.environment) as _,
        now - THERE,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(run) = claimed else { return Ok(None) };
    let audit = sqlx::query!(
        r#"-- runs::claim (audit)
           update audits
           set state = 'running', started_at = coalesce(audits.started_at, $2), served_at = $2
           from audits before
           where audits.id = $1 and before.id = $1
           returning audits.dataset_id, audits.signals as "signals: Json<Vec<Signal>>",
                     audits.scorings as "scorings: Json<Vec<Scoring>>",
                     audits.archaeology as "archaeology: Json<Archaeology>",
                     audits.pie as "pie: Json<Pie>",
                     audits.started_at as "started_at!", before.state as state_before"#,
        run.audit_id,
        now,
    )
    .fetch_one(&mut *tx)
    .await?;
    if audit.state_before == State::Queued.as_str() {
        let event = Event::State {
            state: State::Running,
            reason: None,
        };
        events::append(&mut tx, run.audit_id, &event, now).await?;
    }
    if run.state_before == State::Running.as_str() {
        let event = Event::Interrupted {
            reason: "its worker was lost".into(),
        };
        events::append(&mut tx, run.audit_id, &event, now).await?;
    }
    tx.commit().await?;
    Ok(Some(ClaimedRun {
        role: role(run.id, &run.role)?,
        member: member(run.id, run.level, run.member)?,
        pie: audit.pie.map(|Json(pie)| pie),
        id: run.id,
        token,
        audit_id: run.audit_id,
        dataset_id: audit.dataset_id,
        shape: run.origin.shape(),
        origin: run.origin.0,
        seed: run.seed as u64,
        keeps_maps: run.keeps_maps,
        signals: audit.signals.0,
        scorings: audit.scorings.0,
        archaeology: audit.archaeology.map(|Json(archaeology)| archaeology),
        attempt: run.attempts,
        fruitless_attempts: run.fruitless_attempts,
        last_error: run.error,
        resume: run
            .resume_position
            .map(|Json(position)| position)
            .zip(run.resume_blob),
        environment: run.environment.map(|Json(environment)| environment),
        outcome: run.outcome.map(|Json(outcome)| outcome),
        started_at: audit.started_at,
    }))
}

/// A run that a worker may not continue, since another one can do so with the same bits.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// Run.
    pub run: i64,
    /// Its audit.
    pub audit: Uuid,
    /// What it was trained on.
    pub environment: Environment,
}

/// The runs that wait and that [`claim`] does not give to this worker.
///
/// # Errors
/// When the database fails.
pub async fn refused(
    db: &Database,
    claimant: Claimant<'_>,
    now: OffsetDateTime,
) -> Result<Vec<Refused>, StoreError> {
    let rows = sqlx::query!(
        r#"-- runs::refused
           select id, audit_id, environment as "environment!: Json<Environment>"
           from runs
           where ((state = 'queued' and run_after <= $1)
                  or (state = 'running' and lease_expires_at <= $1))
             and resume_blob is not null and environment is not null
             and not continues_exactly(environment, $2)
           order by id"#,
        now,
        Json(claimant.environment) as _,
    )
    .fetch_all(&db.pool)
    .await?;
    let refused = rows.into_iter().map(|row| Refused {
        run: row.id,
        audit: row.audit_id,
        environment: row.environment.0,
    });
    Ok(refused.collect())
}
