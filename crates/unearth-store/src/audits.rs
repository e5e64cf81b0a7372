//! Audits: what was asked for and what came of it.

use crate::{Database, StoreError, WORK_CHANNEL, events, external};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use time::OffsetDateTime;
use unearth_audit::{
    Archaeology, Environment, Estimate, Event, Member, Origin, Pie, PlannedRun, Progress, Recipe,
    Role, Scoring, Signal, State, TrainingOutcome,
};
use uuid::Uuid;

/// An audit to begin.
#[derive(Debug, Clone)]
pub struct NewAudit {
    /// Identity.
    pub id: Uuid,
    /// Dataset.
    pub dataset_id: Uuid,
    /// Signals asked for.
    pub signals: Vec<Signal>,
    /// Recipe with every default resolved.
    pub recipe: Recipe,
    /// VoG scorings.
    pub scorings: Vec<Scoring>,
    /// Seed.
    pub seed: i64,
    /// How many seeds are trained.
    pub seeds: u32,
    /// How examples are told apart by probes, where that was asked for.
    pub archaeology: Option<Archaeology>,
    /// Which populations of models are compared, where that was asked for.
    pub pie: Option<Pie>,
    /// Whether its gradient maps stay once it has succeeded.
    pub keep_snapshots: bool,
    /// Cost foreseen.
    pub estimate: Estimate,
    /// The runs it needs.
    pub runs: Vec<PlannedRun>,
}

/// An audit as stored, with the state of its current run.
#[derive(Debug, Clone, PartialEq)]
pub struct Audit {
    /// Identity.
    pub id: Uuid,
    /// Dataset.
    pub dataset_id: Uuid,
    /// Its name.
    pub dataset_name: String,
    /// Signals asked for.
    pub signals: Vec<Signal>,
    /// Where its records and maps come from.
    pub origin: Origin,
    /// BLAKE3 of the recipe, or of what is posted.
    pub recipe_hash: String,
    /// The recipe that was asked for, where a device had too little memory for it.
    pub recipe_asked: Option<Recipe>,
    /// VoG scorings.
    pub scorings: Vec<Scoring>,
    /// Seed.
    pub seed: i64,
    /// How many seeds are trained.
    pub seeds: u32,
    /// How examples are told apart by probes, where that was asked for.
    pub archaeology: Option<Archaeology>,
    /// Which populations of models are compared, where that was asked for.
    pub pie: Option<Pie>,
    /// Whether its gradient maps stay once it has succeeded.
    pub keep_snapshots: bool,
    /// When they were given up.
    pub snapshots_dropped_at: Option<OffsetDateTime>,
    /// How many runs it has, and how many of them are done.
    pub runs: RunCount,
    /// What the run is for whose progress this is.
    pub role: Role,
    /// Where it stands.
    pub state: State,
    /// Why it failed or was cancelled.
    pub reason: Option<String>,
    /// Cost foreseen at the start.
    pub estimate: Estimate,
    /// What came of it.
    pub result: Option<AuditResult>,
    /// Where its current run stands.
    pub progress: Option<Progress>,
    /// Name of the worker that holds it.
    pub worker: Option<String>,
    /// That worker's last sign of life.
    pub heartbeat_at: Option<OffsetDateTime>,
    /// Attempts so far.
    pub attempts: i32,
    /// Place in the queue, 1 being next; none unless queued.
    pub queue_position: Option<i64>,
    /// When it was asked for.
    pub created_at: OffsetDateTime,
    /// When a worker first took it.
    pub started_at: Option<OffsetDateTime>,
    /// When it reached a final state.
    pub finished_at: Option<OffsetDateTime>,
}

/// The runs of an audit, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunCount {
    /// All of them.
    pub total: i64,
    /// Those that succeeded.
    pub done: i64,
}

/// What came of one run of an audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// What it was for.
    pub role: Role,
    /// Its place among the populations, where it was a model of one.
    #[serde(default)]
    pub member: Option<Member>,
    /// Seed.
    pub seed: u64,
    /// What it was trained on.
    pub environment: Environment,
    /// Accuracies and durations.
    pub outcome: TrainingOutcome,
}

