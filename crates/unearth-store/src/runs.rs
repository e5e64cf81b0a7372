//! Runs: the queue of trainings, their leases, and how they end.
//!
//! The table is the queue. Claiming sets a random token; every later write names it and must hit
//! exactly one row, so a worker whose lease was taken can write nothing.
//!
//! Lock order everywhere: the run's row, then the audit's (events take it). What a transaction
//! writes before, such as a COPY, are rows that no holder of these two waits for. Explicit locks are
//! NO KEY UPDATE, which the foreign keys of such rows do not wait for.

use crate::{
    Database, StoreError,
    audits::{self, AuditResult, RunResult},
    error::fenced,
    events,
};
use sqlx::{PgConnection, types::Json};
use time::{Duration, OffsetDateTime};
use unearth_audit::{
    Archaeology, Environment, Event, Origin, Position, Progress, Role, RunShape, Scoring, Signal,
    State, TrainingOutcome,
};
use uuid::Uuid;

/// Attempts without a new resume point after which a run fails for good.
pub const FRUITLESS_ATTEMPTS_MAX: i32 = 3;

/// A run that this worker holds.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedRun {
    /// Run.
    pub id: i64,
    /// Token that fences every write.
    pub token: Uuid,
    /// Audit.
    pub audit_id: Uuid,
    /// Dataset.
    pub dataset_id: Uuid,
    /// What it is for.
    pub role: Role,
    /// What to train, or what was posted.
    pub origin: Origin,
    /// What of it scoring must know.
    pub shape: RunShape,
    /// Seed.
    pub seed: u64,
    /// Whether gradient maps are kept.
    pub keeps_maps: bool,
    /// Signals of the audit.
    pub signals: Vec<Signal>,
    /// VoG scorings of the audit.
    pub scorings: Vec<Scoring>,
    /// How its audit tells examples apart by probes.
    pub archaeology: Option<Archaeology>,
    /// Which attempt, from 1.
    pub attempt: i32,
    /// Attempts since the last new resume point, this one included.
    pub fruitless_attempts: i32,
    /// Why the attempt before this one ended, where that is known.
    pub last_error: Option<String>,
    /// Where to continue, and from which blob.
    pub resume: Option<(Position, String)>,
    /// What earlier attempts were trained on.
    pub environment: Option<Environment>,
    /// Training was finished by an earlier attempt; only scoring is left.
    pub outcome: Option<TrainingOutcome>,
    /// When the audit first started.
    pub started_at: OffsetDateTime,
}

/// What a heartbeat learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// Go on.
    Continue,
    /// Somebody asked to cancel.
    Cancel,
}

