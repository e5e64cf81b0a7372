//! Whether the server lives and can work.

use crate::{
    App,
    problem::{Problem, chain},
};
use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use std::time::Duration;
use time::OffsetDateTime;
use unearth_audit::CudaState;
use unearth_store::{
    Schema, StoreError,
    vitals::{self, Vitals},
    workers,
};
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
    let since = (app.now)() - time::Duration::MINUTE;
    Ok((schema, workers::alive(&app.db, since).await?))
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

/// What the database knows of all workers, in Prometheus' text format.
fn exposed(vitals: &Vitals) -> String {
    let gauges = [
        (
            "unearth_runs_queued",
            "Trainings that wait for a worker.",
            vitals.queued as f64,
        ),
        (
            "unearth_queue_age_seconds",
            "How long the first of them has waited; 0 where none does.",
            vitals.queue_age_seconds,
        ),
        (
            "unearth_runs_running",
            "Trainings that a worker holds.",
            vitals.running as f64,
        ),
        (
            "unearth_leases_expired",
            "Trainings whose worker has gone silent and that no other has taken yet.",
            vitals.expired as f64,
        ),
        (
            "unearth_runs_failed",
            "Trainings that failed, of audits that are there.",
            vitals.failed as f64,
        ),
        (
            "unearth_examples_per_second",
            "Examples that all workers train on or sweep over in a second.",
            vitals.examples_per_second,
        ),
        (
            "unearth_workers",
            "Workers heard of in the last minute.",
            vitals.workers as f64,
        ),
        (
            "unearth_datasets_waiting",
            "Uploads that wait for validation.",
            vitals.datasets_waiting as f64,
        ),
        (
            "unearth_database_bytes",
            "Size of the database on disk.",
            vitals.database_bytes as f64,
        ),
    ];
    let expiries = "Times that a worker went silent and another took its training over, of audits that are there.";
    let mut text = String::new();
    for (name, help, value) in gauges {
        text += &format!("# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
    }
    let name = "unearth_lease_expiries_total";
    text += &format!(
        "# HELP {name} {expiries}\n# TYPE {name} counter\n{name} {}\n",
        vitals.lease_expiries
    );
    text
}
