//! What is recorded per example and epoch.

use crate::{Database, StoreError, copy::BinaryCopy, events, runs, runs::ClaimedRun};
use futures::{Stream, TryStreamExt};
use sqlx::PgConnection;
use time::OffsetDateTime;
use unearth_audit::{CHUNK_EXAMPLES, EpochRecord, Event, LogitSource, chunk_count, chunk_range};

/// The word for a source in SQL.
fn word(source: LogitSource) -> &'static str {
    match source {
        LogitSource::InFlight => "in_flight",
        LogitSource::EvalPass => "eval_pass",
    }
}

/// Stores one epoch's record of all examples, with its event.
///
/// A record that is there already, from an eval pass that is repeated, is replaced.
///
/// # Errors
/// [`StoreError::LeaseLost`] with nothing written, or the database fails.
pub async fn store(
    db: &Database,
    run: &ClaimedRun,
    record: &EpochRecord,
    event: Option<&Event>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let mut tx = db.pool.begin().await?;
    runs::check(&mut tx, run).await?;
    sqlx::query!(
        "-- dynamics::store (replace)
         delete from dynamics_chunks where run_id = $1 and source = $2 and epoch = $3",
        run.id,
        word(record.source),
        record.epoch as i32,
    )
    .execute(&mut *tx)
    .await?;
    let mut copy = BinaryCopy::begin(
        &mut tx,
        "copy dynamics_chunks (run_id, chunk, epoch, source, loss, p_given, predicted) from stdin (format binary)",
    )
    .await?;
    let examples = record.loss.len();
    for chunk in 0..chunk_count(examples) {
        let range = chunk_range(chunk, examples);
        copy.row(7)
            .i64(run.id)
            .i32(chunk as i32)
            .i32(record.epoch as i32)
            .bytes(word(record.source).as_bytes())
            .bytes(&le_bytes(&record.loss[range.clone()], f32::to_le_bytes))
            .bytes(&le_bytes(&record.p_given[range.clone()], |x| {
                x.to_le_bytes()
            }))
            .bytes(&le_bytes(&record.predicted[range], i32::to_le_bytes));
        copy.flush_if_full().await?;
    }
    copy.finish().await?;
    runs::fence(&mut tx, run).await?;
    if let Some(event) = event {
        events::append(&mut tx, run.audit_id, event, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn le_bytes<T: Copy>(values: &[T], bytes: impl Fn(T) -> [u8; 4]) -> Vec<u8> {
    values.iter().flat_map(|&value| bytes(value)).collect()
}

/// Removes records of epochs from `epoch` (counted from 0) on, and any eval pass.
pub(crate) async fn delete_from(
    tx: &mut PgConnection,
    run: i64,
    epoch: i32,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- dynamics::delete_from
         delete from dynamics_chunks where run_id = $1 and (epoch >= $2 or source = 'eval_pass')",
        run,
        epoch,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The records of one chunk of examples at one epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordChunk {
    /// Which chunk.
    pub chunk: i32,
    /// Epoch, counted from 0.
    pub epoch: i32,
    /// Cross-entropy of the given label, `[m]`.
    pub loss: Vec<f32>,
    /// Probability of the given label, `[m]`.
    pub p_given: Vec<f32>,
    /// Predicted class, `[m]`.
    pub predicted: Vec<i32>,
}

struct Row {
    chunk: i32,
    epoch: i32,
    loss: Vec<u8>,
    p_given: Vec<u8>,
    predicted: Vec<u8>,
}

impl From<Row> for RecordChunk {
    fn from(row: Row) -> Self {
        Self {
            chunk: row.chunk,
            epoch: row.epoch,
            loss: values(&row.loss, f32::from_le_bytes),
            p_given: values(&row.p_given, f32::from_le_bytes),
            predicted: values(&row.predicted, i32::from_le_bytes),
        }
    }
}

fn values<T>(bytes: &[u8], value: impl Fn([u8; 4]) -> T) -> Vec<T> {
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|&four| value(four))
        .collect()
}

/// Streams the records of a run from one source, chunk by chunk, epochs ascending within.
pub fn stream(
    db: &Database,
    run: i64,
    source: LogitSource,
) -> impl Stream<Item = Result<RecordChunk, StoreError>> + '_ {
    sqlx::query_as!(
        Row,
        "-- dynamics::stream
         select chunk, epoch, loss, p_given, predicted from dynamics_chunks
         where run_id = $1 and source = $2 order by chunk, epoch",
        run,
        word(source),
    )
    .fetch(&db.pool)
    .map_ok(RecordChunk::from)
    .map_err(StoreError::from)
}

/// One example's record at one epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExampleRecord {
    /// Epoch, counted from 0.
    pub epoch: i32,
    /// Cross-entropy of the given label; NaN where not seen.
    pub loss: f32,
    /// Probability of the given label; NaN where not seen.
    pub p_given: f32,
    /// Predicted class; -1 where not seen.
    pub predicted: i32,
}

/// The records of one example, epochs ascending.
///
/// # Errors
/// When the database fails.
pub async fn of_example(
    db: &Database,
    run: i64,
    index: usize,
    source: LogitSource,
) -> Result<Vec<ExampleRecord>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"-- dynamics::of_example
           select chunk, epoch, substring(loss from $3 for 4) as "loss!",
                  substring(p_given from $3 for 4) as "p_given!",
                  substring(predicted from $3 for 4) as "predicted!"
           from dynamics_chunks
           where run_id = $1 and source = $2 and chunk = $4 order by epoch"#,
        run,
        word(source),
        (index % CHUNK_EXAMPLES * 4 + 1) as i32,
        (index / CHUNK_EXAMPLES) as i32,
    )
    .fetch_all(&db.pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let record = RecordChunk::from(row);
            match (&record.loss[..], &record.p_given[..], &record.predicted[..]) {
                (&[loss], &[p_given], &[predicted]) => Ok(ExampleRecord {
                    epoch: record.epoch,
                    loss,
                    p_given,
                    predicted,
                }),
                _ => Err(StoreError::inconsistent(
                    "dynamics_chunks",
                    "loss",
                    run,
                    "too short",
                )),
            }
        })
        .collect()
}
