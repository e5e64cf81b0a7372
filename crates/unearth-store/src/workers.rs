//! Worker processes and their signs of life.

use crate::{Database, StoreError, WORK_CHANNEL};
use serde::Serialize;
use sqlx::types::Json;
use time::OffsetDateTime;
use unearth_audit::{DeviceInfo, Environment, ModelPace};
use uuid::Uuid;

/// A worker process.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Worker {
    /// Identity of the process.
    pub id: Uuid,
    /// `host:pid`.
    pub name: String,
    /// Device, versions, threads.
    pub environment: Environment,
    /// What CUDA looks like there.
    pub devices: DeviceInfo,
    /// How fast the models are there, as far as that was measured.
    pub paces: Vec<ModelPace>,
    /// Last sign of life.
    #[serde(with = "time::serde::rfc3339")]
    pub heartbeat_at: OffsetDateTime,
}

/// Signs a worker on, or renews its sign of life.
///
/// # Errors
/// When the database fails.
pub async fn heartbeat(db: &Database, worker: &Worker) -> Result<(), StoreError> {
    sqlx::query!(
        "-- workers::heartbeat
         insert into workers (id, name, environment, devices, paces, started_at, heartbeat_at)
         values ($1, $2, $3, $4, $5, $6, $6)
         on conflict (id) do update
         set heartbeat_at = excluded.heartbeat_at, paces = excluded.paces",
        worker.id,
        worker.name,
        Json(&worker.environment) as _,
        Json(&worker.devices) as _,
        Json(&worker.paces) as _,
        worker.heartbeat_at,
    )
    .execute(&db.pool)
    .await?;
    Ok(())
}

/// Workers heard of since `since`, newest first.
///
/// # Errors
/// When the database fails.
pub async fn alive(db: &Database, since: OffsetDateTime) -> Result<Vec<Worker>, StoreError> {
    let rows = sqlx::query!(
        r#"-- workers::alive
           select id, name, environment as "environment: Json<Environment>",
                  devices as "devices: Json<DeviceInfo>",
                  paces as "paces: Json<Vec<ModelPace>>", heartbeat_at
           from workers where heartbeat_at >= $1 order by started_at desc, id"#,
        since,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Worker {
            id: row.id,
            name: row.name,
            environment: row.environment.0,
            devices: row.devices.0,
            paces: row.paces.0,
            heartbeat_at: row.heartbeat_at,
        })
        .collect())
}

/// Signs a worker off and hands everything it had leased back at once: called by the worker on
/// its way out, and by its supervisor when the process died. Returns how many leases there were.
///
/// # Errors
/// When the database fails.
pub async fn retire(db: &Database, id: Uuid, now: OffsetDateTime) -> Result<u64, StoreError> {
    let mut tx = db.begin().await?;
    let datasets = sqlx::query!(
        "-- workers::retire (datasets)
         update datasets set lease_expires_at = $2
         where lease_worker = $1 and state = 'validating' and lease_expires_at > $2",
        id,
        now,
    )
    .execute(&mut *tx)
    .await?
    .rows_affected();
    let score_sets = sqlx::query!(
        "-- workers::retire (score sets)
         update score_sets set lease_expires_at = $2
         where lease_worker = $1 and state = 'queued' and lease_expires_at > $2",
        id,
        now,
    )
    .execute(&mut *tx)
    .await?
    .rows_affected();
    let runs = sqlx::query!(
        "-- workers::retire (runs)
         update runs set lease_expires_at = $2, run_after = $2
         where lease_worker = $1 and state = 'running' and lease_expires_at > $2",
        id,
        now,
    )
    .execute(&mut *tx)
    .await?
    .rows_affected();
    sqlx::query!(
        "-- workers::retire
         delete from workers where id = $1",
        id
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "-- workers::retire (wake)
         select pg_notify($1, '')",
        WORK_CHANNEL
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(runs + datasets + score_sets)
}

/// Forgets workers not heard of since `before`.
///
/// # Errors
/// When the database fails.
pub async fn forget(db: &Database, before: OffsetDateTime) -> Result<(), StoreError> {
    sqlx::query!(
        "-- workers::forget
         delete from workers where heartbeat_at < $1",
        before
    )
    .execute(&db.pool)
    .await?;
    Ok(())
}
