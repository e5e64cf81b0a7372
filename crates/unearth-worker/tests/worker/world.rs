//! A database and a blob store, a dataset in them, and workers.

use crate::{
    clock,
    trainer::{Fake, learn},
};
use sqlx::{AssertSqlSafe, Connection as _, FromRow, PgConnection, PgPool, postgres::PgRow};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use unearth_audit::{
    Checkpoints, CudaState, DatasetState, DeviceInfo, Environment, Pie, PieRequest, RecipeRequest,
    Scoring, Signal, State, Trainer, Wanted, estimate, plan,
};
use unearth_postgres::TestPostgres;
use unearth_store::{
    Blobs, Database, WORK_CHANNEL,
    audits::{self, Audit, NewAudit},
    datasets::{self, NewDataset},
};
use unearth_worker::{Limits, Worker};
use uuid::Uuid;

pub(crate) const LEASE: time::Duration = time::Duration::seconds(30);
pub(crate) const EXAMPLES: usize = 6;
const SIDE: usize = 8;

pub(crate) struct World {
    pub(crate) db: Database,
    /// For looking behind the store's back.
    pub(crate) sql: PgPool,
    blobs: Blobs,
    folder: TempDir,
    _postgres: Arc<TestPostgres>,
}

/// A worker at work.
pub(crate) struct Working {
    pub(crate) leaving: CancellationToken,
    work: JoinHandle<()>,
}

impl Working {
    /// Lets it leave and waits until it has.
    pub(crate) async fn leave(self) {
        self.leaving.cancel();
        self.work.await.unwrap();
    }
}

async fn fresh_database(server: &TestPostgres) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(server.url()).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("create database {name}")))
        .execute(&mut connection)
        .await
        .unwrap();
    server.url().replace("/postgres?", &format!("/{name}?"))
}

/// Waits until `look` finds something; a test that waits in vain fails.
pub(crate) async fn until<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    const GIVEN_UP_AFTER: Duration = Duration::from_mins(1);
    const BETWEEN: Duration = Duration::from_millis(5);
    let found = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(BETWEEN).await;
        }
    };
    tokio::time::timeout(GIVEN_UP_AFTER, found)
        .await
        .unwrap_or_else(|_| panic!("waited in vain until {what}"))
}

