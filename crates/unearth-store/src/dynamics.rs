//! What is recorded per example and epoch.

use crate::{
    Database, StoreError,
    copy::BinaryCopy,
    events,
    little_endian::{decode, encode},
    runs,
    runs::ClaimedRun,
};
use futures::{Stream, TryStreamExt};
use sqlx::PgConnection;
use time::OffsetDateTime;
use unearth_audit::{
    CHUNK_EXAMPLES, EpochRecord, Event, LogitSource, Position, Record, chunk_count, chunk_range,
};
use unearth_columns::Column;

/// The chunk that holds the record of all probes, which are no examples.
const PROBES: i32 = -1;

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
    let mut tx = db.begin().await?;
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
        "copy dynamics_chunks (run_id, chunk, epoch, source, loss, p_given, margin, el2n, predicted, best_other) from stdin (format binary)",
    )
    .await?;
    let examples = record.values.len();
    for chunk in 0..chunk_count(examples) {
        let values = record.values.piece(chunk_range(chunk, examples));
        put(&mut copy, run.id, chunk as i32, record, &values);
        copy.flush_if_full().await?;
    }
    if !record.probes.is_empty() {
        put(&mut copy, run.id, PROBES, record, &record.probes);
    }
    copy.finish().await?;
    runs::fence(&mut tx, run).await?;
    if let Some(event) = event {
        events::append(&mut tx, run.audit_id, event, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn put(copy: &mut BinaryCopy<'_>, run: i64, chunk: i32, record: &EpochRecord, values: &Record) {
    copy.row(10)
        .i64(run)
        .i32(chunk)
        .i32(record.epoch as i32)
        .bytes(word(record.source).as_bytes())
        .bytes(&encode(&values.loss, f32::to_le_bytes))
        .bytes(&encode(&values.p_given, f32::to_le_bytes))
        .bytes(&encode(&values.margin, f32::to_le_bytes))
        .bytes(&encode(&values.el2n, f32::to_le_bytes))
        .bytes(&encode(&values.predicted, i32::to_le_bytes))
        .bytes(&encode(&values.best_other, i32::to_le_bytes));
}

/// Removes the records of what follows a position: in-flight ones of its epoch (counted from 0) and on,
/// and eval passes that it has not seen.
pub(crate) async fn delete_from(
    tx: &mut PgConnection,
    run: i64,
    position: Position,
) -> Result<(), StoreError> {
    // Eval passes follow every epoch, the first one's first, or the last one alone.
    sqlx::query!(
        "-- dynamics::delete_from
         delete from dynamics_chunks
         where run_id = $1 and ((source = 'in_flight' and epoch >= $2)
                                or (source = 'eval_pass' and epoch >= $3))",
        run,
        position.epoch as i32,
        position.evaluations as i32,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The records of one chunk of examples at one epoch.
#[derive(Debug, PartialEq)]
pub struct RecordChunk {
    /// Which chunk.
    pub chunk: i32,
    /// Epoch, counted from 0.
    pub epoch: i32,
    /// One value per example of the chunk and quantity.
    pub values: Record,
}

struct Row {
    chunk: i32,
    epoch: i32,
    loss: Vec<u8>,
    p_given: Vec<u8>,
    margin: Option<Vec<u8>>,
    el2n: Option<Vec<u8>>,
    predicted: Vec<u8>,
    best_other: Option<Vec<u8>>,
}

impl From<Row> for RecordChunk {
    fn from(row: Row) -> Self {
        let f32s = |bytes: &[u8]| Column::from(decode(bytes, f32::from_le_bytes));
        let i32s = |bytes: &[u8]| Column::from(decode(bytes, i32::from_le_bytes));
        let loss = f32s(&row.loss);
        let unseen = Record::unseen(loss.len());
        Self {
            chunk: row.chunk,
            epoch: row.epoch,
            values: Record {
                loss,
                p_given: f32s(&row.p_given),
                margin: row.margin.map_or(unseen.margin, |it| f32s(&it)),
                el2n: row.el2n.map_or(unseen.el2n, |it| f32s(&it)),
                predicted: i32s(&row.predicted),
                best_other: row.best_other.map_or(unseen.best_other, |it| i32s(&it)),
            },
        }
    }
}

/// Streams the records of a run from one source and from an epoch (counted from 0) on, chunk by chunk,
/// epochs ascending within.
pub fn stream(
    db: &Database,
    run: i64,
    source: LogitSource,
    from_epoch: u32,
) -> impl Stream<Item = Result<RecordChunk, StoreError>> + '_ {
    sqlx::query_as!(
        Row,
        "-- dynamics::stream
         select chunk, epoch, loss, p_given, margin, el2n, predicted, best_other
         from dynamics_chunks
         where run_id = $1 and source = $2 and epoch >= $3 and chunk >= 0
         order by chunk, epoch",
        run,
        word(source),
        from_epoch as i32,
    )
    .fetch(&db.pool)
    .map_ok(RecordChunk::from)
    .map_err(StoreError::from)
}

/// The losses of one chunk of examples at one epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct LossChunk {
    /// Which chunk.
    pub chunk: i32,
    /// Epoch, counted from 0.
    pub epoch: i32,
    /// One per example of the chunk.
    pub loss: Vec<f32>,
}

/// Streams the losses of a run from one source, chunk by chunk, epochs ascending within.
pub fn losses(
    db: &Database,
    run: i64,
    source: LogitSource,
) -> impl Stream<Item = Result<LossChunk, StoreError>> + '_ {
    sqlx::query!(
        "-- dynamics::losses
         select chunk, epoch, loss from dynamics_chunks
         where run_id = $1 and source = $2 and chunk >= 0 order by chunk, epoch",
        run,
        word(source),
    )
    .fetch(&db.pool)
    .map_ok(|row| LossChunk {
        chunk: row.chunk,
        epoch: row.epoch,
        loss: decode(&row.loss, f32::from_le_bytes),
    })
    .map_err(StoreError::from)
}

/// The records of all probes of a run, epochs ascending.
///
/// # Errors
/// When the database fails.
pub async fn of_probes(
    db: &Database,
    run: i64,
    source: LogitSource,
) -> Result<Vec<RecordChunk>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "-- dynamics::of_probes
         select chunk, epoch, loss, p_given, margin, el2n, predicted, best_other
         from dynamics_chunks where run_id = $1 and source = $2 and chunk = $3 order by epoch",
        run,
        word(source),
        PROBES,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows.into_iter().map(RecordChunk::from).collect())
}