/// What an audit says of itself when it is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditResult {
    /// Share of trained examples that the final model labels as given; none where nobody recorded it.
    pub training_accuracy: Option<f64>,
    /// The same over examples that were not trained on.
    pub held_out_accuracy: Option<f64>,
    /// What a reader must know before trusting the rankings.
    pub warnings: Vec<String>,
    /// What it was trained on; none of an external run.
    pub environment: Option<Environment>,
    /// Seconds in optimiser steps, over all runs (last attempt of each); none of an external run.
    pub fit_secs: Option<f64>,
    /// Seconds in gradient sweeps, over all runs (last attempt of each); none of an external run.
    pub sweep_secs: Option<f64>,
    /// Seconds from first start to the end.
    pub wall_secs: f64,
    /// Bytes of its snapshots, records and scores at the end; none in results from before this was
    /// measured.
    #[serde(default)]
    pub database_bytes: Option<u64>,
    /// Its runs; empty in results from before an audit could have several.
    #[serde(default)]
    pub runs: Vec<RunResult>,
}

/// Stores an audit with its runs and wakes the workers.
///
/// # Errors
/// When the database fails.
pub async fn insert(db: &Database, new: &NewAudit, now: OffsetDateTime) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    sqlx::query!(
        "-- audits::insert
         insert into audits (id, dataset_id, signals, recipe, recipe_hash, scorings, seed, seeds, archaeology, pie, keep_snapshots, state, estimate, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'queued', $12, $13)",
        new.id,
        new.dataset_id,
        Json(&new.signals) as _,
        Json(&new.recipe) as _,
        new.recipe.hash(),
        Json(&new.scorings) as _,
        new.seed,
        new.seeds as i32,
        new.archaeology.as_ref().map(Json) as _,
        new.pie.as_ref().map(Json) as _,
        new.keep_snapshots,
        Json(new.estimate) as _,
        now,
    )
    .execute(&mut *tx)
    .await?;
    for run in &new.runs {
        sqlx::query!(
            "-- audits::insert (run)
             insert into runs (audit_id, ordinal, role, level, member, recipe, seed, keeps_maps, state, run_after, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $9)",
            new.id,
            run.ordinal as i32,
            run.role.as_str(),
            run.member.map(|member| member.level.to_string()),
            run.member.map(|member| member.number as i32),
            Json(&run.recipe) as _,
            run.seed as i64,
            run.keeps_maps,
            now,
        )
        .execute(&mut *tx)
        .await?;
    }
    events::append(
        &mut tx,
        new.id,
        &Event::State {
            state: State::Queued,
            reason: None,
        },
        now,
    )
    .await?;
    wake_workers(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

pub(crate) async fn wake_workers(connection: &mut sqlx::PgConnection) -> Result<(), StoreError> {
    sqlx::query!(
        "-- audits::wake_workers
         select pg_notify($1, '')",
        WORK_CHANNEL
    )
    .execute(connection)
    .await?;
    Ok(())
}

struct Row {
    id: Uuid,
    dataset_id: Uuid,
    dataset_name: String,
    signals: Json<Vec<Signal>>,
    origin: Json<Origin>,
    recipe_hash: String,
    recipe_asked: Option<Json<Recipe>>,
    scorings: Json<Vec<Scoring>>,
    seed: i64,
    seeds: i32,
    archaeology: Option<Json<Archaeology>>,
    pie: Option<Json<Pie>>,
    keep_snapshots: bool,
    snapshots_dropped_at: Option<OffsetDateTime>,
    runs_total: i64,
    runs_done: i64,
    role: String,
    state: String,
    reason: Option<String>,
    estimate: Json<Estimate>,
    result: Option<Json<AuditResult>>,
    progress: Option<Json<Progress>>,
    worker: Option<String>,
    heartbeat_at: Option<OffsetDateTime>,
    attempts: i32,
    queue_position: Option<i64>,
    created_at: OffsetDateTime,
    started_at: Option<OffsetDateTime>,
    finished_at: Option<OffsetDateTime>,
}

impl TryFrom<Row> for Audit {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let state: State = row.state.parse().map_err(|detail: String| {
            StoreError::inconsistent("audits", "state", row.id, detail)
        })?;
        Ok(Self {
            id: row.id,
            dataset_id: row.dataset_id,
            dataset_name: row.dataset_name,
            signals: row.signals.0,
            origin: row.origin.0,
            recipe_hash: row.recipe_hash,
            recipe_asked: row.recipe_asked.map(|Json(recipe)| recipe),
            scorings: row.scorings.0,
            seed: row.seed,
            seeds: row.seeds as u32,
            archaeology: row.archaeology.map(|Json(archaeology)| archaeology),
            pie: row.pie.map(|Json(pie)| pie),
            keep_snapshots: row.keep_snapshots,
            snapshots_dropped_at: row.snapshots_dropped_at,
            runs: RunCount {
                total: row.runs_total,
                done: row.runs_done,
            },
            role: row.role.parse().map_err(|detail: String| {
                StoreError::inconsistent("runs", "role", row.id, detail)
            })?,
            state,
            reason: row.reason,
            estimate: row.estimate.0,
            result: row.result.map(|Json(result)| result),
            progress: row
                .progress
                .map(|Json(progress)| progress)
                .filter(|_| !state.is_final()),
            worker: row.worker,
            heartbeat_at: row.heartbeat_at,
            attempts: row.attempts,
            queue_position: row.queue_position.filter(|_| state == State::Queued),
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
        })
    }
}