pub(crate) fn environment() -> Environment {
    Environment {
        device: "cpu".into(),
        device_name: "test".into(),
        driver: None,
        torch: "2.11.0".into(),
        unearth: "0.1.0".into(),
        threads: 1,
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let postgres = TestPostgres::shared().unwrap();
        let url = fresh_database(&postgres).await;
        let db = Database::connect(&url, 8).await.unwrap();
        db.migrate().await.unwrap();
        let folder = TempDir::new().unwrap();
        Self {
            db,
            sql: PgPool::connect(&url).await.unwrap(),
            blobs: Blobs::in_folder(&folder.path().join("blobs")).unwrap(),
            folder,
            _postgres: postgres,
        }
    }

    /// Starts a worker.
    pub(crate) fn work(&self, trainer: Arc<dyn Trainer>) -> Working {
        let id = Uuid::new_v4();
        let worker = Worker {
            id,
            name: "test:1".into(),
            db: self.db.clone(),
            blobs: self.blobs.clone(),
            trainer,
            measure: None,
            devices: DeviceInfo {
                cuda: CudaState::NoLibraries("none".into()),
                gpus: vec![],
                driver: None,
                torch: "2.11.0".into(),
                threads: 1,
            },
            scratch: self.folder.path().join(id.to_string()),
            limits: Limits::default(),
            lease: LEASE,
            resume_interval: time::Duration::MINUTE,
            now: clock::now,
        };
        let leaving = CancellationToken::new();
        let work = worker.work(leaving.clone());
        Working {
            leaving,
            work: tokio::spawn(async { work.await.unwrap() }),
        }
    }

    /// A dataset of two classes, validated by a worker that is at work.
    pub(crate) async fn dataset(&self) -> Uuid {
        let id = Uuid::now_v7();
        let upload_blob = format!("uploads/{id}");
        let archive = archive();
        let new = NewDataset {
            id,
            name: "digits.tar".into(),
            source_hash: *blake3::hash(&archive).as_bytes(),
            upload_hash: *blake3::hash(&archive).as_bytes(),
            options: serde_json::json!({}),
            upload_blob: upload_blob.clone(),
            upload_bytes: archive.len() as i64,
        };
        self.blobs.put(&upload_blob, archive.into()).await.unwrap();
        datasets::insert(&self.db, &new, clock::now())
            .await
            .unwrap();
        until("the dataset is ready", async || {
            let dataset = datasets::get(&self.db, id).await.unwrap().unwrap();
            assert_eq!(dataset.error, None);
            (dataset.state == DatasetState::Ready).then_some(())
        })
        .await;
        id
    }

    /// The same, and no worker is at work any more: nobody takes a run of its audits yet.
    pub(crate) async fn validated(&self) -> Uuid {
        let validating = self.work(Fake::new(learn));
        let dataset = self.dataset().await;
        validating.leave().await;
        dataset
    }

    pub(crate) async fn audit(&self, dataset: Uuid) -> Uuid {
        self.audit_with_seed(dataset, 7).await
    }

    /// A queued audit with two epochs and a checkpoint after each.
    pub(crate) async fn audit_with_seed(&self, dataset: Uuid, seed: u64) -> Uuid {
        self.audit_of(dataset, seed, None).await
    }

    /// The same with populations of models.
    pub(crate) async fn audit_of_populations(&self, dataset: Uuid, asked: &PieRequest) -> Uuid {
        let stored = datasets::get(&self.db, dataset).await.unwrap().unwrap();
        let pie = asked.resolve(&stored.facts.unwrap()).unwrap();
        self.audit_of(dataset, 7, Some(pie)).await
    }

    async fn audit_of(&self, dataset: Uuid, seed: u64, pie: Option<Pie>) -> Uuid {
        let stored = datasets::get(&self.db, dataset).await.unwrap().unwrap();
        let facts = stored.facts.unwrap();
        let request = RecipeRequest {
            epochs: Some(2),
            batch_size: Some(16),
            checkpoints: Some(Checkpoints::Epochs(vec![1, 2])),
            ..RecipeRequest::default()
        };
        let recipe = request.resolve(&facts).unwrap();
        let signals: Vec<Signal> = Signal::of_one_training().collect();
        let new = NewAudit {
            id: Uuid::now_v7(),
            dataset_id: dataset,
            runs: plan(&Wanted {
                signals: &signals,
                recipe: &recipe,
                seed,
                seeds: 1,
                archaeology: None,
                pie: pie.as_ref(),
            }),
            seeds: 1,
            keep_snapshots: true,
            archaeology: None,
            pie,
            signals,
            estimate: estimate(&recipe, None, &facts, &[]),
            recipe,
            scorings: vec![Scoring::DEFAULT],
            seed: seed as i64,
        };
        audits::insert(&self.db, &new, clock::now()).await.unwrap();
        new.id
    }

    pub(crate) async fn get(&self, audit: Uuid) -> Audit {
        audits::get(&self.db, audit).await.unwrap().unwrap()
    }

    /// The audit, once it is in this state.
    pub(crate) async fn reached(&self, audit: Uuid, state: State) -> Audit {
        until(&format!("the audit is {state}"), async || {
            let audit = self.get(audit).await;
            (audit.state == state).then_some(audit)
        })
        .await
    }

    /// One row of a query about an audit, whose id is `$1`.
    pub(crate) async fn row<R>(&self, query: &'static str, audit: Uuid) -> R
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let row = sqlx::query_as(query).bind(audit);
        row.fetch_one(&self.sql).await.unwrap()
    }

    /// Makes idle workers look for work now rather than in a second.
    pub(crate) async fn wake_workers(&self) {
        let wake = sqlx::query("select pg_notify($1, '')").bind(WORK_CHANNEL);
        wake.execute(&self.sql).await.unwrap();
    }
}

/// A tar of an IDX pair: grey images, each filled with its index, whose labels alternate.
fn archive() -> Vec<u8> {
    let number = |number: usize| (number as u32).to_be_bytes();
    let mut images = [0x803, EXAMPLES, SIDE, SIDE].map(number).concat();
    let mut labels = [0x801, EXAMPLES].map(number).concat();
    for index in 0..EXAMPLES {
        images.extend([index as u8; SIDE * SIDE]);
        labels.push((index % 2) as u8);
    }
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in [
        ("digits-images-idx3-ubyte", images),
        ("digits-labels-idx1-ubyte", labels),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        archive
            .append_data(&mut header, name, bytes.as_slice())
            .unwrap();
    }
    archive.into_inner().unwrap()
}
