//! An audit whose recipe a device has too little memory for.

use super::{ClaimedRun, end::hold};
use crate::{Database, StoreError, audits, events};
use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;
use unearth_audit::{Event, Origin, Recipe};

/// What became of an audit that needs too much memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halved {
    /// All of its trainings begin again with half the batch. Their resume points' blobs, which may go.
    Yes(Vec<String>),
    /// Nothing was written: half the batch would be too small to train with.
    TooSmall,
    /// Nothing was written: somebody asked to cancel it.
    Cancelled,
}

/// Begins an audit again, with half the batch: another recipe, whose hash stands for it from now on. All of its
/// trainings, those that succeeded too: what is compared between them must come from one recipe.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn halve_batch(
    db: &Database,
    run: &ClaimedRun,
    reason: &str,
    now: OffsetDateTime,
) -> Result<Halved, StoreError> {
    let mut tx = hold(db, run).await?;
    let trainings = sqlx::query!(
        r#"-- runs::halve_batch (look)
           select id, recipe as "origin: Json<Origin>", cancel_requested
           from runs where audit_id = $1 order by ordinal"#,
        run.audit_id,
    )
    .fetch_all(&mut *tx)
    .await?;
    if trainings.iter().any(|training| training.cancel_requested) {
        tx.rollback().await?;
        return Ok(Halved::Cancelled);
    }
    let asked = sqlx::query_scalar!(
        r#"-- runs::halve_batch (audit before)
           select recipe as "origin: Json<Origin>" from audits where id = $1 for no key update"#,
        run.audit_id,
    )
    .fetch_one(&mut *tx)
    .await?;
    let half = |origin: &Origin| origin.recipe()?.with_half_batch();
    let halved: Option<Vec<(i64, Recipe)>> = trainings
        .iter()
        .map(|row| Some((row.id, half(&row.origin)?)))
        .collect();
    let Some((recipe, halved)) = half(&asked).zip(halved) else {
        tx.rollback().await?;
        return Ok(Halved::TooSmall);
    };
    let mut blobs = Vec::new();
    for (id, recipe) in &halved {
        blobs.extend(begin_again(&mut tx, *id, recipe, reason, now).await?);
    }
    sqlx::query!(
        "-- runs::halve_batch (audit)
         update audits
         set state = 'queued', recipe = $2, recipe_hash = $3, recipe_asked = coalesce(recipe_asked, recipe)
         where id = $1",
        run.audit_id,
        Json(&recipe) as _,
        recipe.hash(),
    )
    .execute(&mut *tx)
    .await?;
    forget_scores(&mut tx, run).await?;
    let event = Event::Recipe {
        reason: reason.to_owned(),
        batch_size: recipe.batch_size,
        lr: recipe.lr,
    };
    events::append(&mut tx, run.audit_id, &event, now).await?;
    audits::wake_workers(&mut tx).await?;
    tx.commit().await?;
    Ok(Halved::Yes(blobs))
}

/// Queues a training from its start. A worker that holds it finds its lease gone. Returns the blob of its resume point.
async fn begin_again(
    tx: &mut PgConnection,
    id: i64,
    recipe: &Recipe,
    reason: &str,
    now: OffsetDateTime,
) -> Result<Option<String>, StoreError> {
    let before = sqlx::query_scalar!(
        "-- runs::halve_batch (run)
         update runs
         set state = 'queued', recipe = $2, run_after = $4, error = $3, finished_at = null,
             lease_token = null, lease_expires_at = null, progress = null, outcome = null,
             fruitless_attempts = 0, resume_position = null, resume_blob = null
         from runs before
         where runs.id = $1 and before.id = $1
         returning before.resume_blob",
        id,
        Json(recipe) as _,
        reason,
        now,
    )
    .fetch_one(tx)
    .await?;
    Ok(before)
}

/// Forgets what trainings of the larger batch scored; the rest is written over by the next ones.
async fn forget_scores(tx: &mut PgConnection, run: &ClaimedRun) -> Result<(), StoreError> {
    sqlx::query!(
        "-- runs::halve_batch (scores)
         delete from score_sets where audit_id = $1",
        run.audit_id,
    )
    .execute(&mut *tx)
    .await?;
    crate::seed_scores::forget(tx, run.audit_id).await
}
