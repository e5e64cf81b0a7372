//! What the models of populations predict: a class per example and model.

use crate::{Database, StoreError, copy::BinaryCopy, runs, runs::ClaimedRun};
use sqlx::PgConnection;
use std::ops::Range;
use unearth_audit::{Level, Member, chunk_count, chunk_range};
use uuid::Uuid;

/// Stores what a run's model predicts as a model of `level`, in index order; what is there already is
/// replaced.
///
/// # Errors
/// [`StoreError::LeaseLost`] with nothing written, a class that is none of the first 65,536, or the database
/// fails.
pub async fn store(
    db: &Database,
    run: &ClaimedRun,
    level: Level,
    predicted: &[i32],
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    runs::check(&mut tx, run).await?;
    sqlx::query!(
        "-- predictions::store (replace)
         delete from predictions where run_id = $1 and level = $2",
        run.id,
        level.to_string(),
    )
    .execute(&mut *tx)
    .await?;
    copy_in(&mut tx, run.id, level, predicted).await?;
    runs::fence(&mut tx, run).await?;
    tx.commit().await?;
    Ok(())
}

async fn copy_in(
    connection: &mut PgConnection,
    run: i64,
    level: Level,
    predicted: &[i32],
) -> Result<(), StoreError> {
    let level = level.to_string();
    let mut copy = BinaryCopy::begin(
        connection,
        "copy predictions (run_id, level, chunk, classes) from stdin (format binary)",
    )
    .await?;
    for chunk in 0..chunk_count(predicted.len()) {
        let classes = &predicted[chunk_range(chunk, predicted.len())];
        copy.row(4)
            .i64(run)
            .bytes(level.as_bytes())
            .i32(chunk as i32)
            .bytes(&encode(run, classes)?);
        copy.flush_if_full().await?;
    }
    copy.finish().await?;
    Ok(())
}

fn encode(run: i64, classes: &[i32]) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::with_capacity(classes.len() * 2);
    for &class in classes {
        let class = u16::try_from(class).map_err(|_| {
            let detail = format!("cannot hold the class {class}");
            StoreError::inconsistent("predictions", "classes", run, detail)
        })?;
        bytes.extend(class.to_le_bytes());
    }
    Ok(bytes)
}

/// What one model predicts for one chunk of examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassesOfChunk {
    /// Which chunk.
    pub chunk: usize,
    /// Which model: of its own population, or of a quantised one.
    pub member: Member,
    /// Predicted class of each example of the chunk.
    pub classes: Vec<u16>,
}

/// What the models of two populations with a number below `numbers` predict for some chunks, chunk by chunk.
///
/// # Errors
/// When the database fails or a row is inconsistent.
pub async fn of_chunks(
    db: &Database,
    audit: Uuid,
    levels: [Level; 2],
    numbers: u32,
    chunks: Range<usize>,
) -> Result<Vec<ClassesOfChunk>, StoreError> {
    let rows = sqlx::query!(
        r#"-- predictions::of_chunks
           select run_id, predictions.level, member as "member!", chunk, classes
           from predictions join runs on runs.id = run_id
           where audit_id = $1 and predictions.level = any($2) and member < $3
             and chunk >= $4 and chunk < $5
           order by chunk, ordinal"#,
        audit,
        &levels.map(|level| level.to_string()),
        numbers as i32,
        chunks.start as i32,
        chunks.end as i32,
    )
    .fetch_all(&db.pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let level = row.level.parse().map_err(|detail: String| {
                StoreError::inconsistent("predictions", "level", row.run_id, detail)
            })?;
            let pairs = row.classes.as_chunks::<2>().0.iter();
            Ok(ClassesOfChunk {
                chunk: row.chunk as usize,
                member: Member {
                    level,
                    number: row.member as u32,
                },
                classes: pairs.map(|&two| u16::from_le_bytes(two)).collect(),
            })
        })
        .collect()
}

/// The models whose predictions are complete, in their order. Those of a quantised population are rounded
/// from the run of the same number.
///
/// # Errors
/// When the database fails or a row is inconsistent.
pub async fn members(db: &Database, audit: Uuid) -> Result<Vec<Member>, StoreError> {
    let rows = sqlx::query!(
        r#"-- predictions::members
           select runs.id, predicted.level as "level!", member as "member!"
           from runs
           cross join lateral (
               select level from predictions where run_id = runs.id and chunk = 0
           ) predicted
           where audit_id = $1 and outcome is not null and member is not null
           order by ordinal, predicted.level"#,
        audit,
    )
    .fetch_all(&db.pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let level = row.level.parse().map_err(|detail: String| {
                StoreError::inconsistent("predictions", "level", row.id, detail)
            })?;
            Ok(Member {
                level,
                number: row.member as u32,
            })
        })
        .collect()
}
