//! What tests begin from: a migrated database, and short ways to a dataset, an audit, a claimed run.

use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, Row};
use std::{
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};
use time::{Duration, OffsetDateTime};
use tokio::sync::{Semaphore, SemaphorePermit};
use unearth_audit::{
    Augment, DatasetFacts, Environment, EpochRecord, Estimate, GradientTarget, Init, LogitSource,
    MapChunk, Model, Pie, Precision, Recipe, Record, Scoring, Signal, Wanted, chunk_count,
    chunk_range, plan,
};
use unearth_postgres::TestPostgres;
use unearth_store::{
    Database, StoreError,
    audits::{self, NewAudit},
    datasets::{self, Inserted, NewDataset, Packed},
    examples::NewExample,
    runs::{self, Claimant, ClaimedRun},
};
use uuid::Uuid;

pub(crate) const LEASE: Duration = Duration::seconds(60);
/// Two full chunks and a shorter one.
pub(crate) const EXAMPLES: usize = 2 * 256 + 37;

/// A time, in seconds after the tests' beginning of the world.
pub(crate) fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_800_000_000 + seconds).unwrap()
}

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// Bytes that differ from place to place and name to name.
pub(crate) fn noise(name: &str, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new()
        .update(name.as_bytes())
        .finalize_xof()
        .fill(&mut bytes);
    bytes
}