/// One audit.
///
/// # Errors
/// When the database fails or the row is inconsistent.
pub async fn get(db: &Database, id: Uuid) -> Result<Option<Audit>, StoreError> {
    Ok(select(db, Some(id), None, None, 1)
        .await?
        .into_iter()
        .next())
}

/// Audits, newest first: those older than `after`, of one dataset, where given.
///
/// # Errors
/// When the database fails or a row is inconsistent.
pub async fn list(
    db: &Database,
    dataset: Option<Uuid>,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Audit>, StoreError> {
    select(db, None, dataset, after, limit).await
}

async fn select(
    db: &Database,
    id: Option<Uuid>,
    dataset: Option<Uuid>,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Audit>, StoreError> {
    // An audit stands where its first run stands that is not done: a running one before one that waits.
    let rows = sqlx::query_as!(
        Row,
        r#"-- audits::select
           select audits.id, audits.dataset_id, datasets.name as dataset_name,
                  audits.signals as "signals: Json<Vec<Signal>>",
                  audits.recipe as "origin: Json<Origin>", audits.recipe_hash,
                  audits.recipe_asked as "recipe_asked: Json<Recipe>",
                  audits.scorings as "scorings: Json<Vec<Scoring>>", audits.seed, audits.seeds,
                  audits.archaeology as "archaeology: Json<Archaeology>",
                  audits.pie as "pie: Json<Pie>",
                  audits.keep_snapshots, siblings.maps_dropped_at as snapshots_dropped_at,
                  siblings.total as "runs_total!", siblings.done as "runs_done!",
                  runs.role as "role!", audits.state, audits.reason, audits.estimate as "estimate: Json<Estimate>",
                  audits.result as "result: Json<AuditResult>",
                  runs.progress as "progress: Json<Progress>",
                  workers.name as "worker?", runs.heartbeat_at, runs.attempts as "attempts!",
                  (select count(*) from audits ahead
                   where audits.state = 'queued' and ahead.state in ('queued', 'running')
                     and (coalesce(ahead.served_at, ahead.created_at), ahead.id)
                         <= (coalesce(audits.served_at, audits.created_at), audits.id)
                     and exists (select from runs waiting
                                 where waiting.audit_id = ahead.id and waiting.state = 'queued')
                  ) as queue_position,
                  audits.created_at, audits.started_at, audits.finished_at
           from audits
           join datasets on datasets.id = audits.dataset_id
           cross join lateral (
               select * from runs where runs.audit_id = audits.id
               order by array_position(array['running', 'queued'], runs.state), runs.ordinal
               limit 1
           ) runs
           cross join lateral (
               select count(*) as total, count(*) filter (where state = 'succeeded') as done,
                      max(maps_dropped_at) as maps_dropped_at
               from runs every where every.audit_id = audits.id
           ) siblings
           left join workers on workers.id = runs.lease_worker and runs.state = 'running'
           where ($1::uuid is null or audits.id = $1)
             and ($2::uuid is null or audits.dataset_id = $2)
             and ($3::uuid is null or audits.id < $3)
           order by audits.id desc limit $4"#,
        id,
        dataset,
        after,
        limit,
    )
    .fetch_all(&db.pool)
    .await?;
    rows.into_iter().map(Audit::try_from).collect()
}

/// The recipe that an audit was asked for, where a device had too little memory for it.
///
/// # Errors
/// When the database fails.
pub async fn recipe_asked(db: &Database, id: Uuid) -> Result<Option<Recipe>, StoreError> {
    let asked = sqlx::query_scalar!(
        r#"-- audits::recipe_asked
           select recipe_asked as "recipe: Json<Recipe>" from audits where id = $1"#,
        id,
    )
    .fetch_one(&db.pool)
    .await?;
    Ok(asked.map(|Json(recipe)| recipe))
}

/// Bytes that audits ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PendingBytes {
    /// In the database.
    pub database: u64,
    /// In the blob store.
    pub blobs: u64,
}

/// What the audits that receive, wait and run were estimated to need, together.
///
/// # Errors
/// When the database fails.
pub async fn pending_bytes(db: &Database) -> Result<PendingBytes, StoreError> {
    let sums = sqlx::query!(
        r#"-- audits::pending_bytes
           select coalesce(sum((estimate->>'database_bytes')::bigint), 0)::bigint as "database!",
                  coalesce(sum((estimate->>'blob_bytes')::bigint), 0)::bigint as "blobs!"
           from audits where state in ('receiving', 'queued', 'running')"#
    )
    .fetch_one(&db.pool)
    .await?;
    Ok(PendingBytes {
        database: sums.database as u64,
        blobs: sums.blobs as u64,
    })
}

/// What a request to cancel or retry did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It took effect, or will at the next batch.
    Yes,
    /// The audit is in this state, which does not allow it.
    No(State),
    /// There is no such audit.
    NotFound,
}

