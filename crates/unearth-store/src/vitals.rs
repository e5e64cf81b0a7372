//! How the service as a whole is doing: what one would be woken up for.

use crate::{Database, StoreError};
use time::{Duration, OffsetDateTime};

/// Numbers over everything in the database.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vitals {
    /// Runs that wait for a worker.
    pub queued: i64,
    /// How long the first of them has waited, seconds; 0 where none does.
    pub queue_age_seconds: f64,
    /// Runs that a worker holds.
    pub running: i64,
    /// Of these, those whose worker has gone silent.
    pub expired: i64,
    /// How often a worker went silent and another took its run over.
    pub lease_expiries: i64,
    /// Runs that failed.
    pub failed: i64,
    /// Examples that all workers train on or sweep over in a second.
    pub examples_per_second: f64,
    /// Workers heard of in the last minute.
    pub workers: i64,
    /// Uploads that wait for validation.
    pub datasets_waiting: i64,
    /// Size of the database on disk.
    pub database_bytes: i64,
}

/// Reads them.
///
/// # Errors
/// When the database fails.
pub async fn read(db: &Database, now: OffsetDateTime) -> Result<Vitals, StoreError> {
    let vitals = sqlx::query_as!(
        Vitals,
        r#"-- vitals::read
           select count(*) filter (where state = 'queued' and run_after <= $1) as "queued!",
                  coalesce(extract(epoch from $1 - min(greatest(run_after, created_at))
                           filter (where state = 'queued' and run_after <= $1)), 0)::float8
                      as "queue_age_seconds!",
                  count(*) filter (where state = 'running') as "running!",
                  count(*) filter (where state = 'running' and lease_expires_at <= $1) as "expired!",
                  coalesce(sum(lease_expiries), 0)::bigint as "lease_expiries!",
                  count(*) filter (where state = 'failed') as "failed!",
                  coalesce(sum((progress ->> 'examples_per_second')::float8)
                           filter (where state = 'running' and lease_expires_at > $1), 0)
                      as "examples_per_second!",
                  (select count(*) from workers where workers.heartbeat_at >= $2) as "workers!",
                  (select count(*) from datasets where state = 'validating') as "datasets_waiting!",
                  pg_database_size(current_database()) as "database_bytes!"
           from runs"#,
        now,
        now - Duration::MINUTE,
    )
    .fetch_one(&db.pool)
    .await?;
    Ok(vitals)
}
