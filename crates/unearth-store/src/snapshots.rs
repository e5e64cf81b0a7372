//! Gradient maps of a run: one partition per run, one row per chunk and checkpoint.

use crate::{Database, StoreError, copy::BinaryCopy, events, runs, runs::ClaimedRun};
use futures::{Stream, StreamExt, TryStreamExt};
use sqlx::PgConnection;
use time::OffsetDateTime;
use unearth_audit::{CHUNK_EXAMPLES, Event, MapChunk};

/// A stored chunk of maps.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredMaps {
    /// Which chunk of examples.
    pub chunk: i32,
    /// Position in the recipe's checkpoint list.
    pub checkpoint: i32,
    /// One little-endian f32 per map.
    pub scales: Vec<u8>,
    /// `[m, height, width]` little-endian f16.
    pub maps: Vec<u8>,
}

fn partition_name(run: i64) -> String {
    format!("snapshot_chunks_run_{run}")
}

/// Makes the run's partition. Made apart and attached, so that readers of other runs do not wait.
pub(crate) async fn ensure_partition(db: &Database, run: i64) -> Result<(), StoreError> {
    let name = partition_name(run);
    let attached: bool = sqlx::query_scalar!(
        r#"-- snapshots::ensure_partition (look)
           select exists (
               select 1 from pg_inherits
               where inhrelid = to_regclass($1) and inhparent = 'snapshot_chunks'::regclass
           ) as "attached!""#,
        name,
    )
    .fetch_one(&db.pool)
    .await?;
    if attached {
        return Ok(());
    }
    make_partition(&mut *db.pool.acquire().await?, run).await
}

