//! Batches read to be put in the order of the dataset, and forgotten when they are.

use super::indices_of;
use crate::{Database, StoreError, little_endian::decode, runs, runs::ClaimedRun, snapshots};
use futures::{Stream, TryStreamExt as _};
use sqlx::PgConnection;

/// A stored batch of records; what was not posted is none.
#[derive(Debug, Clone, PartialEq)]
pub struct PostedRecords {
    /// Examples, ascending.
    pub indices: Vec<u32>,
    /// Cross-entropy of the given label.
    pub loss: Option<Vec<f32>>,
    /// Probability of the given label.
    pub p_given: Option<Vec<f32>>,
    /// Margin.
    pub margin: Option<Vec<f32>>,
    /// EL2N.
    pub el2n: Option<Vec<f32>>,
    /// Predicted label.
    pub predicted: Option<Vec<i32>>,
    /// Best other label.
    pub best_other: Option<Vec<i32>>,
}

/// Makes room for the run's maps.
///
/// # Errors
/// When the database fails.
pub async fn prepare(db: &Database, run: &ClaimedRun) -> Result<(), StoreError> {
    if run.keeps_maps {
        snapshots::ensure_partition(db, run.id).await?;
    }
    Ok(())
}

/// The batches of records of a run at an epoch, counted from 0.
pub fn records(
    db: &Database,
    run: i64,
    epoch: u32,
) -> impl Stream<Item = Result<PostedRecords, StoreError>> + '_ {
    sqlx::query!(
        "-- external::records
         select examples, first_index, indices, loss, p_given, margin, el2n, predicted, best_other
         from posted_records where run_id = $1 and epoch = $2 order by first_index",
        run,
        epoch as i32,
    )
    .fetch(&db.pool)
    .map_ok(|row| PostedRecords {
        indices: indices_of(row.first_index, row.examples, row.indices.as_deref()),
        loss: floats(row.loss),
        p_given: floats(row.p_given),
        margin: floats(row.margin),
        el2n: floats(row.el2n),
        predicted: classes(row.predicted),
        best_other: classes(row.best_other),
    })
    .map_err(StoreError::from)
}

/// Where the maps of a batch belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapPlace {
    /// Number of the batch.
    pub chunk: u32,
    /// Examples of its maps, ascending.
    pub indices: Vec<u32>,
}

/// Which maps are in which batch of a run at a checkpoint.
pub fn places(
    db: &Database,
    run: i64,
    checkpoint: u32,
) -> impl Stream<Item = Result<MapPlace, StoreError>> + '_ {
    let rows = sqlx::query!(
        "-- external::places
         select chunk, examples, first_index, indices
         from posted_maps where run_id = $1 and checkpoint = $2 order by first_index",
        run,
        checkpoint as i32,
    )
    .fetch(&db.pool);
    let places = rows.map_ok(|row| MapPlace {
        chunk: row.chunk as u32,
        indices: indices_of(row.first_index, row.examples, row.indices.as_deref()),
    });
    places.map_err(StoreError::from)
}

/// Maps that follow one another in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Number of the batch.
    pub chunk: u32,
    /// The first of them within the batch.
    pub from: u32,
    /// How many.
    pub count: u32,
}

/// Scales (little-endian f32) and maps of stretches at a checkpoint, one after the other.
///
/// # Errors
/// When the database fails, or a batch is shorter than that.
pub async fn maps(
    db: &Database,
    run: i64,
    checkpoint: u32,
    stretches: &[Stretch],
    map_bytes: usize,
) -> Result<(Vec<u8>, Vec<u8>), StoreError> {
    let numbers = |of: fn(&Stretch) -> u32| -> Vec<i32> {
        stretches.iter().map(|stretch| of(stretch) as i32).collect()
    };
    let rows = sqlx::query!(
        r#"-- external::maps
           select substring(scales from "from" * 4 + 1 for count * 4) as "scales!",
                  substring(maps from "from" * $6 + 1 for count * $6) as "maps!"
           from unnest($3::int[], $4::int[], $5::int[]) with ordinality
                as wanted (chunk, "from", count, at)
           join posted_maps on run_id = $1 and checkpoint = $2 and posted_maps.chunk = wanted.chunk
           order by at"#,
        run,
        checkpoint as i32,
        &numbers(|stretch| stretch.chunk),
        &numbers(|stretch| stretch.from),
        &numbers(|stretch| stretch.count),
        map_bytes as i32,
    )
    .fetch_all(&db.pool)
    .await?;
    let (mut scales, mut maps) = (Vec::new(), Vec::new());
    for row in rows {
        scales.extend(row.scales);
        maps.extend(row.maps);
    }
    let count: usize = stretches.iter().map(|stretch| stretch.count as usize).sum();
    if scales.len() != count * 4 || maps.len() != count * map_bytes {
        let detail = format!("checkpoint {checkpoint} holds too few maps");
        return Err(StoreError::inconsistent("posted_maps", "maps", run, detail));
    }
    Ok((scales, maps))
}

/// Forgets the batches of an epoch that is in order.
///
/// # Errors
/// [`StoreError::LeaseLost`] with nothing removed, or the database fails.
pub async fn forget_records(db: &Database, run: &ClaimedRun, epoch: u32) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    runs::fence(&mut tx, run).await?;
    let forgotten = sqlx::query!(
        "-- external::forget_records
         delete from posted_records where run_id = $1 and epoch = $2",
        run.id,
        epoch as i32,
    )
    .execute(&mut *tx)
    .await?;
    if forgotten.rows_affected() > 0 {
        note_progress(&mut tx, run).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Forgets the batches of a checkpoint that is in order.
///
/// # Errors
/// [`StoreError::LeaseLost`] with nothing removed, or the database fails.
pub async fn forget_maps(
    db: &Database,
    run: &ClaimedRun,
    checkpoint: u32,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    runs::fence(&mut tx, run).await?;
    let forgotten = sqlx::query!(
        "-- external::forget_maps
         delete from posted_maps where run_id = $1 and checkpoint = $2",
        run.id,
        checkpoint as i32,
    )
    .execute(&mut *tx)
    .await?;
    if forgotten.rows_affected() > 0 {
        note_progress(&mut tx, run).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// What is in order stays so: an attempt that ends after this was not fruitless.
async fn note_progress(connection: &mut PgConnection, run: &ClaimedRun) -> Result<(), StoreError> {
    sqlx::query!(
        "-- external::note_progress
         update runs set fruitless_attempts = 0 where id = $1",
        run.id,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn floats(bytes: Option<Vec<u8>>) -> Option<Vec<f32>> {
    bytes.map(|bytes| decode(&bytes, f32::from_le_bytes))
}

fn classes(bytes: Option<Vec<u8>>) -> Option<Vec<i32>> {
    bytes.map(|bytes| decode(&bytes, i32::from_le_bytes))
}