/// Leases the next run: queued ones whose time has come and running ones whose lease expired.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    db: &Database,
    worker: Uuid,
    token: Uuid,
    now: OffsetDateTime,
    lease: Duration,
) -> Result<Option<ClaimedRun>, StoreError> {
    let mut tx = db.pool.begin().await?;
    let claimed = sqlx::query!(
        r#"-- runs::claim
           with next as (
               select id, state from runs
               where (state = 'queued' and run_after <= $3)
                  or (state = 'running' and lease_expires_at <= $3)
               order by id limit 1
               for no key update skip locked
           )
           update runs
           set state = 'running', lease_worker = $1, lease_token = $2, lease_expires_at = $4,
               attempts = attempts + 1, fruitless_attempts = fruitless_attempts + 1,
               started_at = coalesce(started_at, $3), heartbeat_at = $3
           from next where runs.id = next.id
           returning runs.id, audit_id, role, next.state as state_before,
                     recipe as "origin: Json<Origin>", seed, keeps_maps, attempts,
                     fruitless_attempts, error, resume_position as "resume_position: Json<Position>",
                     resume_blob, environment as "environment: Json<Environment>",
                     outcome as "outcome: Json<TrainingOutcome>""#,
        worker,
        token,
        now,
        now + lease,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(run) = claimed else { return Ok(None) };
    let audit = sqlx::query!(
        r#"-- runs::claim (audit)
           update audits set state = 'running', started_at = coalesce(audits.started_at, $2)
           from audits before
           where audits.id = $1 and before.id = $1
           returning audits.dataset_id, audits.signals as "signals: Json<Vec<Signal>>",
                     audits.scorings as "scorings: Json<Vec<Scoring>>",
                     audits.archaeology as "archaeology: Json<Archaeology>",
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
    let role = run
        .role
        .parse()
        .map_err(|detail: String| StoreError::inconsistent("runs", "role", run.id, detail))?;
    Ok(Some(ClaimedRun {
        role,
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

/// Says on which environment this attempt trains and drops what lies past the resume point:
/// records and snapshots of work that will be repeated.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn begin_attempt(
    db: &Database,
    run: &ClaimedRun,
    worker: &str,
    environment: &Environment,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let resume = run.resume.as_ref();
    let position = resume.map_or(Position::START, |(position, _)| *position);
    if run.keeps_maps {
        crate::snapshots::ensure_partition(db, run.id).await?;
    }
    let mut tx = db.pool.begin().await?;
    crate::snapshots::delete_from(&mut tx, run.id, position.sweeps as i32).await?;
    crate::dynamics::delete_from(&mut tx, run.id, position).await?;
    let hit = sqlx::query!(
        "-- runs::begin_attempt
         update runs set environment = $3
         where id = $1 and lease_token = $2 and state = 'running'",
        run.id,
        run.token,
        Json(environment) as _,
    )
    .execute(&mut *tx)
    .await?;
    fenced(hit.rows_affected())?;
    let event = Event::Started {
        role: run.role,
        worker: worker.to_owned(),
        device: environment.device.clone(),
        attempt: run.attempt as u32,
        from_epoch: position.epoch,
    };
    events::append(&mut tx, run.audit_id, &event, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Renews the lease, stores where the run stands and tells listeners.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn heartbeat(
    db: &Database,
    run: &ClaimedRun,
    progress: Option<&Progress>,
    now: OffsetDateTime,
    lease: Duration,
) -> Result<Beat, StoreError> {
    let mut tx = db.pool.begin().await?;
    let cancel = sqlx::query_scalar!(
        "-- runs::heartbeat
         update runs
         set lease_expires_at = $3, heartbeat_at = $4, progress = coalesce($5, progress)
         where id = $1 and lease_token = $2 and state = 'running'
         returning cancel_requested",
        run.id,
        run.token,
        now + lease,
        now,
        progress.map(Json) as _,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(StoreError::LeaseLost)?;
    events::announce(&mut tx, run.audit_id).await?;
    tx.commit().await?;
    Ok(if cancel { Beat::Cancel } else { Beat::Continue })
}

/// Appends an event of this run's audit.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn tell(
    db: &Database,
    run: &ClaimedRun,
    event: &Event,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let mut tx = db.pool.begin().await?;
    fence(&mut tx, run).await?;
    events::append(&mut tx, run.audit_id, event, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Fences a transaction: fails unless the lease is still this one. The row lock it takes keeps the
/// lease from being claimed before the commit, so it comes after whatever may take long (COPY),
/// and before events, which lock the audit.
pub(crate) async fn fence(tx: &mut PgConnection, run: &ClaimedRun) -> Result<(), StoreError> {
    let hit = sqlx::query!(
        "-- runs::fence
         update runs set heartbeat_at = heartbeat_at
         where id = $1 and lease_token = $2 and state = 'running'",
        run.id,
        run.token,
    )
    .execute(tx)
    .await?;
    fenced(hit.rows_affected())
}

/// Looks whether the lease still is this one, without keeping it so: what takes long is refused
/// early, and does not run into the rows of the next holder.
pub(crate) async fn check(tx: &mut PgConnection, run: &ClaimedRun) -> Result<(), StoreError> {
    sqlx::query!(
        "-- runs::check
         select id from runs where id = $1 and lease_token = $2 and state = 'running'",
        run.id,
        run.token,
    )
    .fetch_optional(tx)
    .await?
    .map(drop)
    .ok_or(StoreError::LeaseLost)
}

/// Registers a new resume point and returns the blob of the one before, which may go.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn set_resume_point(
    db: &Database,
    run: &ClaimedRun,
    position: Position,
    blob: &str,
) -> Result<Option<String>, StoreError> {
    let row = sqlx::query!(
        "-- runs::set_resume_point
         update runs set resume_position = $3, resume_blob = $4, fruitless_attempts = 0
         from runs before
         where runs.id = $1 and before.id = $1 and runs.lease_token = $2 and runs.state = 'running'
         returning before.resume_blob",
        run.id,
        run.token,
        Json(position) as _,
        blob,
    )
    .fetch_optional(&db.pool)
    .await?
    .ok_or(StoreError::LeaseLost)?;
    Ok(row.resume_blob.filter(|before| before != blob))
}

/// Forgets a resume point that cannot be continued exactly; the run starts over. Returns its blob.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn forget_resume_point(
    db: &Database,
    run: &mut ClaimedRun,
) -> Result<Option<String>, StoreError> {
    let hit = sqlx::query!(
        "-- runs::forget_resume_point
         update runs set resume_position = null, resume_blob = null
         where id = $1 and lease_token = $2 and state = 'running'",
        run.id,
        run.token,
    )
    .execute(&db.pool)
    .await?;
    fenced(hit.rows_affected())?;
    Ok(run.resume.take().map(|(_, blob)| blob))
}

/// Stores that training is done; only scoring is left.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn set_outcome(
    db: &Database,
    run: &ClaimedRun,
    outcome: &TrainingOutcome,
) -> Result<(), StoreError> {
    let hit = sqlx::query!(
        "-- runs::set_outcome
         update runs set outcome = $3
         where id = $1 and lease_token = $2 and state = 'running'",
        run.id,
        run.token,
        Json(outcome) as _,
    )
    .execute(&db.pool)
    .await?;
    fenced(hit.rows_affected())
}

/// What became of a run that did its part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Succeeded {
    /// It is over. Its resume point's blob, which may go.
    Yes(Option<String>),
    /// Nothing was written: every other run of the audit is over, so that what concerns all of them is
    /// this one's to do, and [`succeed_with_audit`] ends it.
    AuditIsLeft,
}

/// Ends a run well, unless it is the last of its audit.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn succeed(
    db: &Database,
    run: &ClaimedRun,
    now: OffsetDateTime,
) -> Result<Succeeded, StoreError> {
    let mut tx = db.pool.begin().await?;
    if others_are_over(&mut tx, run).await? {
        tx.rollback().await?;
        return Ok(Succeeded::AuditIsLeft);
    }
    let blob = end_well(&mut tx, run, now).await?;
    tx.commit().await?;
    Ok(Succeeded::Yes(blob))
}

/// Ends the last run of an audit, and the audit, well. Returns the resume point's blob, which may go.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn succeed_with_audit(
    db: &Database,
    run: &ClaimedRun,
    result: &AuditResult,
    now: OffsetDateTime,
) -> Result<Option<String>, StoreError> {
    let mut tx = db.pool.begin().await?;
    if !others_are_over(&mut tx, run).await? {
        let detail = "another run of its audit is not over";
        return Err(StoreError::inconsistent("runs", "state", run.id, detail));
    }
    let blob = end_well(&mut tx, run, now).await?;
    sqlx::query!(
        "-- runs::succeed_with_audit
         update audits set state = 'succeeded', result = $2, finished_at = $3 where id = $1",
        run.audit_id,
        Json(result) as _,
        now,
    )
    .execute(&mut *tx)
    .await?;
    crate::seed_scores::forget(&mut tx, run.audit_id).await?;
    let event = Event::State {
        state: State::Succeeded,
        reason: None,
    };
    events::append(&mut tx, run.audit_id, &event, now).await?;
    tx.commit().await?;
    Ok(blob)
}

/// Whether every other run of the audit has succeeded. Its runs stay as they are until the end of the
/// transaction: of two that end at once, one is the last.
async fn others_are_over(tx: &mut PgConnection, run: &ClaimedRun) -> Result<bool, StoreError> {
    lock_siblings(tx, run).await?;
    fence(tx, run).await?;
    let over = sqlx::query_scalar!(
        r#"-- runs::others_are_over
           select coalesce(bool_and(state = 'succeeded'), true) as "over!"
           from runs where audit_id = $1 and id <> $2"#,
        run.audit_id,
        run.id,
    )
    .fetch_one(tx)
    .await?;
    Ok(over)
}

/// Locks every run of an audit, in the order in which everybody does.
async fn lock_siblings(tx: &mut PgConnection, run: &ClaimedRun) -> Result<(), StoreError> {
    sqlx::query!(
        "-- runs::lock_siblings
         select id from runs where audit_id = $1 order by id for no key update",
        run.audit_id,
    )
    .fetch_all(tx)
    .await?;
    Ok(())
}

async fn end_well(
    tx: &mut PgConnection,
    run: &ClaimedRun,
    now: OffsetDateTime,
) -> Result<Option<String>, StoreError> {
    let row = sqlx::query!(
        "-- runs::end_well
         update runs
         set state = 'succeeded', finished_at = $3, lease_token = null, lease_expires_at = null,
             progress = null, resume_position = null, resume_blob = null
         from runs before
         where runs.id = $1 and before.id = $1 and runs.lease_token = $2 and runs.state = 'running'
         returning before.resume_blob",
        run.id,
        run.token,
        now,
    )
    .fetch_optional(tx)
    .await?
    .ok_or(StoreError::LeaseLost)?;
    Ok(row.resume_blob)
}

/// Ends run and audit as failed, for good; the audit's other runs end too.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn fail(
    db: &Database,
    run: &ClaimedRun,
    reason: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let mut tx = db.pool.begin().await?;
    lock_siblings(&mut tx, run).await?;
    let hit = sqlx::query!(
        "-- runs::fail
         update runs
         set state = 'failed', error = $3, finished_at = $4, lease_token = null,
             lease_expires_at = null, progress = null
         where id = $1 and lease_token = $2 and state = 'running'",
        run.id,
        run.token,
        reason,
        now,
    )
    .execute(&mut *tx)
    .await?;
    fenced(hit.rows_affected())?;
    audits::stop_runs(&mut tx, run.audit_id, now).await?;
    sqlx::query!(
        "-- runs::fail (audit)
         update audits set state = 'failed', reason = $2, finished_at = $3 where id = $1",
        run.audit_id,
        reason,
        now,
    )
    .execute(&mut *tx)
    .await?;
    let event = Event::State {
        state: State::Failed,
        reason: Some(reason.to_owned()),
    };
    events::append(&mut tx, run.audit_id, &event, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Why a run is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenBack {
    /// The worker is leaving; the attempt does not count and any other worker may go on at once.
    Leaving,
    /// The attempt failed; the next one begins at this time.
    Failed(OffsetDateTime),
}

/// Gives a run back to be tried again, or ends it when somebody asked to cancel.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn give_back(
    db: &Database,
    run: &ClaimedRun,
    reason: &str,
    given_back: GivenBack,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let (run_after, counted) = match given_back {
        GivenBack::Leaving => (now, false),
        GivenBack::Failed(run_after) => (run_after, true),
    };
    let mut tx = db.pool.begin().await?;
    let cancel = sqlx::query_scalar!(
        "-- runs::give_back
         update runs
         set state = case when cancel_requested then 'cancelled' else 'queued' end,
             finished_at = case when cancel_requested then $6::timestamptz end,
             run_after = $3, error = $4, lease_token = null, lease_expires_at = null,
             fruitless_attempts =
                 case when $5 then fruitless_attempts else greatest(fruitless_attempts - 1, 0) end
         where id = $1 and lease_token = $2 and state = 'running'
         returning cancel_requested",
        run.id,
        run.token,
        run_after,
        reason,
        counted,
        now,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(StoreError::LeaseLost)?;
    if cancel {
        audits::finish_if_cancelled(&mut tx, run.audit_id, now).await?;
        return Ok(tx.commit().await?);
    }
    sqlx::query!(
        "-- runs::give_back (audit)
         update audits set state = 'queued'
         where id = $1 and not exists (
             select 1 from runs where audit_id = $1 and state = 'running')",
        run.audit_id
    )
    .execute(&mut *tx)
    .await?;
    let event = Event::Interrupted {
        reason: reason.to_owned(),
    };
    events::append(&mut tx, run.audit_id, &event, now).await?;
    audits::wake_workers(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends a run because its audit was cancelled.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn cancelled(
    db: &Database,
    run: &ClaimedRun,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let mut tx = db.pool.begin().await?;
    let hit = sqlx::query!(
        "-- runs::cancelled
         update runs
         set state = 'cancelled', finished_at = $3, lease_token = null, lease_expires_at = null,
             progress = null
         where id = $1 and lease_token = $2 and state = 'running'",
        run.id,
        run.token,
        now,
    )
    .execute(&mut *tx)
    .await?;
    fenced(hit.rows_affected())?;
    audits::finish_if_cancelled(&mut tx, run.audit_id, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The run of `audit` that its signals come from, and what scoring must know of it.
///
/// # Errors
/// When the database fails.
pub async fn source_of(db: &Database, audit: Uuid) -> Result<Option<(i64, RunShape)>, StoreError> {
    let runs = of_audit(db, audit, Role::Main).await?;
    Ok(runs
        .into_iter()
        .next()
        .map(|run| (run.id, run.origin.shape())))
}

/// A run as others of its audit see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sibling {
    /// Run.
    pub id: i64,
    /// What it trains, or what was posted.
    pub origin: Origin,
    /// Seed.
    pub seed: u64,
}

/// The runs of an audit in one role, in their order.
///
/// # Errors
/// When the database fails.
pub async fn of_audit(db: &Database, audit: Uuid, role: Role) -> Result<Vec<Sibling>, StoreError> {
    let rows = sqlx::query!(
        r#"-- runs::of_audit
           select id, recipe as "origin: Json<Origin>", seed from runs
           where audit_id = $1 and role = $2 order by ordinal"#,
        audit,
        role.as_str(),
    )
    .fetch_all(&db.pool)
    .await?;
    let siblings = rows.into_iter().map(|row| Sibling {
        id: row.id,
        origin: row.origin.0,
        seed: row.seed as u64,
    });
    Ok(siblings.collect())
}

/// What came of the trainings of an audit, in their order; those that are not trained yet are left out.
///
/// # Errors
/// When the database fails or a row is inconsistent.
pub async fn results(db: &Database, audit: Uuid) -> Result<Vec<RunResult>, StoreError> {
    let rows = sqlx::query!(
        r#"-- runs::results
           select id, role, seed, environment as "environment!: Json<Environment>",
                  outcome as "outcome!: Json<TrainingOutcome>"
           from runs
           where audit_id = $1 and outcome is not null and environment is not null
           order by ordinal"#,
        audit,
    )
    .fetch_all(&db.pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(RunResult {
                role: row.role.parse().map_err(|detail: String| {
                    StoreError::inconsistent("runs", "role", row.id, detail)
                })?,
                seed: row.seed as u64,
                environment: row.environment.0,
                outcome: row.outcome.0,
            })
        })
        .collect()
}
