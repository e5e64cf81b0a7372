//! Score sets: one signal of one audit, computed one way.

use crate::{
    Database, StoreError, copy::BinaryCopy, error::fenced, runs, runs::ClaimedRun, score_columns,
};
use serde_json::Value;
use sqlx::{PgConnection, types::Json};
use time::{Duration, OffsetDateTime};
use unearth_audit::{ScoreKey, Signal, Stability};
use uuid::Uuid;

/// A score set as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreSet {
    /// Identity.
    pub id: i64,
    /// Name of the signal.
    pub signal: String,
    /// What `ScoreKey::key` of `unearth-audit` gives, such as `std:late`.
    pub scoring: String,
    /// `queued`, `ready` or `failed`.
    pub state: String,
    /// Direction, range, formula and the like.
    pub info: Option<Value>,
    /// How many examples it ranks; none before it is ready.
    pub examples: Option<i64>,
    /// How many of them have a score.
    pub scored: Option<i64>,
    /// How far the rankings of all seeds agree; none with one seed.
    pub stability: Option<Json<Stability>>,
    /// Why it could not be computed.
    pub error: Option<String>,
    /// When it became ready.
    pub finished_at: Option<OffsetDateTime>,
}

/// One example's place in a ranking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NewScore {
    /// Hardest is 1; ties by index; examples without a value come last.
    pub rank: i32,
    /// Example.
    pub index: i32,
    /// Its given label.
    pub label: i32,
    /// The score.
    pub value: Option<f64>,
    /// Why it has none.
    pub value_reason: Option<&'static str>,
    /// Class-normalised score.
    pub normalised: Option<f64>,
    /// Why it has none.
    pub normalised_reason: Option<&'static str>,
    /// Share of scored examples that are no harder, 0 to 100.
    pub percentile: Option<f64>,
}

/// The rows of a ranking, made as they are asked for: of millions there may not be room for all at a time.
pub trait Rows: Sync {
    /// How many there are.
    fn count(&self) -> usize;

    /// All of them, in rank order.
    fn in_order(&self) -> impl Iterator<Item = NewScore> + Send;
}

impl Rows for Vec<NewScore> {
    fn count(&self) -> usize {
        self.len()
    }

    fn in_order(&self) -> impl Iterator<Item = NewScore> + Send {
        self.iter().copied()
    }
}

/// A computed score set.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored<R = Vec<NewScore>> {
    /// Name of the signal.
    pub signal: Signal,
    /// What `ScoreKey::key` of `unearth-audit` gives.
    pub scoring: String,
    /// Direction, range, formula and the like.
    pub info: Value,
    /// Histogram and per-class summary.
    pub statistics: Value,
    /// Rows in rank order.
    pub rows: R,
}

/// A re-scoring that this worker holds.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedScoreSet {
    /// Score set.
    pub id: i64,
    /// Token that fences every write.
    pub token: Uuid,
    /// Audit.
    pub audit_id: Uuid,
    /// Dataset.
    pub dataset_id: Uuid,
    /// Name of the signal.
    pub signal: String,
    /// Variant and window.
    pub scoring: String,
    /// Which attempt, from 1.
    pub attempt: i32,
}

/// Stores a score set of a run that is being finished; one that is there already is replaced.
///
/// # Errors
/// [`StoreError::LeaseLost`] with nothing written, or the database fails.
pub async fn store(
    db: &Database,
    run: &ClaimedRun,
    scored: &Scored<impl Rows>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    replace(&mut tx, run.audit_id, scored, now).await?;
    runs::fence(&mut tx, run).await?;
    tx.commit().await?;
    Ok(())
}

/// Puts a score set in the place of the one that may be there. Returns its identity.
pub(crate) async fn replace(
    tx: &mut PgConnection,
    audit: Uuid,
    scored: &Scored<impl Rows>,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    sqlx::query!(
        "-- score_sets::store (replace)
         delete from score_sets where audit_id = $1 and signal = $2 and scoring = $3",
        audit,
        scored.signal.info().name,
        scored.scoring,
    )
    .execute(&mut *tx)
    .await?;
    let id = sqlx::query_scalar!(
        "-- score_sets::store
         insert into score_sets (audit_id, signal, scoring, state, info, statistics, created_at, finished_at)
         values ($1, $2, $3, 'ready', $4, $5, $6, $6) returning id",
        audit,
        scored.signal.info().name,
        scored.scoring,
        scored.info,
        scored.statistics,
        now,
    )
    .fetch_one(&mut *tx)
    .await?;
    copy_rows(tx, id, &scored.rows).await?;
    Ok(id)
}

async fn copy_rows(tx: &mut PgConnection, id: i64, rows: &impl Rows) -> Result<(), StoreError> {
    let mut copy = BinaryCopy::begin(
        tx,
        "copy scores (score_set_id, rank, index, label, value, value_reason, normalised, normalised_reason, percentile) from stdin (format binary)",
    )
    .await?;
    for row in rows.in_order() {
        copy.row(9)
            .i64(id)
            .i32(row.rank)
            .i32(row.index)
            .i32(row.label)
            .optional_f64(row.value)
            .optional_text(row.value_reason)
            .optional_f64(row.normalised)
            .optional_text(row.normalised_reason)
            .optional_f64(row.percentile);
        copy.flush_if_full().await?;
    }
    copy.finish().await?;
    score_columns::store(tx, id, rows).await
}