pub(crate) fn recipe() -> Recipe {
    Recipe {
        model: Model::CnnS,
        init: Init::Random,
        height: 5,
        width: 4,
        epochs: 3,
        batch_size: 128,
        lr: 0.1,
        weight_decay: 5e-4,
        checkpoints: vec![1, 2, 3],
        gradient_target: GradientTarget::Given,
        augment: Augment::None,
        precision: Precision::F32,
        sweep_precision: Precision::F32,
        map_height: 5,
        map_width: 4,
        split: None,
        probes: None,
        evaluates_every_epoch: false,
        pruning: None,
    }
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

/// All chunks of a checkpoint, in order.
pub(crate) fn maps(checkpoint: u32, examples: usize) -> Vec<MapChunk> {
    let map_bytes = recipe().map_bytes();
    (0..chunk_count(examples))
        .map(|chunk| {
            let length = chunk_range(chunk, examples).len();
            MapChunk {
                checkpoint,
                chunk: chunk as u32,
                scales: (0..length)
                    .map(|row| 2f32.powi((row % 40) as i32 - 20 + checkpoint as i32))
                    .collect(),
                maps: noise(&format!("{checkpoint}/{chunk}"), length * map_bytes),
            }
        })
        .collect()
}

pub(crate) fn record(epoch: u32, source: LogitSource, examples: usize) -> EpochRecord {
    EpochRecord {
        epoch,
        source,
        values: Record {
            loss: (0..examples).map(|i| i as f32 + epoch as f32).collect(),
            p_given: (0..examples).map(|i| 1.0 / (i as f32 + 1.0)).collect(),
            margin: (0..examples).map(|i| 3.0 - i as f32).collect(),
            el2n: (0..examples).map(|i| i as f32 / 1e3).collect(),
            predicted: (0..examples).map(|i| (i % 10) as i32).collect(),
            best_other: (0..examples).map(|i| (i % 7) as i32).collect(),
        },
        probes: Record::default(),
    }
}

pub(crate) fn assert_lease_lost<T: std::fmt::Debug>(what: &str, result: &Result<T, StoreError>) {
    assert!(
        matches!(result, Err(StoreError::LeaseLost)),
        "{what}: {result:?}"
    );
}

pub(crate) struct World {
    pub(crate) db: Database,
    /// For looking behind the store's back.
    pub(crate) sql: PgPool,
    _postgres: Arc<TestPostgres>,
    _turn: SemaphorePermit<'static>,
}

/// Makes a database and returns its URL.
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

impl World {
    /// A migrated, empty database.
    pub(crate) async fn new() -> Self {
        Self::with_connections(16).await
    }

    pub(crate) async fn with_connections(connections: u32) -> Self {
        let world = Self::unmigrated(connections).await;
        world.db.migrate().await.unwrap();
        world
    }

    pub(crate) async fn unmigrated(connections: u32) -> Self {
        // The server takes a hundred connections.
        static TURNS: Semaphore = Semaphore::const_new(4);
        let turn = TURNS.acquire().await.unwrap();
        let postgres = TestPostgres::shared().unwrap();
        let url = fresh_database(&postgres).await;
        Self {
            db: Database::connect(&url, connections).await.unwrap(),
            sql: PgPool::connect(&url).await.unwrap(),
            _postgres: postgres,
            _turn: turn,
        }
    }

    pub(crate) async fn execute(&self, statement: &str) {
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
            .execute(&self.sql)
            .await
            .unwrap();
    }

    pub(crate) async fn number(&self, query: &str) -> i64 {
        sqlx::query(AssertSqlSafe(query.to_owned()))
            .fetch_one(&self.sql)
            .await
            .unwrap()
            .get(0)
    }

    /// How many runs have a table of maps.
    pub(crate) async fn partitions(&self) -> i64 {
        let tables = "select count(*) from pg_class where relname like 'snapshot_chunks_run_%'
                      and relkind = 'r'";
        self.number(tables).await
    }

    /// Every row of every table, as text: two equal dumps mean that nothing was written.
    pub(crate) async fn dump(&self) -> String {
        let tables: Vec<String> = sqlx::query_scalar(
            "select relname::text from pg_class
             where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
             order by relname",
        )
        .fetch_all(&self.sql)
        .await
        .unwrap();
        let mut dump = String::new();
        for table in tables {
            let query = format!(
                "select coalesce(string_agg(t::text, E'\\n' order by t::text), '') from {table} t"
            );
            let rows: String = sqlx::query_scalar(AssertSqlSafe(query))
                .fetch_one(&self.sql)
                .await
                .unwrap();
            writeln!(dump, "{table}:\n{rows}").unwrap();
        }
        dump
    }

    /// Waits until some statement waits for a lock.
    pub(crate) async fn somebody_waits_for_a_lock(&self) {
        while self
            .number(
                "select count(*) from pg_stat_activity
                 where wait_event_type = 'Lock' and datname = current_database()",
            )
            .await
            == 0
        {
            tokio::task::yield_now().await;
        }
    }

    /// An upload that waits for validation.
    pub(crate) async fn upload(&self, number: u128) -> Uuid {
        let new = new_dataset(number);
        let inserted = datasets::insert(&self.db, &new, at(0)).await.unwrap();
        assert_eq!(inserted, Inserted::New);
        new.id
    }

    /// A ready dataset of ten labels, two splits and three groups (one of them unnamed).
    pub(crate) async fn dataset(&self, number: u128, examples: usize) -> Uuid {
        let dataset = self.upload(number).await;
        let token = id(number + 7_000);
        datasets::claim(&self.db, id(1), token, at(0), LEASE)
            .await
            .unwrap()
            .unwrap();
        let keys: Vec<String> = (0..examples).map(|i| format!("{i}.png")).collect();
        let rows = keys
            .iter()
            .enumerate()
            .map(|(index, key)| example(index, key));
        datasets::finish(&self.db, dataset, token, &packed(examples), rows, at(0))
            .await
            .unwrap();
        dataset
    }

    /// A queued audit of three seeds.
    pub(crate) async fn audit_of_three(&self, number: u128, dataset: Uuid) -> Uuid {
        let mut new = new_audit(number, dataset);
        new.runs = plan(&Wanted {
            signals: &new.signals,
            recipe: &new.recipe,
            seed: 7,
            seeds: 3,
            archaeology: None,
            pie: None,
        });
        audits::insert(&self.db, &new, at(0)).await.unwrap();
        new.id
    }

    /// A queued audit of populations.
    pub(crate) async fn audit_of_populations(&self, number: u128, dataset: Uuid, pie: Pie) -> Uuid {
        let mut new = new_audit(number, dataset);
        new.runs = plan(&Wanted {
            signals: &new.signals,
            recipe: &new.recipe,
            seed: 7,
            seeds: 1,
            archaeology: None,
            pie: Some(&pie),
        });
        new.pie = Some(pie);
        audits::insert(&self.db, &new, at(0)).await.unwrap();
        new.id
    }

    /// A queued audit of a dataset.
    pub(crate) async fn audit(&self, number: u128, dataset: Uuid) -> Uuid {
        let new = new_audit(number, dataset);
        audits::insert(&self.db, &new, at(0)).await.unwrap();
        new.id
    }

    pub(crate) async fn try_claim(&self, token: u128, seconds: i64) -> Option<ClaimedRun> {
        self.try_claim_in(&environment(), token, seconds).await
    }

    pub(crate) async fn try_claim_in(
        &self,
        environment: &Environment,
        token: u128,
        seconds: i64,
    ) -> Option<ClaimedRun> {
        let claimant = Claimant {
            worker: id(1),
            environment,
        };
        runs::claim(&self.db, claimant, id(token), at(seconds), LEASE)
            .await
            .unwrap()
    }

    pub(crate) async fn claim(&self, token: u128, seconds: i64) -> ClaimedRun {
        self.try_claim(token, seconds).await.unwrap()
    }

    pub(crate) async fn begin(&self, run: &ClaimedRun, seconds: i64) {
        runs::begin_attempt(&self.db, run, "test:1", &environment(), at(seconds))
            .await
            .unwrap();
    }

    /// A run of a new audit of a new dataset, claimed at second 0 and begun.
    pub(crate) async fn running(&self, number: u128) -> ClaimedRun {
        let dataset = self.dataset(number, 0).await;
        self.audit(number, dataset).await;
        let run = self.claim(number + 1_000, 0).await;
        assert_eq!(run.audit_id, id(number));
        self.begin(&run, 0).await;
        run
    }

    pub(crate) async fn store_maps(&self, run: &ClaimedRun, checkpoint: u32) {
        let chunks = futures::stream::iter(maps(checkpoint, EXAMPLES));
        unearth_store::snapshots::store_checkpoint(
            &self.db,
            run,
            checkpoint,
            EXAMPLES,
            chunks,
            || at(1),
        )
        .await
        .unwrap();
    }
}

pub(crate) fn new_dataset(number: u128) -> NewDataset {
    NewDataset {
        id: id(number),
        name: format!("dataset {number}"),
        source_hash: *blake3::hash(&number.to_le_bytes()).as_bytes(),

        upload_hash: [0; 32],
        options: serde_json::json!({ "side": 28 }),
        upload_blob: format!("uploads/{number}"),
        upload_bytes: 1_000,
    }
}

pub(crate) fn packed(examples: usize) -> Packed {
    Packed {
        content_hash: "content".into(),
        facts: DatasetFacts {
            examples,
            classes: 10,
            height: 5,
            width: 4,
            channels: 1,
            ..DatasetFacts::default()
        },
        class_names: (0..10).map(|class| format!("class {class}")).collect(),
        report: serde_json::json!({ "warnings": [] }),
        pack_blob: "packs/content".into(),
        pack_offset: 128,
        originals_blob: None,
    }
}

/// Example `index` of [`World::dataset`].
pub(crate) fn example(index: usize, key: &str) -> NewExample<'_> {
    NewExample {
        key,
        label: (index % 10) as i32,
        split: Some(if index.is_multiple_of(4) {
            "test"
        } else {
            "train"
        }),
        group: [Some("a"), Some("b"), None][index % 3],
        difficulty: None,
        original: None,
        media_type: None,
        text: None,
    }
}

pub(crate) fn new_audit(number: u128, dataset: Uuid) -> NewAudit {
    let signals = vec![Signal::Vog, Signal::FinalLoss];
    let recipe = recipe();
    NewAudit {
        id: id(number),
        dataset_id: dataset,
        runs: plan(&Wanted {
            signals: &signals,
            recipe: &recipe,
            seed: 7,
            seeds: 1,
            archaeology: None,
            pie: None,
        }),
        seeds: 1,
        keep_snapshots: true,
        archaeology: None,
        pie: None,
        signals,
        recipe,
        scorings: vec![Scoring::DEFAULT],
        seed: 7,
        estimate: Estimate {
            seconds: 2.0,
            database_bytes: 1,
            blob_bytes: 1,
        },
    }
}
