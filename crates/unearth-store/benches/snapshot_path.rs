//! How much of Postgres' own speed is left for gradient maps.
//!
//! Stores the maps of some checkpoints through `snapshots::store_checkpoint` and, by turns, the same
//! bytes through a bare COPY into a table of the same layout: one connection, rows written out
//! before the clock starts, no fence, no event. Ends with an error when less than 0.7 is left.
//!
//! `cargo bench -p unearth-store --bench snapshot_path [-- EXAMPLES CHECKPOINTS TURNS]`; about
//! 0.6 GB of disk at the default of 60,000 examples of 28×28 pixels and three checkpoints.
#![expect(clippy::unwrap_used, reason = "a measurement may panic")]

use futures::{TryStreamExt, stream};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::time::{Duration, Instant};
use unearth_audit::{
    Augment, DatasetFacts, Environment, Estimate, GradientTarget, Init, MapChunk, Model, Precision,
    Recipe, Scoring, Signal, Wanted, chunk_count, chunk_range, plan,
};
use unearth_postgres::{Config, PrivatePostgres};
use unearth_store::{
    Database, OffsetDateTime,
    audits::{self, NewAudit},
    datasets::{self, NewDataset, Packed},
    runs::{self, Claimant, ClaimedRun},
    snapshots,
};
use uuid::Uuid;

const SIDE: u32 = 28;
const LEAST_RATIO: f64 = 0.7;
const BARE_RUN: i64 = 1;

/// How much is stored.
#[derive(Clone, Copy)]
struct Size {
    examples: usize,
    checkpoints: u32,
    turns: usize,
}

impl Size {
    fn from_arguments() -> Self {
        // Cargo adds `--bench`.
        let mut numbers = std::env::args()
            .skip(1)
            .filter_map(|word| word.parse().ok());
        Self {
            examples: numbers.next().unwrap_or(60_000),
            checkpoints: numbers.next().unwrap_or(3) as u32,
            turns: numbers.next().unwrap_or(5),
        }
    }

    fn bytes(self) -> usize {
        let map = (SIDE * SIDE * 2 + 4) as usize;
        self.examples * self.checkpoints as usize * map
    }

    fn megabytes(self) -> f64 {
        self.bytes() as f64 / 1e6
    }
}

#[tokio::main]
async fn main() {
    let size = Size::from_arguments();
    let folder = tempfile::tempdir().unwrap();
    let server = PrivatePostgres::start(&Config::new(folder.path())).unwrap();
    let db = Database::connect(server.url(), 4).await.unwrap();
    db.migrate().await.unwrap();
    let mut bare = PgConnection::connect(server.url()).await.unwrap();
    let chunks: Vec<_> = (0..size.checkpoints)
        .map(|checkpoint| random_chunks(checkpoint, size.examples))
        .collect();
    println!(
        "{} examples of {SIDE}×{SIDE} f16, {} checkpoints: {:.0} MB a turn; Postgres {}, fsync on",
        size.examples,
        size.checkpoints,
        size.megabytes(),
        db.server_version().await.unwrap(),
    );
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut back, mut plain) = (Vec::new(), Vec::new());
    println!("turn   store   bare COPY   ratio   read by the store   bare SELECT   (MB/s)");
    for turn in 0..size.turns {
        let speed = |took: Duration| size.megabytes() / took.as_secs_f64();
        // Who goes first alternates, so that a drift of the machine favours neither.
        let order = if turn % 2 == 0 {
            [true, false]
        } else {
            [false, true]
        };
        for is_ours in order {
            checkpoint_server(&mut bare).await;
            if is_ours {
                let (run, audit) = begin_run(&db, size).await;
                ours.push(speed(store(&db, &run, &chunks, size).await));
                back.push(speed(read(&db, run.id, size).await));
                runs::fail(&db, &run, "measured", now()).await.unwrap();
                audits::delete(&db, audit).await.unwrap();
            } else {
                make_bare_table(&mut bare).await;
                theirs.push(speed(copy(&mut bare, &chunks).await));
                plain.push(speed(select(&mut bare, size).await));
            }
        }
        println!(
            "{:>4} {:>7.0} {:>11.0} {:>7.2} {:>19.0} {:>13.0}",
            turn + 1,
            ours[turn],
            theirs[turn],
            ours[turn] / theirs[turn],
            back[turn],
            plain[turn],
        );
    }
    let ratio = median(&mut ours) / median(&mut theirs);
    println!(
        "median: store {:.0} MB/s, bare COPY {:.0} MB/s, ratio {ratio:.2}; read {:.0} MB/s, bare SELECT {:.0} MB/s",
        median(&mut ours),
        median(&mut theirs),
        median(&mut back),
        median(&mut plain),
    );
    db.close().await;
    server.stop().unwrap();
    assert!(
        ratio >= LEAST_RATIO,
        "less than {LEAST_RATIO} of a bare COPY"
    );
}

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
    }
}

