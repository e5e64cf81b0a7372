//! Scores under several seeds, and the ranges of each example over them.

use crate::{Database, StoreError, copy::BinaryCopy, runs, runs::ClaimedRun, score_sets::Scored};
use sqlx::{PgConnection, types::Json};
use unearth_audit::Stability;
use uuid::Uuid;

/// A ranking by example: one entry per example of a population, indices ascending.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ByExample {
    /// Scores.
    pub scores: Vec<Option<f64>>,
    /// Ranks.
    pub ranks: Vec<i32>,
}

/// The range of one example over the seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreRange {
    /// Example.
    pub index: i32,
    /// Smallest and largest score.
    pub value: Option<(f64, f64)>,
    /// Hardest and easiest rank.
    pub rank: (i32, i32),
}

/// Keeps a score set of a run of another seed until its audit is finished; one that is there already is
/// replaced.
///
/// # Errors
/// [`StoreError::LeaseLost`] with nothing written, or the database fails.
pub async fn store(db: &Database, run: &ClaimedRun, scored: &Scored) -> Result<(), StoreError> {
    let mut rows: Vec<_> = scored.rows.iter().collect();
    rows.sort_unstable_by_key(|row| row.index);
    let values = rows.iter().map(|row| row.value.unwrap_or(f64::NAN));
    let values: Vec<u8> = values.flat_map(f64::to_le_bytes).collect();
    let ranks: Vec<u8> = rows.iter().flat_map(|row| row.rank.to_le_bytes()).collect();
    let mut tx = db.pool.begin().await?;
    sqlx::query!(
        "-- seed_scores::store
         insert into seed_scores (run_id, signal, scoring, scores, ranks) values ($1, $2, $3, $4, $5)
         on conflict (run_id, signal, scoring) do update
             set scores = excluded.scores, ranks = excluded.ranks",
        run.id,
        scored.signal.info().name,
        scored.scoring,
        values,
        ranks,
    )
    .execute(&mut *tx)
    .await?;
    runs::fence(&mut tx, run).await?;
    tx.commit().await?;
    Ok(())
}

/// A ranking under each of the other seeds of an audit, in their order.
///
/// # Errors
/// When the database fails.
pub async fn of_seeds(
    db: &Database,
    audit: Uuid,
    signal: &str,
    scoring: &str,
) -> Result<Vec<ByExample>, StoreError> {
    let rows = sqlx::query!(
        "-- seed_scores::of_seeds
         select scores, ranks from seed_scores join runs on runs.id = run_id
         where audit_id = $1 and signal = $2 and scoring = $3 order by ordinal",
        audit,
        signal,
        scoring,
    )
    .fetch_all(&db.pool)
    .await?;
    let rankings = rows.into_iter().map(|row| ByExample {
        scores: (row.scores.as_chunks::<8>().0.iter())
            .map(|&eight| Some(f64::from_le_bytes(eight)).filter(|score| !score.is_nan()))
            .collect(),
        ranks: (row.ranks.as_chunks::<4>().0.iter())
            .map(|&four| i32::from_le_bytes(four))
            .collect(),
    });
    Ok(rankings.collect())
}

/// A ranking of the main run, and the indices of its examples, ascending.
///
/// # Errors
/// When the database fails.
pub async fn of_set(db: &Database, set: i64) -> Result<(Vec<i32>, ByExample), StoreError> {
    let rows = sqlx::query!(
        "-- seed_scores::of_set
         select index, value, rank from scores where score_set_id = $1 order by index",
        set,
    )
    .fetch_all(&db.pool)
    .await?;
    let indices = rows.iter().map(|row| row.index).collect();
    let ranking = ByExample {
        scores: rows.iter().map(|row| row.value).collect(),
        ranks: rows.iter().map(|row| row.rank).collect(),
    };
    Ok((indices, ranking))
}

/// Stores what the seeds of an audit say of one of its rankings; what is there already is replaced.
///
/// # Errors
/// [`StoreError::LeaseLost`] with nothing written, or the database fails.
pub async fn finish(
    db: &Database,
    run: &ClaimedRun,
    set: i64,
    stability: &Stability,
    ranges: impl Iterator<Item = ScoreRange>,
) -> Result<(), StoreError> {
    let mut tx = db.pool.begin().await?;
    sqlx::query!(
        "-- seed_scores::finish (replace)
         delete from score_ranges where score_set_id = $1",
        set,
    )
    .execute(&mut *tx)
    .await?;
    let mut copy = BinaryCopy::begin(
        &mut tx,
        "copy score_ranges (score_set_id, index, value_low, value_high, rank_low, rank_high) from stdin (format binary)",
    )
    .await?;
    for range in ranges {
        copy.row(6)
            .i64(set)
            .i32(range.index)
            .optional_f64(range.value.map(|(low, _)| low))
            .optional_f64(range.value.map(|(_, high)| high))
            .i32(range.rank.0)
            .i32(range.rank.1);
        copy.flush_if_full().await?;
    }
    copy.finish().await?;
    sqlx::query!(
        "-- seed_scores::finish
         update score_sets set stability = $2 where id = $1",
        set,
        Json(stability) as _,
    )
    .execute(&mut *tx)
    .await?;
    runs::fence(&mut tx, run).await?;
    tx.commit().await?;
    Ok(())
}

/// Removes what was kept until the end of an audit.
pub(crate) async fn forget(tx: &mut PgConnection, audit: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "-- seed_scores::forget
         delete from seed_scores where run_id in (select id from runs where audit_id = $1)",
        audit,
    )
    .execute(tx)
    .await?;
    Ok(())
}
