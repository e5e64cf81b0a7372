//! External runs through the API, a real Postgres and a worker that trains nothing.

mod authors;
mod bad_input;
mod batches;
mod life;
mod probes;
mod signals;

use crate::service::{Answer, Service, request};
use axum::{
    body::Body,
    http::{Method, header},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use unearth_audit::{
    CudaState, DeviceInfo, Environment, Examples, Trainer, TrainingError, TrainingJob,
    TrainingOutcome, TrainingSink,
};
use unearth_worker::{Limits, Worker};
use uuid::Uuid;

const NPZ: &str = "application/x-npz";
const NPY: &str = "application/x-npy";
const ARROW: &str = "application/vnd.apache.arrow.stream";
const LINES: &str = "application/jsonl";

/// A service with a worker beside it.
struct Stage {
    service: Service,
    leaving: CancellationToken,
    work: JoinHandle<()>,
    _scratch: tempfile::TempDir,
}

/// Nobody trains here.
struct NoTrainer;

impl Trainer for NoTrainer {
    fn environment(&self) -> Environment {
        crate::stage::environment()
    }

    fn train(
        &self,
        _: &TrainingJob<'_>,
        _: &Examples<'_>,
        _: &mut dyn TrainingSink,
    ) -> Result<TrainingOutcome, TrainingError> {
        Err(TrainingError::Unsuitable("nobody trains here".into()))
    }
}

impl Stage {
    async fn new() -> Self {
        let service = Service::start().await;
        let scratch = tempfile::tempdir().unwrap();
        let worker = Worker {
            id: Uuid::new_v4(),
            name: "test:1".into(),
            db: service.connect().await,
            blobs: service.app.blobs.clone(),
            trainer: Arc::new(NoTrainer),
            measure: None,
            devices: DeviceInfo {
                cuda: CudaState::NoLibraries("none".into()),
                gpus: vec![],
                driver: None,
                torch: "2.11.0".into(),
                threads: 1,
            },
            scratch: scratch.path().join("worker"),
            limits: Limits::default(),
            lease: crate::stage::LEASE,
            resume_interval: time::Duration::MINUTE,
            now: service.app.now,
        };
        let leaving = CancellationToken::new();
        let work = worker.work(leaving.clone());
        Self {
            service,
            leaving,
            work: tokio::spawn(async { work.await.unwrap() }),
            _scratch: scratch,
        }
    }

    async fn leave(self) {
        self.leaving.cancel();
        self.work.await.unwrap();
    }

    /// A dataset of a CSV table.
    async fn table(&self, csv: &str) -> Value {
        let posted = self
            .service
            .post("/v1/datasets?name=rows.csv", csv.to_owned());
        let id = posted.await.expect(202).json()["id"].clone();
        let path = format!("/v1/datasets/{}", id.as_str().unwrap());
        self.until(&path, |dataset| dataset["state"] != "validating")
            .await
    }

    /// An external audit that takes batches.
    async fn begin(&self, dataset: &Value, run: Value) -> String {
        let mut body = json!({ "kind": "external", "dataset_id": dataset["id"] });
        body.as_object_mut()
            .unwrap()
            .extend(run.as_object().unwrap().clone());
        let begun = self
            .service
            .post("/v1/audits", body.to_string())
            .await
            .expect(202);
        let audit = begun.json();
        assert_eq!(
            (&audit["state"], &audit["kind"]),
            (&json!("receiving"), &json!("external"))
        );
        audit["id"].as_str().unwrap().to_owned()
    }

    async fn put(&self, path: &str, media_type: &str, body: Vec<u8>) -> Answer {
        let mut request = request(Method::PUT, path, Body::from(body));
        let value = media_type.parse().unwrap();
        request.headers_mut().insert(header::CONTENT_TYPE, value);
        self.service.send(request).await
    }

    /// What there is at a path.
    async fn get(&self, path: String) -> Answer {
        self.service.get(&path).await.expect(200)
    }

    async fn complete(&self, audit: &str) -> Answer {
        self.service
            .post(&format!("/v1/audits/{audit}/complete"), "")
            .await
    }

    /// The audit, once it succeeded.
    async fn succeeded(&self, audit: &str) -> Value {
        self.complete(audit).await.expect(202);
        let path = format!("/v1/audits/{audit}");
        let audit = self.until(&path, |audit| {
            matches!(audit["state"].as_str(), Some("succeeded" | "failed"))
        });
        let audit = audit.await;
        assert_eq!(audit["state"], "succeeded", "{audit}");
        audit
    }

    async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        const GIVEN_UP_AFTER: Duration = Duration::from_mins(1);
        let look = async {
            loop {
                let found = self.service.get(path).await.expect(200).json();
                if wanted(&found) {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let found = tokio::time::timeout(GIVEN_UP_AFTER, look).await;
        found.unwrap_or_else(|_| panic!("waited in vain for {path}"))
    }

    /// Value by key of a ranking, in rank order.
    async fn ranking(&self, audit: &str, query: &str) -> Vec<(String, Value)> {
        let path = format!("/v1/audits/{audit}/examples?{query}&limit=1000");
        let page = self.service.get(&path).await.expect(200).json();
        let items = page["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| {
                (
                    item["key"].as_str().unwrap().to_owned(),
                    item["value"].clone(),
                )
            })
            .collect()
    }

    /// How many rows there are in a table.
    async fn count(&self, table: &'static str) -> i64 {
        let mut sql = self.service.sql().await;
        let query = format!("select count(*) from {table}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .fetch_one(&mut sql)
            .await
            .unwrap()
    }
}