/// Ready-made chunks of bytes that do not compress.
fn random_chunks(checkpoint: u32, examples: usize) -> Vec<MapChunk> {
    (0..chunk_count(examples))
        .map(|chunk| {
            let length = chunk_range(chunk, examples).len();
            let mut maps = vec![0; length * (SIDE * SIDE * 2) as usize];
            let mut bytes = blake3::Hasher::new()
                .update(&[checkpoint as u8])
                .update(&chunk.to_le_bytes())
                .finalize_xof();
            bytes.fill(&mut maps);
            MapChunk {
                checkpoint,
                chunk: chunk as u32,
                scales: vec![0.5; length],
                maps,
            }
        })
        .collect()
}

/// Gives each side a server with nothing left to write.
async fn checkpoint_server(connection: &mut PgConnection) {
    sqlx::raw_sql("checkpoint")
        .execute(connection)
        .await
        .unwrap();
}

async fn store(db: &Database, run: &ClaimedRun, chunks: &[Vec<MapChunk>], size: Size) -> Duration {
    // The training gives its chunks away; copying them is not part of the path.
    let owned = chunks.to_vec();
    let begun = Instant::now();
    for (checkpoint, chunks) in (0..).zip(owned) {
        let chunks = stream::iter(chunks);
        snapshots::store_checkpoint(db, run, checkpoint, size.examples, chunks, now)
            .await
            .unwrap();
    }
    begun.elapsed()
}

async fn read(db: &Database, run: i64, size: Size) -> Duration {
    let checkpoints: Vec<i32> = (0..size.checkpoints as i32).collect();
    let begun = Instant::now();
    let bytes = snapshots::stream(db, run, &checkpoints)
        .try_fold(0, async |sum, row| {
            Ok(sum + row.maps.len() + row.scales.len())
        })
        .await
        .unwrap();
    assert_eq!(bytes, size.bytes());
    begun.elapsed()
}

async fn make_bare_table(connection: &mut PgConnection) {
    let statement = format!(
        "drop table if exists bare;
         create table bare (like snapshot_chunks including all) partition by list (run_id);
         create table bare_run partition of bare for values in ({BARE_RUN});
         alter table bare_run alter column maps set storage external;
         alter table bare_run alter column scales set storage plain;"
    );
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(connection)
        .await
        .unwrap();
}

/// One COPY and one commit for each checkpoint, as the store has them.
async fn copy(connection: &mut PgConnection, chunks: &[Vec<MapChunk>]) -> Duration {
    let streams: Vec<_> = chunks.iter().map(|chunks| copy_messages(chunks)).collect();
    let begun = Instant::now();
    for messages in streams {
        let mut sink = connection
            .copy_in_raw("copy bare from stdin (format binary)")
            .await
            .unwrap();
        for message in messages {
            sink.send(message).await.unwrap();
        }
        sink.finish().await.unwrap();
    }
    begun.elapsed()
}

