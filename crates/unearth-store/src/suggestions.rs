//! Which label the model would give each example.

use crate::{Database, StoreError, copy::BinaryCopy, runs, runs::ClaimedRun};
use uuid::Uuid;

/// What an audit suggests for one example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suggestion {
    /// Example.
    pub index: i32,
    /// Most probable class; it may be the given one.
    pub label: i32,
    /// Its mean probability.
    pub probability: f64,
    /// The class after it.
    pub runner_up: i32,
    /// Its mean probability.
    pub runner_up_probability: f64,
}

/// Stores the suggestions of a run that is being finished; those that are there already are replaced.
///
/// # Errors
/// [`StoreError::LeaseLost`] with nothing written, or the database fails.
pub async fn store(
    db: &Database,
    run: &ClaimedRun,
    suggestions: impl Iterator<Item = Suggestion>,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    sqlx::query!(
        "-- suggestions::store (replace)
         delete from suggestions where audit_id = $1",
        run.audit_id,
    )
    .execute(&mut *tx)
    .await?;
    let mut copy = BinaryCopy::begin(
        &mut tx,
        "copy suggestions (audit_id, index, label, probability, runner_up, runner_up_probability) from stdin (format binary)",
    )
    .await?;
    for suggestion in suggestions {
        copy.row(6)
            .bytes(run.audit_id.as_bytes())
            .i32(suggestion.index)
            .i32(suggestion.label)
            .f64(suggestion.probability)
            .i32(suggestion.runner_up)
            .f64(suggestion.runner_up_probability);
        copy.flush_if_full().await?;
    }
    copy.finish().await?;
    runs::fence(&mut tx, run).await?;
    tx.commit().await?;
    Ok(())
}

/// What an audit suggests for one example.
///
/// # Errors
/// When the database fails.
pub async fn get(db: &Database, audit: Uuid, index: i32) -> Result<Option<Suggestion>, StoreError> {
    let found = sqlx::query_as!(
        Suggestion,
        "-- suggestions::get
         select index, label, probability, runner_up, runner_up_probability
         from suggestions where audit_id = $1 and index = $2",
        audit,
        index,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(found)
}
