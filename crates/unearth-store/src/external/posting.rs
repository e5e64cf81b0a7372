//! Batches as they come.

use super::index_bytes;
use crate::{Database, StoreError, little_endian::encode};
use sqlx::PgConnection;
use time::OffsetDateTime;
use unearth_audit::{Quantity, Record};
use uuid::Uuid;

/// A checked batch of records.
#[derive(Debug, Clone, Copy)]
pub struct NewRecords<'b> {
    /// Epoch, counted from 0.
    pub epoch: u32,
    /// Number of the batch within the epoch.
    pub chunk: u32,
    /// BLAKE3 of what was posted.
    pub content_hash: [u8; 32],
    /// Examples, ascending, each once.
    pub indices: &'b [u32],
    /// Quantities that are known; the others are not stored.
    pub quantities: &'b [Quantity],
    /// One value per example and quantity.
    pub values: &'b Record,
}

/// A checked batch of gradient maps.
#[derive(Debug, Clone, Copy)]
pub struct NewMaps<'b> {
    /// Position in the list of checkpoints, from 0.
    pub checkpoint: u32,
    /// Number of the batch within the checkpoint.
    pub chunk: u32,
    /// BLAKE3 of what was posted.
    pub content_hash: [u8; 32],
    /// Examples, ascending, each once.
    pub indices: &'b [u32],
    /// One factor per map.
    pub scales: &'b [f32],
    /// `[m, height, width]` little-endian f16.
    pub maps: &'b [u8],
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is kept.
    New,
    /// The same was there already.
    Same,
    /// Another was there, and still is.
    Differs,
    /// The audit takes no batches now, or is not there.
    NotReceiving,
}

