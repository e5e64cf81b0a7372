//! The rows that a run trains on beside the examples.

use crate::{Database, StoreError, copy::BinaryCopy, runs, runs::ClaimedRun};
use sqlx::PgConnection;
use uuid::Uuid;

/// A probe; its position in the list is its index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The key that its user gave it; none of those that we make.
    pub key: Option<String>,
    /// Of which kind it is.
    pub suite: String,
    /// Under which label it is trained.
    pub label: i32,
    /// The example it was made from.
    pub source: Option<u32>,
}

/// Stores the probes of a run; those that are there already are replaced.
///
/// # Errors
/// [`StoreError::LeaseLost`] with nothing written, or the database fails.
pub async fn store(db: &Database, run: &ClaimedRun, probes: &[Probe]) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    sqlx::query!(
        "-- probes::store (replace)
         delete from probes where run_id = $1",
        run.id,
    )
    .execute(&mut *tx)
    .await?;
    copy_in(&mut tx, run.id, probes).await?;
    runs::fence(&mut tx, run).await?;
    tx.commit().await?;
    Ok(())
}

pub(crate) async fn copy_in(
    connection: &mut PgConnection,
    run: i64,
    probes: &[Probe],
) -> Result<(), StoreError> {
    let mut copy = BinaryCopy::begin(
        connection,
        "copy probes (run_id, index, key, suite, label, source_index) from stdin (format binary)",
    )
    .await?;
    for (index, probe) in (0..).zip(probes) {
        copy.row(6)
            .i64(run)
            .i32(index)
            .optional_text(probe.key.as_deref())
            .bytes(probe.suite.as_bytes())
            .i32(probe.label)
            .optional_i32(probe.source.map(|source| source as i32));
        copy.flush_if_full().await?;
    }
    copy.finish().await?;
    Ok(())
}

/// The probes of a run, in their order.
///
/// # Errors
/// When the database fails.
pub async fn of_run(db: &Database, run: i64) -> Result<Vec<Probe>, StoreError> {
    let rows = sqlx::query!(
        "-- probes::of_run
         select key, suite, label, source_index from probes where run_id = $1 order by index",
        run,
    )
    .fetch_all(&db.pool)
    .await?;
    let probes = rows.into_iter().map(|row| Probe {
        key: row.key,
        suite: row.suite,
        label: row.label,
        source: row.source_index.map(|source| source as u32),
    });
    Ok(probes.collect())
}

/// The probes of an external audit, in their order.
///
/// # Errors
/// When the database fails.
pub async fn of_external(db: &Database, audit: Uuid) -> Result<Vec<Probe>, StoreError> {
    let run = sqlx::query_scalar!(
        "-- probes::of_external
         select id from runs where audit_id = $1 and ordinal = 0",
        audit,
    )
    .fetch_optional(&db.pool)
    .await?;
    match run {
        Some(run) => of_run(db, run).await,
        None => Ok(vec![]),
    }
}
