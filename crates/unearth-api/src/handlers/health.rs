//! Whether the server lives and can work.

use crate::{
    App,
    problem::{Problem, chain},
    view::vitals::exposed,
};
use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use std::time::Duration;
use time::OffsetDateTime;
use unearth_audit::{CudaState, ModelPace};
use unearth_store::{Schema, StoreError, vitals, workers};
use utoipa::ToSchema;

/// Whether the process lives.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `ok`.
    status: &'static str,
}

/// Whether requests can be answered, and by whom audits are run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// `ready` or `unavailable`.
    status: &'static str,
    /// `ok`, `not-migrated`, `newer-schema` or `away`.
    database: &'static str,
    /// Workers heard of in the last minute.
    workers: Vec<WorkerView>,
}

/// A worker process.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Worker)]
pub(crate) struct WorkerView {
    /// `host:pid`.
    name: String,
    /// What it trains on: `cpu` or `cuda:0`.
    device: String,
    /// What CUDA looks like there: `no_libraries`, `no_device` or `devices`.
    cuda: &'static str,
    /// How fast the models are there, measured while it had nothing to do.
    paces: Vec<ModelPace>,
    /// Last sign of life.
    #[serde(with = "time::serde::rfc3339")]
    heartbeat_at: OffsetDateTime,
}

impl From<workers::Worker> for WorkerView {
    fn from(worker: workers::Worker) -> Self {
        Self {
            name: worker.name,
            device: worker.environment.device,
            cuda: match worker.devices.cuda {
                CudaState::NoLibraries(_) => "no_libraries",
                CudaState::NoDevice(_) => "no_device",
                CudaState::Devices => "devices",
            },
            paces: worker.paces,
            heartbeat_at: worker.heartbeat_at,
        }
    }
}

/// Says that the process lives.
#[utoipa::path(get, path = "/healthz", tag = "server", responses((status = 200, body = Health)))]
pub(crate) async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Says whether the database answers and which workers are there.
#[utoipa::path(
    get, path = "/readyz", tag = "server",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness))
)]
pub(crate) async fn readyz(State(app): State<App>) -> (StatusCode, Json<Readiness>) {
    const PATIENCE: Duration = Duration::from_secs(2);
    let looked = tokio::time::timeout(PATIENCE, look(&app)).await;
    let (status, database, workers) = match looked {
        Ok(Ok((Schema::Current, workers))) => (StatusCode::OK, "ok", workers),
        Ok(Ok((Schema::Older, _))) => (StatusCode::SERVICE_UNAVAILABLE, "not-migrated", Vec::new()),
        Ok(Ok((Schema::Newer(newer), _))) => {
            tracing::error!(error = %newer, "the database is another program's");
            (StatusCode::SERVICE_UNAVAILABLE, "newer-schema", Vec::new())
        }
        Ok(Err(error)) => {
            tracing::warn!(error = chain(&error), "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "away", Vec::new())
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "away", Vec::new()),
    };
    let word = if status == StatusCode::OK {
        "ready"
    } else {
        "unavailable"
    };
    let workers = workers.into_iter().map(WorkerView::from).collect();
    (
        status,
        Json(Readiness {
            status: word,
            database,
            workers,
        }),
    )
}

async fn look(app: &App) -> Result<(Schema, Vec<workers::Worker>), StoreError> {
    let schema = app.db.schema().await?;
    if schema != Schema::Current {
        return Ok((schema, Vec::new()));
    }
    Ok((schema, alive(app).await?))
}

/// Workers that were heard of in the last minute.
pub(super) async fn alive(app: &App) -> Result<Vec<workers::Worker>, StoreError> {
    let since = (app.now)() - time::Duration::MINUTE;
    workers::alive(&app.db, since).await
}

/// Shows counters and timings for Prometheus.
#[utoipa::path(
    get, path = "/metrics", tag = "server", security(("token" = ["viewer"])),
    responses((status = 200, body = String, content_type = "text/plain"))
)]
pub(crate) async fn metrics(State(app): State<App>) -> Result<String, Problem> {
    let vitals = vitals::read(&app.db, (app.now)()).await?;
    app.metrics.run_upkeep();
    Ok(app.metrics.render() + &exposed(&vitals))
}