/// Keeps a batch of records of an audit that takes them.
///
/// # Errors
/// When the database fails.
pub async fn put_records(
    db: &Database,
    audit: Uuid,
    batch: &NewRecords<'_>,
    now: OffsetDateTime,
) -> Result<Put, StoreError> {
    let mut tx = db.begin().await?;
    let Some(run) = receiving_run(&mut tx, audit).await? else {
        return Ok(Put::NotReceiving);
    };
    let known = |quantity: Quantity| batch.quantities.contains(&quantity);
    let floats =
        |quantity, values: &[f32]| known(quantity).then(|| encode(values, f32::to_le_bytes));
    let classes =
        |quantity, values: &[i32]| known(quantity).then(|| encode(values, i32::to_le_bytes));
    let loss = floats(Quantity::Loss, &batch.values.loss);
    let p_given = floats(Quantity::PGiven, &batch.values.p_given);
    let margin = floats(Quantity::Margin, &batch.values.margin);
    let el2n = floats(Quantity::El2n, &batch.values.el2n);
    let predicted = classes(Quantity::Predicted, &batch.values.predicted);
    let best_other = classes(Quantity::BestOther, &batch.values.best_other);
    let inserted = sqlx::query!(
        "-- external::put_records
         insert into posted_records (run_id, epoch, chunk, content_hash, examples, first_index, indices,
                                     loss, p_given, margin, el2n, predicted, best_other, posted_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         on conflict (run_id, epoch, chunk) do nothing",
        run,
        batch.epoch as i32,
        batch.chunk as i32,
        &batch.content_hash,
        batch.indices.len() as i32,
        first(batch.indices),
        index_bytes(batch.indices),
        loss,
        p_given,
        margin,
        el2n,
        predicted,
        best_other,
        now,
    )
    .execute(&mut *tx)
    .await?;
    if inserted.rows_affected() == 1 {
        tx.commit().await?;
        return Ok(Put::New);
    }
    let there = sqlx::query_scalar!(
        "-- external::put_records (there)
         select content_hash from posted_records where run_id = $1 and epoch = $2 and chunk = $3",
        run,
        batch.epoch as i32,
        batch.chunk as i32,
    )
    .fetch_optional(&mut *tx)
    .await?;
    tx.rollback().await?;
    Ok(compared(there.as_deref(), &batch.content_hash))
}

/// Keeps a batch of maps of an audit that takes them.
///
/// # Errors
/// When the database fails.
pub async fn put_maps(
    db: &Database,
    audit: Uuid,
    batch: &NewMaps<'_>,
    now: OffsetDateTime,
) -> Result<Put, StoreError> {
    let mut tx = db.begin().await?;
    let Some(run) = receiving_run(&mut tx, audit).await? else {
        return Ok(Put::NotReceiving);
    };
    let inserted = sqlx::query!(
        "-- external::put_maps
         insert into posted_maps (run_id, checkpoint, chunk, content_hash, examples, first_index, indices,
                                  scales, maps, posted_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (run_id, checkpoint, chunk) do nothing",
        run,
        batch.checkpoint as i32,
        batch.chunk as i32,
        &batch.content_hash,
        batch.indices.len() as i32,
        first(batch.indices),
        index_bytes(batch.indices),
        encode(batch.scales, f32::to_le_bytes),
        batch.maps,
        now,
    )
    .execute(&mut *tx)
    .await?;
    if inserted.rows_affected() == 1 {
        tx.commit().await?;
        return Ok(Put::New);
    }
    let there = sqlx::query_scalar!(
        "-- external::put_maps (there)
         select content_hash from posted_maps where run_id = $1 and checkpoint = $2 and chunk = $3",
        run,
        batch.checkpoint as i32,
        batch.chunk as i32,
    )
    .fetch_optional(&mut *tx)
    .await?;
    tx.rollback().await?;
    Ok(compared(there.as_deref(), &batch.content_hash))
}

/// Removes a batch of records, so that another may take its place. None when the audit takes no batches;
/// false when there was none.
///
/// # Errors
/// When the database fails.
pub async fn remove_records(
    db: &Database,
    audit: Uuid,
    epoch: u32,
    chunk: u32,
) -> Result<Option<bool>, StoreError> {
    let mut tx = db.begin().await?;
    let Some(run) = receiving_run(&mut tx, audit).await? else {
        return Ok(None);
    };
    let removed = sqlx::query!(
        "-- external::remove_records
         delete from posted_records where run_id = $1 and epoch = $2 and chunk = $3",
        run,
        epoch as i32,
        chunk as i32,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Some(removed.rows_affected() == 1))
}

/// Removes a batch of maps, so that another may take its place. None when the audit takes no batches;
/// false when there was none.
///
/// # Errors
/// When the database fails.
pub async fn remove_maps(
    db: &Database,
    audit: Uuid,
    checkpoint: u32,
    chunk: u32,
) -> Result<Option<bool>, StoreError> {
    let mut tx = db.begin().await?;
    let Some(run) = receiving_run(&mut tx, audit).await? else {
        return Ok(None);
    };
    let removed = sqlx::query!(
        "-- external::remove_maps
         delete from posted_maps where run_id = $1 and checkpoint = $2 and chunk = $3",
        run,
        checkpoint as i32,
        chunk as i32,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Some(removed.rows_affected() == 1))
}

/// What was posted of an external run and is not yet in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Batches of records, by epoch (counted from 0) and number.
    pub records: Vec<ReceivedBatch>,
    /// Batches of maps, by checkpoint and number.
    pub maps: Vec<ReceivedBatch>,
}

/// One batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivedBatch {
    /// Epoch or checkpoint, from 0.
    pub position: i32,
    /// Number within it.
    pub chunk: i32,
    /// How many examples it holds.
    pub examples: i32,
}

/// What was posted of an audit's external run.
///
/// # Errors
/// When the database fails.
pub async fn received(db: &Database, audit: Uuid) -> Result<Received, StoreError> {
    let records = sqlx::query_as!(
        ReceivedBatch,
        r#"-- external::received (records)
           select epoch as position, chunk, examples from posted_records
           join runs on runs.id = run_id where audit_id = $1 order by epoch, chunk"#,
        audit,
    )
    .fetch_all(&db.pool)
    .await?;
    let maps = sqlx::query_as!(
        ReceivedBatch,
        r#"-- external::received (maps)
           select checkpoint as position, chunk, examples from posted_maps
           join runs on runs.id = run_id where audit_id = $1 order by checkpoint, chunk"#,
        audit,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(Received { records, maps })
}

/// The run that takes batches; it goes on doing so until the transaction ends.
async fn receiving_run(
    connection: &mut PgConnection,
    audit: Uuid,
) -> Result<Option<i64>, StoreError> {
    let run = sqlx::query_scalar!(
        "-- external::receiving_run
         select id from runs where audit_id = $1 and ordinal = 0 and state = 'receiving' for share",
        audit,
    )
    .fetch_optional(connection)
    .await?;
    Ok(run)
}

fn compared(there: Option<&[u8]>, posted: &[u8; 32]) -> Put {
    if there == Some(posted.as_slice()) {
        Put::Same
    } else {
        Put::Differs
    }
}

fn first(indices: &[u32]) -> i32 {
    indices.first().map_or(0, |&first| first as i32)
}
