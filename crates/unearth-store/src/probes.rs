//! The rows that a run trains on beside the examples.

use crate::{Database, StoreError, copy::BinaryCopy, runs, runs::ClaimedRun};

/// A probe; its position in the list is its index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
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
    let mut tx = db.pool.begin().await?;
    sqlx::query!(
        "-- probes::store (replace)
         delete from probes where run_id = $1",
        run.id,
    )
    .execute(&mut *tx)
    .await?;
    let mut copy = BinaryCopy::begin(
        &mut tx,
        "copy probes (run_id, index, suite, label, source_index) from stdin (format binary)",
    )
    .await?;
    for (index, probe) in (0..).zip(probes) {
        copy.row(5)
            .i64(run.id)
            .i32(index)
            .bytes(probe.suite.as_bytes())
            .i32(probe.label)
            .optional_i32(probe.source.map(|source| source as i32));
        copy.flush_if_full().await?;
    }
    copy.finish().await?;
    runs::fence(&mut tx, run).await?;
    tx.commit().await?;
    Ok(())
}

/// The probes of a run, in their order.
///
/// # Errors
/// When the database fails.
pub async fn of_run(db: &Database, run: i64) -> Result<Vec<Probe>, StoreError> {
    let rows = sqlx::query!(
        "-- probes::of_run
         select suite, label, source_index from probes where run_id = $1 order by index",
        run,
    )
    .fetch_all(&db.pool)
    .await?;
    let probes = rows.into_iter().map(|row| Probe {
        suite: row.suite,
        label: row.label,
        source: row.source_index.map(|source| source as u32),
    });
    Ok(probes.collect())
}