async fn make_partition(connection: &mut PgConnection, run: i64) -> Result<(), StoreError> {
    let name = partition_name(run);
    let statement = format!(
        "-- snapshots::make_partition
         create table if not exists {name} (
             like snapshot_chunks including defaults including storage including comments,
             check (run_id = {run})
         );
         alter table snapshot_chunks attach partition {name} for values in ({run});
         alter table {name} drop constraint {name}_run_id_check;"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
        .execute(connection)
        .await?;
    Ok(())
}

/// Makes the partitions of all runs that keep maps, where there are none yet.
pub(crate) async fn make_partitions(connection: &mut PgConnection) -> Result<(), StoreError> {
    let runs = sqlx::query_scalar!(
        "-- snapshots::make_partitions
         select id from runs where keeps_maps and maps_dropped_at is null order by id"
    )
    .fetch_all(&mut *connection)
    .await?;
    for run in runs {
        make_partition(connection, run).await?;
    }
    Ok(())
}

/// Drops the partitions of runs that are gone or have given their maps up; their space returns to the file system.
///
/// Readers and writers of other runs go on meanwhile. Postgres detaches a partition only once
/// nobody is in the middle of reading or writing the table, and a gradient sweep writes for as long as it
/// takes: what cannot be had within a second is left, half done, to the next call.
///
/// # Errors
/// When the database fails.
pub async fn drop_orphans(db: &Database) -> Result<(), StoreError> {
    let mut connection = db.pool.acquire().await?;
    // Its end releases lock and setting, also when this future is dropped half way.
    connection.close_on_drop();
    match drop_each_orphan(&mut connection).await {
        Err(StoreError::Database(error)) if is_lock_timeout(&error) => {
            tracing::info!("partitions that nobody keeps are in use; they will be dropped later");
            Ok(())
        }
        outcome => outcome,
    }
}

fn is_lock_timeout(error: &sqlx::Error) -> bool {
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    error
        .as_database_error()
        .is_some_and(|error| error.code().as_deref() == Some(LOCK_NOT_AVAILABLE))
}

async fn drop_each_orphan(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!(
        "-- snapshots::drop_orphans (do not wait long)
         set lock_timeout = '1s'"
    )
    .execute(&mut *connection)
    .await?;
    // Postgres detaches one partition of a table at a time and refuses a second.
    sqlx::query!(
        "-- snapshots::drop_orphans (one at a time)
         select pg_advisory_lock(hashtext('unearth: drop partitions'))"
    )
    .execute(&mut *connection)
    .await?;
    let orphans = sqlx::query!(
        r#"-- snapshots::drop_orphans
           select relname as "name!", inhdetachpending as "detaching?"
           from pg_class
           left join pg_inherits on inhrelid = pg_class.oid
                                and inhparent = 'snapshot_chunks'::regclass
           where relkind = 'r' and relname ~ '^snapshot_chunks_run_[0-9]+$'
             and relnamespace = (select parent.relnamespace from pg_class parent
                                 where parent.oid = 'snapshot_chunks'::regclass)
             and not exists (select 1 from runs
                             where relname = 'snapshot_chunks_run_' || runs.id
                               and runs.maps_dropped_at is null)
           order by inhdetachpending desc nulls last"#,
    )
    .fetch_all(&mut *connection)
    .await?;
    for orphan in orphans {
        let name = orphan.name;
        // Begun and not finished, a detachment stands in the way of all others; hence the order.
        let how = match orphan.detaching {
            Some(true) => Some("finalize"),
            Some(false) => Some("concurrently"),
            None => None,
        };
        if let Some(how) = how {
            let detach = format!("alter table snapshot_chunks detach partition {name} {how}");
            // CONCURRENTLY refuses a transaction, and a simple query of one statement has none.
            sqlx::raw_sql(sqlx::AssertSqlSafe(detach))
                .execute(&mut *connection)
                .await?;
        }
        let drop = format!("drop table if exists {name}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(drop))
            .execute(&mut *connection)
            .await?;
    }
    // The end of the connection would do the same, in the background: whoever comes next might wait in vain.
    sqlx::query_scalar!(
        "-- snapshots::drop_orphans (done)
         select pg_advisory_unlock(hashtext('unearth: drop partitions'))"
    )
    .fetch_one(&mut *connection)
    .await?;
    Ok(())
}

/// Removes checkpoints from position `checkpoint` on: work that will be repeated.
pub(crate) async fn delete_from(
    tx: &mut PgConnection,
    run: i64,
    checkpoint: i32,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- snapshots::delete_from (chunks)
         delete from snapshot_chunks where run_id = $1 and checkpoint >= $2",
        run,
        checkpoint,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "-- snapshots::delete_from
         delete from snapshots where run_id = $1 and checkpoint >= $2",
        run,
        checkpoint,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Stores one whole checkpoint from a stream of its chunks, with its completion marker and
/// event: all of it appears at the commit, or nothing does.
///
/// COPY cannot be fenced by a WHERE, so the fence comes after it in the same transaction.
///
/// # Errors
/// [`StoreError::LeaseLost`] with nothing written; [`StoreError::Inconsistent`] when the stream
/// ends before the last chunk; or the database fails.
pub async fn store_checkpoint(
    db: &Database,
    run: &ClaimedRun,
    checkpoint: u32,
    examples: usize,
    mut chunks: impl Stream<Item = MapChunk> + Unpin,
    now: impl Fn() -> OffsetDateTime,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    runs::check(&mut tx, run).await?;
    let mut copy = BinaryCopy::begin(&mut tx, COPY_IN).await?;
    let mut expected = 0;
    while let Some(chunk) = chunks.next().await {
        if chunk.chunk != expected || chunk.checkpoint != checkpoint {
            return Err(out_of_order(run, checkpoint, &chunk, expected));
        }
        expected += 1;
        append(&mut copy, run.id, &chunk).await?;
    }
    if expected as usize != unearth_audit::chunk_count(examples) {
        let detail = format!("checkpoint {checkpoint} ended after {expected} chunks");
        return Err(StoreError::inconsistent(
            "snapshot_chunks",
            "chunk",
            run.id,
            detail,
        ));
    }
    copy.finish().await?;
    let epoch = run.shape.checkpoints[checkpoint as usize];
    let at = now();
    sqlx::query!(
        "-- snapshots::store_checkpoint
         insert into snapshots (run_id, checkpoint, epoch, completed_at) values ($1, $2, $3, $4)",
        run.id,
        checkpoint as i32,
        epoch as i32,
        at,
    )
    .execute(&mut *tx)
    .await?;
    let event = Event::Checkpoint {
        role: run.role,
        checkpoint: checkpoint + 1,
        checkpoints: run.shape.checkpoints.len() as u32,
        epoch,
    };
    runs::fence(&mut tx, run).await?;
    events::append(&mut tx, run.audit_id, &event, at).await?;
    tx.commit().await?;
    Ok(())
}

const COPY_IN: &str =
    "copy snapshot_chunks (run_id, chunk, checkpoint, scales, maps) from stdin (format binary)";

async fn append(copy: &mut BinaryCopy<'_>, run: i64, chunk: &MapChunk) -> Result<(), StoreError> {
    let scales: Vec<u8> = chunk
        .scales
        .iter()
        .flat_map(|scale| scale.to_le_bytes())
        .collect();
    copy.row(5)
        .i64(run)
        .i32(chunk.chunk as i32)
        .i32(chunk.checkpoint as i32)
        .bytes(&scales)
        .large_bytes(&chunk.maps)
        .await
}

fn out_of_order(run: &ClaimedRun, checkpoint: u32, chunk: &MapChunk, expected: u32) -> StoreError {
    let detail = format!(
        "expected chunk {expected} of checkpoint {checkpoint}, got chunk {} of checkpoint {}",
        chunk.chunk, chunk.checkpoint
    );
    StoreError::inconsistent("snapshot_chunks", "chunk", run.id, detail)
}

/// Epochs of the complete checkpoints of a run, by position.
///
/// # Errors
/// When the database fails.
pub async fn complete(db: &Database, run: i64) -> Result<Vec<(i32, i32)>, StoreError> {
    let rows = sqlx::query!(
        "-- snapshots::complete
         select checkpoint, epoch from snapshots where run_id = $1 order by checkpoint",
        run
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.checkpoint, row.epoch))
        .collect())
}

/// Streams the maps of a run at some checkpoints, chunk by chunk, checkpoints ascending within.
pub fn stream<'s>(
    db: &'s Database,
    run: i64,
    checkpoints: &'s [i32],
) -> impl Stream<Item = Result<StoredMaps, StoreError>> + 's {
    sqlx::query_as!(
        StoredMaps,
        "-- snapshots::stream
         select chunk, checkpoint, scales, maps from snapshot_chunks
         where run_id = $1 and checkpoint = any($2) order by chunk, checkpoint",
        run,
        checkpoints,
    )
    .fetch(&db.pool)
    .map_err(StoreError::from)
}

