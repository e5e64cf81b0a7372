//! Scores under several seeds, and the ranges of each example over them.

use crate::{Database, StoreError, copy::BinaryCopy, runs, runs::ClaimedRun};
use futures::{Stream, TryStreamExt as _};
use sqlx::{PgConnection, types::Json};
use unearth_audit::{Signal, Stability};
use uuid::Uuid;

/// Examples that [`piece`] reads at a time: three quarters of a mebibyte.
pub const PIECE_EXAMPLES: usize = 1 << 16;

/// The ranking of a run of another seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfSeed {
    /// The run.
    pub run: i64,
    /// How many examples it ranks.
    pub examples: usize,
}

/// One example in a ranking of the main run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OfMain {
    /// Example.
    pub index: i32,
    /// Its score.
    pub value: Option<f64>,
    /// Its rank.
    pub rank: i32,
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
/// replaced. Scores and ranks are those of the examples of a population, indices ascending.
///
/// # Errors
/// [`StoreError::LeaseLost`] with nothing written, or the database fails.
pub async fn store(
    db: &Database,
    run: &ClaimedRun,
    (signal, scoring): (Signal, &str),
    scores: impl ExactSizeIterator<Item = Option<f64>>,
    ranks: impl ExactSizeIterator<Item = i32>,
) -> Result<(), StoreError> {
    let signal = signal.info().name;
    let mut tx = db.begin().await?;
    sqlx::query!(
        "-- seed_scores::store (replace)
         delete from seed_scores where run_id = $1 and signal = $2 and scoring = $3",
        run.id,
        signal,
        scoring,
    )
    .execute(&mut *tx)
    .await?;
    let mut copy = BinaryCopy::begin(
        &mut tx,
        "copy seed_scores (run_id, signal, scoring, scores, ranks) from stdin (format binary)",
    )
    .await?;
    copy.row(5)
        .i64(run.id)
        .bytes(signal.as_bytes())
        .bytes(scoring.as_bytes());
    let scores = scores.map(|score| score.unwrap_or(f64::NAN));
    copy.column(scores.len(), scores.map(f64::to_le_bytes))
        .await?;
    copy.column(ranks.len(), ranks.map(i32::to_le_bytes))
        .await?;
    copy.finish().await?;
    runs::fence(&mut tx, run).await?;
    tx.commit().await?;
    Ok(())
}

/// The rankings under each of the other seeds of an audit, in their order.
///
/// # Errors
/// When the database fails.
pub async fn of_seeds(
    db: &Database,
    audit: Uuid,
    signal: &str,
    scoring: &str,
) -> Result<Vec<OfSeed>, StoreError> {
    let rows = sqlx::query!(
        r#"-- seed_scores::of_seeds
           select run_id, octet_length(ranks) / 4 as "examples!"
           from seed_scores join runs on runs.id = run_id
           where audit_id = $1 and signal = $2 and scoring = $3 order by ordinal"#,
        audit,
        signal,
        scoring,
    )
    .fetch_all(&db.pool)
    .await?;
    let of_seeds = rows.into_iter().map(|row| OfSeed {
        run: row.run_id,
        examples: row.examples as usize,
    });
    Ok(of_seeds.collect())
}

/// Score and rank of [`PIECE_EXAMPLES`] examples from the one at `start` on, or of as many as are left, indices
/// ascending; nothing where the ranking is not there.
///
/// # Errors
/// When the database fails.
pub async fn piece(
    db: &Database,
    run: i64,
    signal: &str,
    scoring: &str,
    start: usize,
) -> Result<Vec<(Option<f64>, i32)>, StoreError> {
    let row = sqlx::query!(
        r#"-- seed_scores::piece
           select substring(scores from 8 * $4 + 1 for 8 * $5) as "scores!",
                  substring(ranks from 4 * $4 + 1 for 4 * $5) as "ranks!"
           from seed_scores where run_id = $1 and signal = $2 and scoring = $3"#,
        run,
        signal,
        scoring,
        start as i32,
        PIECE_EXAMPLES as i32,
    )
    .fetch_optional(&db.pool)
    .await?;
    let Some(row) = row else { return Ok(vec![]) };
    let scores = row.scores.as_chunks().0.iter();
    let scores = scores.map(|&eight| Some(f64::from_le_bytes(eight)).filter(|it| !it.is_nan()));
    let ranks = row.ranks.as_chunks().0.iter();
    Ok(scores
        .zip(ranks.map(|&four| i32::from_le_bytes(four)))
        .collect())
}

/// A ranking of the main run, indices ascending.
pub fn of_set(db: &Database, set: i64) -> impl Stream<Item = Result<OfMain, StoreError>> + '_ {
    sqlx::query_as!(
        OfMain,
        "-- seed_scores::of_set
         select index, value, rank from scores where score_set_id = $1 order by index",
        set,
    )
    .fetch(&db.pool)
    .map_err(StoreError::from)
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
    let mut tx = db.begin().await?;
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