/// The records of one example, each of that example alone, epochs ascending.
///
/// # Errors
/// When the database fails or a record is too short.
pub async fn of_example(
    db: &Database,
    run: i64,
    index: usize,
    source: LogitSource,
) -> Result<Vec<RecordChunk>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"-- dynamics::of_example
           select chunk, epoch, substring(loss from $3 for 4) as "loss!",
                  substring(p_given from $3 for 4) as "p_given!",
                  substring(margin from $3 for 4) as margin,
                  substring(el2n from $3 for 4) as el2n,
                  substring(predicted from $3 for 4) as "predicted!",
                  substring(best_other from $3 for 4) as best_other
           from dynamics_chunks
           where run_id = $1 and source = $2 and chunk = $4 order by epoch"#,
        run,
        word(source),
        (index % CHUNK_EXAMPLES * 4 + 1) as i32,
        (index / CHUNK_EXAMPLES) as i32,
    )
    .fetch_all(&db.pool)
    .await?;
    let records: Vec<RecordChunk> = rows.into_iter().map(RecordChunk::from).collect();
    if records.iter().all(|record| record.values.lengths_are(1)) {
        return Ok(records);
    }
    Err(StoreError::inconsistent(
        "dynamics_chunks",
        "loss",
        run,
        "too short",
    ))
}