/// The maps of one example at every complete checkpoint: scale and `map_bytes` bytes of f16.
///
/// # Errors
/// When the database fails.
pub async fn of_example(
    db: &Database,
    run: i64,
    index: usize,
    map_bytes: usize,
) -> Result<Vec<ExampleMap>, StoreError> {
    let within = index % CHUNK_EXAMPLES;
    let rows = sqlx::query!(
        r#"-- snapshots::of_example
           select chunks.checkpoint, snapshots.epoch,
                  substring(scales from $3 for 4) as "scale!",
                  substring(maps from $4 for $5) as "map!"
           from snapshot_chunks chunks
           join snapshots on snapshots.run_id = chunks.run_id
                         and snapshots.checkpoint = chunks.checkpoint
           where chunks.run_id = $1 and chunks.chunk = $2 order by chunks.checkpoint"#,
        run,
        (index / CHUNK_EXAMPLES) as i32,
        (within * 4 + 1) as i32,
        (within * map_bytes + 1) as i32,
        map_bytes as i32,
    )
    .fetch_all(&db.pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let scale = row.scale.try_into().map_err(|_| {
                StoreError::inconsistent("snapshot_chunks", "scales", run, "too short")
            })?;
            Ok(ExampleMap {
                checkpoint: row.checkpoint,
                epoch: row.epoch,
                scale: f32::from_le_bytes(scale),
                map: row.map,
            })
        })
        .collect()
}

/// One example's map at one checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct ExampleMap {
    /// Position in the recipe's checkpoint list.
    pub checkpoint: i32,
    /// Epoch after which it was taken, counted from 1.
    pub epoch: i32,
    /// Pixel = stored · scale.
    pub scale: f32,
    /// `[height, width]` little-endian f16.
    pub map: Vec<u8>,
}