/// Asks for VoG over further windows; those that are there or asked for already stay.
///
/// # Errors
/// When the database fails.
pub async fn request(
    db: &Database,
    audit: Uuid,
    keys: &[ScoreKey],
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    for key in keys {
        sqlx::query!(
            "-- score_sets::request
             insert into score_sets (audit_id, signal, scoring, state, created_at)
             values ($1, $2, $3, 'queued', $4)
             on conflict (audit_id, signal, scoring) do update
                 set state = 'queued', error = null, attempts = 0, created_at = excluded.created_at
                 where score_sets.state = 'failed'",
            audit,
            Signal::Vog.info().name,
            key.key(),
            now,
        )
        .execute(&mut *tx)
        .await?;
    }
    crate::audits::wake_workers(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Leases the oldest score set that waits.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    db: &Database,
    worker: Uuid,
    token: Uuid,
    now: OffsetDateTime,
    lease: Duration,
) -> Result<Option<ClaimedScoreSet>, StoreError> {
    let row = sqlx::query!(
        "-- score_sets::claim
         with next as (
             select id from score_sets
             where state = 'queued' and (lease_expires_at is null or lease_expires_at <= $3)
             order by created_at, id limit 1
             for update skip locked
         )
         update score_sets
         set lease_worker = $1, lease_token = $2, lease_expires_at = $4, attempts = attempts + 1
         from next, audits
         where score_sets.id = next.id and audits.id = score_sets.audit_id
         returning score_sets.id, score_sets.audit_id, audits.dataset_id, signal, scoring,
                   attempts",
        worker,
        token,
        now,
        now + lease,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(row.map(|row| ClaimedScoreSet {
        id: row.id,
        token,
        audit_id: row.audit_id,
        dataset_id: row.dataset_id,
        signal: row.signal,
        scoring: row.scoring,
        attempt: row.attempts,
    }))
}

/// Renews the lease.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn heartbeat(
    db: &Database,
    claimed: &ClaimedScoreSet,
    expires_at: OffsetDateTime,
) -> Result<(), StoreError> {
    let hit = sqlx::query!(
        "-- score_sets::heartbeat
         update score_sets set lease_expires_at = $3
         where id = $1 and lease_token = $2 and state = 'queued'",
        claimed.id,
        claimed.token,
        expires_at,
    )
    .execute(&db.pool)
    .await?;
    fenced(hit.rows_affected())
}

/// Fills a claimed score set.
///
/// # Errors
/// [`StoreError::LeaseLost`] with nothing written, or the database fails.
pub async fn finish(
    db: &Database,
    claimed: &ClaimedScoreSet,
    scored: &Scored<impl Rows>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    copy_rows(&mut tx, claimed.id, &scored.rows).await?;
    let hit = sqlx::query!(
        "-- score_sets::finish
         update score_sets
         set state = 'ready', info = $3, statistics = $4, finished_at = $5, lease_token = null,
             lease_expires_at = null
         where id = $1 and lease_token = $2 and state = 'queued'",
        claimed.id,
        claimed.token,
        scored.info,
        scored.statistics,
        now,
    )
    .execute(&mut *tx)
    .await?;
    fenced(hit.rows_affected())?;
    tx.commit().await?;
    Ok(())
}

/// Gives a claimed score set back until `again_at`; the attempt does not count.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn postpone(
    db: &Database,
    claimed: &ClaimedScoreSet,
    again_at: OffsetDateTime,
) -> Result<(), StoreError> {
    let hit = sqlx::query!(
        "-- score_sets::postpone
         update score_sets
         set attempts = attempts - 1, lease_token = null, lease_expires_at = $3
         where id = $1 and lease_token = $2 and state = 'queued'",
        claimed.id,
        claimed.token,
        again_at,
    )
    .execute(&db.pool)
    .await?;
    fenced(hit.rows_affected())
}

/// Ends a claimed score set with a reason.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn fail(
    db: &Database,
    claimed: &ClaimedScoreSet,
    reason: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let hit = sqlx::query!(
        "-- score_sets::fail
         update score_sets
         set state = 'failed', error = $3, finished_at = $4, lease_token = null,
             lease_expires_at = null
         where id = $1 and lease_token = $2 and state = 'queued'",
        claimed.id,
        claimed.token,
        reason,
        now,
    )
    .execute(&db.pool)
    .await?;
    fenced(hit.rows_affected())
}

/// The score sets of an audit, in the order in which they were asked for.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &Database, audit: Uuid) -> Result<Vec<ScoreSet>, StoreError> {
    let found = sqlx::query_as!(
        ScoreSet,
        r#"-- score_sets::list
           select id, signal, scoring, state, info,
                  (statistics -> 'examples')::bigint as examples,
                  (statistics -> 'scored')::bigint as scored,
                  stability as "stability: Json<Stability>", error, finished_at
           from score_sets where audit_id = $1 order by id"#,
        audit
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(found)
}

/// One score set of an audit.
///
/// # Errors
/// When the database fails.
pub async fn get(
    db: &Database,
    audit: Uuid,
    signal: &str,
    scoring: &str,
) -> Result<Option<ScoreSet>, StoreError> {
    let found = sqlx::query_as!(
        ScoreSet,
        r#"-- score_sets::get
           select id, signal, scoring, state, info,
                  (statistics -> 'examples')::bigint as examples,
                  (statistics -> 'scored')::bigint as scored,
                  stability as "stability: Json<Stability>", error, finished_at
           from score_sets where audit_id = $1 and signal = $2 and scoring = $3"#,
        audit,
        signal,
        scoring,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(found)
}

/// Histogram and per-class summary of a score set: long where there are many classes, so it is read apart.
///
/// # Errors
/// When the database fails.
pub async fn statistics(db: &Database, score_set: i64) -> Result<Option<Value>, StoreError> {
    let found = sqlx::query_scalar!(
        "-- score_sets::statistics
         select statistics from score_sets where id = $1",
        score_set
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(found.flatten())
}