/// A whole COPY stream, in messages of about a mebibyte.
fn copy_messages(chunks: &[MapChunk]) -> Vec<Vec<u8>> {
    let mut messages = vec![b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec()];
    for chunk in chunks {
        if messages.last().unwrap().len() >= 1 << 20 {
            messages.push(Vec::new());
        }
        let message = messages.last_mut().unwrap();
        message.extend(5i16.to_be_bytes());
        let scales: Vec<u8> = chunk.scales.iter().flat_map(|s| s.to_le_bytes()).collect();
        for field in [
            &BARE_RUN.to_be_bytes()[..],
            &chunk.chunk.to_be_bytes(),
            &chunk.checkpoint.to_be_bytes(),
            &scales,
            &chunk.maps,
        ] {
            message.extend((field.len() as i32).to_be_bytes());
            message.extend(field);
        }
    }
    messages.last_mut().unwrap().extend((-1i16).to_be_bytes());
    messages
}

async fn select(connection: &mut PgConnection, size: Size) -> Duration {
    let begun = Instant::now();
    let bytes = sqlx::query_as::<_, (i32, i32, Vec<u8>, Vec<u8>)>(
        "select chunk, checkpoint, scales, maps from bare order by chunk, checkpoint",
    )
    .fetch(connection)
    .try_fold(0, async |sum, (_, _, scales, maps)| {
        Ok(sum + scales.len() + maps.len())
    })
    .await
    .unwrap();
    assert_eq!(bytes, size.bytes());
    begun.elapsed()
}

/// Makes an audit and claims its run.
async fn begin_run(db: &Database, size: Size) -> (ClaimedRun, Uuid) {
    let dataset = ready_dataset(db, size.examples).await;
    let recipe = recipe(size.checkpoints);
    let signals = vec![Signal::Vog];
    let audit = Uuid::now_v7();
    let new = NewAudit {
        id: audit,
        dataset_id: dataset,
        runs: plan(&Wanted {
            signals: &signals,
            recipe: &recipe,
            seed: 0,
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
        seed: 0,
        estimate: Estimate {
            seconds: 0.0,
            database_bytes: 0,
            blob_bytes: 0,
        },
    };
    audits::insert(db, &new, now()).await.unwrap();
    let lease = time::Duration::hours(1);
    let environment = Environment {
        device: "none".into(),
        device_name: "none".into(),
        driver: None,
        torch: "none".into(),
        unearth: "none".into(),
        threads: 1,
    };
    let claimant = Claimant {
        worker: Uuid::now_v7(),
        environment: &environment,
    };
    let run = runs::claim(db, claimant, Uuid::now_v7(), now(), lease)
        .await
        .unwrap()
        .unwrap();
    runs::begin_attempt(db, &run, "bench", &environment, now())
        .await
        .unwrap();
    (run, audit)
}

async fn ready_dataset(db: &Database, examples: usize) -> Uuid {
    let id = Uuid::now_v7();
    let new = NewDataset {
        id,
        name: "bench".into(),
        source_hash: *blake3::hash(id.as_bytes()).as_bytes(),

        upload_hash: [0; 32],
        options: serde_json::Value::Null,
        upload_blob: "none".into(),
        upload_bytes: 0,
    };
    datasets::insert(db, &new, now()).await.unwrap();
    let token = Uuid::now_v7();
    datasets::claim(db, token, token, now(), time::Duration::hours(1))
        .await
        .unwrap();
    let packed = Packed {
        content_hash: "none".into(),
        facts: DatasetFacts {
            examples,
            classes: 1,
            height: SIDE as usize,
            width: SIDE as usize,
            channels: 1,
            ..DatasetFacts::default()
        },
        class_names: vec!["one".into()],
        report: serde_json::Value::Null,
        pack_blob: "none".into(),
        pack_offset: 0,
        originals_blob: None,
    };
    datasets::finish(db, id, token, &packed, std::iter::empty(), now())
        .await
        .unwrap();
    id
}

fn recipe(checkpoints: u32) -> Recipe {
    Recipe {
        model: Model::CnnS,
        init: Init::Random,
        height: SIDE,
        width: SIDE,
        epochs: checkpoints,
        batch_size: 128,
        lr: 0.1,
        weight_decay: 0.0,
        checkpoints: (1..=checkpoints).collect(),
        gradient_target: GradientTarget::Given,
        augment: Augment::None,
        precision: Precision::F32,
        sweep_precision: Precision::F32,
        map_height: SIDE,
        map_width: SIDE,
        split: None,
        probes: None,
        evaluates_every_epoch: false,
        pruning: None,
    }
}