/// Cancels an audit: one that no worker holds at once, another at its worker's next batch.
///
/// # Errors
/// When the database fails.
pub async fn cancel(db: &Database, id: Uuid, now: OffsetDateTime) -> Result<Changed, StoreError> {
    let mut tx = db.begin().await?;
    let Some(state) = lock_state(&mut tx, id).await? else {
        return Ok(Changed::NotFound);
    };
    if state.is_final() {
        tx.rollback().await?;
        return Ok(Changed::No(state));
    }
    stop_runs(&mut tx, id, now).await?;
    finish_if_cancelled(&mut tx, id, now).await?;
    tx.commit().await?;
    Ok(Changed::Yes)
}

/// Cancels the runs of an audit that no worker holds, and tells the others to stop.
pub(crate) async fn stop_runs(
    tx: &mut sqlx::PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- audits::stop_runs (held by nobody)
         update runs
         set state = 'cancelled', finished_at = $2, lease_token = null, lease_expires_at = null,
             progress = null
         where audit_id = $1
           and (state in ('receiving', 'queued') or (state = 'running' and lease_expires_at <= $2))",
        id,
        now
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "-- audits::stop_runs (running)
         update runs set cancel_requested = true where audit_id = $1 and state = 'running'",
        id
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Ends the audit as cancelled once no run of it is receiving, queued or running.
pub(crate) async fn finish_if_cancelled(
    tx: &mut sqlx::PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let ended = sqlx::query!(
        "-- audits::finish_if_cancelled
         update audits set state = 'cancelled', reason = 'cancelled on request', finished_at = $2
         where id = $1 and state in ('receiving', 'queued', 'running')
           and not exists (select 1 from runs
                           where audit_id = $1 and state in ('receiving', 'queued', 'running'))",
        id,
        now,
    )
    .execute(&mut *tx)
    .await?;
    if ended.rows_affected() == 1 {
        let event = Event::State {
            state: State::Cancelled,
            reason: Some("cancelled on request".into()),
        };
        events::append(tx, id, &event, now).await?;
    }
    Ok(())
}

/// Queues a failed or cancelled audit again; it continues from its resume point, if it has one. An
/// external run that had not been posted whole takes batches again.
///
/// # Errors
/// When the database fails.
pub async fn retry(db: &Database, id: Uuid, now: OffsetDateTime) -> Result<Changed, StoreError> {
    let mut tx = db.begin().await?;
    let Some(state) = lock_state(&mut tx, id).await? else {
        return Ok(Changed::NotFound);
    };
    if !matches!(state, State::Failed | State::Cancelled) {
        tx.rollback().await?;
        return Ok(Changed::No(state));
    }
    let again = if external::is_receiving(&mut tx, id).await? {
        State::Receiving
    } else {
        State::Queued
    };
    sqlx::query!(
        "-- audits::retry (runs)
         update runs
         set state = $3, run_after = $2, fruitless_attempts = 0, error = null,
             finished_at = null
         where audit_id = $1 and state in ('failed', 'cancelled')",
        id,
        now,
        again.as_str(),
    )
    .execute(&mut *tx)
    .await?;
    // One that was told to stop and has not yet goes on.
    sqlx::query!(
        "-- audits::retry (stopping)
         update runs set cancel_requested = false where audit_id = $1",
        id,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "-- audits::retry
         update audits set state = $2, reason = null, finished_at = null where id = $1",
        id,
        again.as_str(),
    )
    .execute(&mut *tx)
    .await?;
    events::append(
        &mut tx,
        id,
        &Event::State {
            state: again,
            reason: None,
        },
        now,
    )
    .await?;
    wake_workers(&mut tx).await?;
    tx.commit().await?;
    Ok(Changed::Yes)
}

/// Keeps every run of an audit as it is until the end of the transaction: of two runs that end at once, one
/// is the last.
pub(crate) async fn lock_runs(tx: &mut sqlx::PgConnection, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "-- audits::lock_runs
         select id from runs where audit_id = $1 order by id for no key update",
        id
    )
    .fetch_all(tx)
    .await?;
    Ok(())
}

