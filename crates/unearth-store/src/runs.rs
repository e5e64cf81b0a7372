//! Runs: the queue of trainings, their leases, and how they end.
//!
//! The table is the queue. Claiming sets a random token; every later write names it and must hit
//! exactly one row, so a worker whose lease was taken can write nothing.
//!
//! Lock order everywhere: the run's row, then the audit's (events take it). What a transaction
//! writes before, such as a COPY, are rows that no holder of these two waits for. Explicit locks are
//! NO KEY UPDATE, which the foreign keys of such rows do not wait for.

mod claim;
mod end;
mod halve;
mod list;

pub use claim::{Claimant, Refused, claim, refused};
pub use end::{
    Ending, Failed, GivenBack, Succeeded, cancelled, fail, give_back, succeed, succeed_with_audit,
};
pub use halve::{Halved, halve_batch};
pub use list::{Listed, list};

use crate::{Database, StoreError, audits::RunResult, error::fenced, events};
use sqlx::{PgConnection, types::Json};
use time::{Duration, OffsetDateTime};
use unearth_audit::{
    Archaeology, Environment, Event, Level, Member, Origin, Pie, Position, Progress, Role,
    RunShape, Scoring, Signal, TrainingOutcome,
};
use uuid::Uuid;

/// Attempts without progress, which is a new resume point or the end of the training, after which a run fails for good.
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
    /// Its place among the populations of its audit, where it is a model of one.
    pub member: Option<Member>,
    /// The populations of its audit.
    pub pie: Option<Pie>,
    /// Which attempt, from 1.
    pub attempt: i32,
    /// Attempts since the last progress, this one included.
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
    let mut tx = db.begin().await?;
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
    let mut tx = db.begin().await?;
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
    let mut tx = db.begin().await?;
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

/// Stores that training is done; only scoring is left. That is progress, as a resume point is.
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
         update runs set outcome = $3, fruitless_attempts = 0
         where id = $1 and lease_token = $2 and state = 'running'",
        run.id,
        run.token,
        Json(outcome) as _,
    )
    .execute(&db.pool)
    .await?;
    fenced(hit.rows_affected())
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

/// A row's place among the populations.
///
/// # Errors
/// When the level is none.
fn member(
    run: i64,
    level: Option<String>,
    number: Option<i32>,
) -> Result<Option<Member>, StoreError> {
    let Some((level, number)) = level.zip(number) else {
        return Ok(None);
    };
    let level: Level = level
        .parse()
        .map_err(|detail: String| StoreError::inconsistent("runs", "level", run, detail))?;
    Ok(Some(Member {
        level,
        number: number as u32,
    }))
}

/// The word of a row for what it is for.
fn role(run: i64, word: &str) -> Result<Role, StoreError> {
    word.parse()
        .map_err(|detail: String| StoreError::inconsistent("runs", "role", run, detail))
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
           select id, role, level, member, seed, environment as "environment!: Json<Environment>",
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
                role: role(row.id, &row.role)?,
                member: member(row.id, row.level, row.member)?,
                seed: row.seed as u64,
                environment: row.environment.0,
                outcome: row.outcome.0,
            })
        })
        .collect()
}