/// Locks an audit for a change of state: its runs first, as everywhere. Who then changes nothing rolls
/// back rather than drop the transaction, whose locks would stay a moment and hide the run from a claim.
pub(crate) async fn lock_state(
    tx: &mut sqlx::PgConnection,
    id: Uuid,
) -> Result<Option<State>, StoreError> {
    lock_runs(tx, id).await?;
    let state = sqlx::query_scalar!(
        "-- audits::lock_state
         select state from audits where id = $1 for no key update",
        id
    )
    .fetch_optional(tx)
    .await?;
    state
        .map(|word| {
            word.parse()
                .map_err(|detail: String| StoreError::inconsistent("audits", "state", id, detail))
        })
        .transpose()
}

/// Removes an audit in a final state with everything made for it. Returns the blobs that the
/// caller must remove, or none when the audit is not there or still active.
///
/// Rows go first, so that nobody can retry what is half gone; partitions that are then left without
/// their run follow, or are left to a later [`drop_orphans`](crate::snapshots::drop_orphans) while a
/// sweep of another run is being stored.
///
/// # Errors
/// When the database fails.
pub async fn delete(db: &Database, id: Uuid) -> Result<Option<Vec<String>>, StoreError> {
    let blobs = delete_rows(db, id).await?;
    crate::snapshots::drop_orphans(db).await?;
    Ok(blobs)
}

async fn delete_rows(db: &Database, id: Uuid) -> Result<Option<Vec<String>>, StoreError> {
    let mut tx = db.begin().await?;
    let Some(state) = lock_state(&mut tx, id).await? else {
        return Ok(None);
    };
    if !state.is_final() {
        tx.rollback().await?;
        return Ok(None);
    }
    let blobs = sqlx::query_scalar!(
        r#"-- audits::delete (blobs)
           select resume_blob as "blob!" from runs where audit_id = $1 and resume_blob is not null"#,
        id
    )
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query!(
        "-- audits::delete
         delete from audits where id = $1",
        id
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Some(blobs))
}
