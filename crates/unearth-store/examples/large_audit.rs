//! Writes a large finished audit into a data folder, for measurements of the page and the API: no model was
//! trained, scores are made up.
//!
//! `cargo run --release -p unearth-store --example large_audit -- DATA_DIR [EXAMPLES [CLASSES]]`, then
//! `unearth up --data-dir DATA_DIR`. At the default of 1,000,000 examples of 28×28 pixels in 10,000 classes it takes
//! about 6 GB of disk.
#![expect(clippy::unwrap_used, reason = "a measurement may panic")]

use bytes::Bytes;
use serde_json::json;
use std::path::PathBuf;
use unearth_audit::{
    Augment, Computation, DatasetFacts, Environment, EpochRecord, Estimate, GradientTarget,
    Grouping, Init, LogitSource, Model, Population, Precision, Recipe, Record, ScoreKey, Scoring,
    Signal, Split, Wanted, plan,
};
use unearth_postgres::{Config, PrivatePostgres};
use unearth_store::{
    Blobs, Database, OffsetDateTime,
    audits::{self, AuditResult, NewAudit},
    blobs::Place,
    datasets::{self, NewDataset, Packed},
    dynamics,
    examples::NewExample,
    runs::{self, Claimant, ClaimedRun, Ending},
    score_sets::{self, NewScore, Scored},
    suggestions::{self, Suggestion},
};
use uuid::Uuid;

const SIDE: usize = 28;
const EPOCHS: u32 = 4;
/// Without a common factor with any round number, so that every rank has one example.
const STEP: usize = 7_919;
const GROUPS: [&str; 8] = ["ar", "de", "en", "ha", "hi", "sw", "yo", "zh"];

/// How large it is.
#[derive(Clone, Copy)]
struct Size {
    examples: usize,
    classes: usize,
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("the data folder comes first"));
    let mut number = |default| arguments.next().map_or(default, |it| it.parse().unwrap());
    let size = Size {
        examples: number(1_000_000),
        classes: number(10_000),
    };
    std::fs::create_dir_all(&folder).unwrap();
    let folder = folder.canonicalize().unwrap();
    let server = PrivatePostgres::start(&Config::new(folder.join("postgres"))).unwrap();
    let db = Database::connect(server.url(), 4).await.unwrap();
    db.migrate().await.unwrap();
    let blobs = Blobs::open(&Place::Folder(folder.join("blobs")), &[])
        .await
        .unwrap();

    let dataset = dataset(&db, &blobs, size).await;
    let (run, audit) = begun_run(&db, dataset).await;
    for epoch in 0..EPOCHS {
        let record = record(epoch, LogitSource::InFlight, size);
        dynamics::store(&db, &run, &record, None, now())
            .await
            .unwrap();
    }
    let last = record(EPOCHS - 1, LogitSource::EvalPass, size);
    dynamics::store(&db, &run, &last, None, now())
        .await
        .unwrap();
    for signal in Signal::of_one_training() {
        score_sets::store(&db, &run, &scored(signal, size), now())
            .await
            .unwrap();
    }
    suggestions::store(&db, &run, suggested(size))
        .await
        .unwrap();
    db.refresh_statistics().await.unwrap();
    runs::succeed_with_audit(&db, &run, Ending::Succeeded, &result(), now())
        .await
        .unwrap();
    db.close().await;
    server.stop().unwrap();
    println!("{audit}");
}

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

fn label(index: usize, size: Size) -> i32 {
    (index % size.classes) as i32
}

/// Which example has a rank, counted from 0.
fn at_rank(rank: usize, size: Size) -> usize {
    rank * STEP % size.examples
}

async fn dataset(db: &Database, blobs: &Blobs, size: Size) -> Uuid {
    let id = Uuid::now_v7();
    let new = NewDataset {
        id,
        name: format!("{} made-up examples", size.examples),
        source_hash: *blake3::hash(id.as_bytes()).as_bytes(),
        upload_hash: [0; 32],
        options: json!({}),
        upload_blob: format!("uploads/{id}"),
        upload_bytes: 0,
    };
    datasets::insert(db, &new, now()).await.unwrap();
    let (token, hour) = (Uuid::now_v7(), time::Duration::hours(1));
    datasets::claim(db, Uuid::now_v7(), token, now(), hour)
        .await
        .unwrap()
        .unwrap();
    let mut pixels = vec![0; size.examples * SIDE * SIDE];
    blake3::Hasher::new().finalize_xof().fill(&mut pixels);
    let pack_blob = format!("datasets/{id}/pack");
    blobs.put(&pack_blob, Bytes::from(pixels)).await.unwrap();

    let packed = Packed {
        content_hash: id.to_string(),
        facts: DatasetFacts {
            examples: size.examples,
            classes: size.classes,
            height: SIDE,
            width: SIDE,
            channels: 1,
            splits: vec![Split {
                name: "train".into(),
                examples: size.examples,
                classes: Some(size.classes),
            }],
            ..DatasetFacts::default()
        },
        class_names: (0..size.classes).map(|it| format!("class {it}")).collect(),
        report: json!({"warnings": [], "skipped": [], "duplicates": {"repeated": 0, "contradictory": 0, "groups": []}}),
        pack_blob,
        pack_offset: 0,
        originals_blob: None,
    };
    let keys: Vec<String> = (0..size.examples)
        .map(|index| format!("{index}.png"))
        .collect();
    let rows = keys.iter().enumerate().map(|(index, key)| NewExample {
        key,
        label: label(index, size),
        split: Some("train"),
        group: Some(GROUPS[index % GROUPS.len()]),
        difficulty: None,
        original: None,
        media_type: None,
        text: None,
    });
    datasets::finish(db, id, token, &packed, rows, now())
        .await
        .unwrap();
    id
}

fn recipe() -> Recipe {
    Recipe {
        model: Model::CnnS,
        init: Init::Random,
        height: SIDE as u32,
        width: SIDE as u32,
        epochs: EPOCHS,
        batch_size: 128,
        lr: 0.1,
        weight_decay: 5e-4,
        checkpoints: vec![2, EPOCHS],
        gradient_target: GradientTarget::Given,
        augment: Augment::None,
        precision: Precision::F32,
        sweep_precision: Precision::F32,
        map_height: SIDE as u32,
        map_width: SIDE as u32,
        split: None,
        probes: None,
        evaluates_every_epoch: false,
        pruning: None,
    }
}

async fn begun_run(db: &Database, dataset: Uuid) -> (ClaimedRun, Uuid) {
    let recipe = recipe();
    let signals: Vec<Signal> = Signal::of_one_training().collect();
    let audit = Uuid::now_v7();
    let wanted = Wanted {
        signals: &signals,
        recipe: &recipe,
        seed: 0,
        seeds: 1,
        archaeology: None,
        pie: None,
    };
    let new = NewAudit {
        id: audit,
        dataset_id: dataset,
        runs: plan(&wanted),
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
    let environment = environment();
    let claimant = Claimant {
        worker: Uuid::now_v7(),
        environment: &environment,
    };
    let run = runs::claim(
        db,
        claimant,
        Uuid::now_v7(),
        now(),
        time::Duration::hours(1),
    )
    .await
    .unwrap()
    .unwrap();
    runs::begin_attempt(db, &run, "made up", &environment, now())
        .await
        .unwrap();
    (run, audit)
}

fn environment() -> Environment {
    Environment {
        device: "none".into(),
        device_name: "none".into(),
        driver: None,
        torch: "none".into(),
        unearth: "none".into(),
        threads: 1,
    }
}

fn record(epoch: u32, source: LogitSource, size: Size) -> EpochRecord {
    let loss: Vec<f32> = (0..size.examples)
        .map(|index| (index % 97) as f32 / 30.0 / (epoch + 1) as f32)
        .collect();
    EpochRecord {
        epoch,
        source,
        values: Record {
            p_given: loss.iter().map(|loss| (-loss).exp()).collect(),
            margin: loss.iter().map(|loss| 1.0 - loss).collect(),
            el2n: loss.clone().into(),
            predicted: (0..size.examples).map(|it| label(it + 1, size)).collect(),
            best_other: (0..size.examples).map(|it| label(it + 1, size)).collect(),
            loss: loss.into(),
        },
        probes: Record::default(),
    }
}

fn key(signal: Signal) -> String {
    let computation = match signal {
        Signal::Vog => Computation::Vog(Scoring::DEFAULT),
        _ => Computation::Default,
    };
    let key = ScoreKey {
        computation,
        population: Population::Trained,
        grouping: Grouping::Global,
    };
    key.key()
}

fn scored(signal: Signal, size: Size) -> Scored {
    let n = size.examples as f64;
    let rows = (0..size.examples).map(|rank| {
        let index = at_rank(rank, size);
        let value = 1.0 - rank as f64 / n;
        NewScore {
            rank: rank as i32 + 1,
            index: index as i32,
            label: label(index, size),
            value: Some(value),
            value_reason: None,
            normalised: Some(value),
            normalised_reason: None,
            percentile: Some(100.0 * value),
        }
    });
    let bins = 50;
    let edges: Vec<f64> = (0..=bins)
        .map(|it| f64::from(it) / f64::from(bins))
        .collect();
    let classes = (0..size.classes).map(|label| {
        let examples = size.examples / size.classes;
        json!({"label": label, "examples": examples, "mean": 0.5, "std": 0.3, "median": 0.5})
    });
    Scored {
        signal,
        scoring: key(signal),
        info: json!({}),
        statistics: json!({
            "examples": size.examples,
            "scored": size.examples,
            "histogram": {"edges": edges, "counts": vec![size.examples / bins as usize; bins as usize]},
            "classes": classes.collect::<Vec<_>>(),
            "held_out_error_by_decile": null,
        }),
        rows: rows.collect(),
    }
}

fn suggested(size: Size) -> impl Iterator<Item = Suggestion> {
    (0..size.examples).map(move |index| Suggestion {
        index: index as i32,
        label: label(index + 1, size),
        probability: 0.75,
        runner_up: label(index, size),
        runner_up_probability: 0.25,
    })
}

fn result() -> AuditResult {
    AuditResult {
        training_accuracy: None,
        held_out_accuracy: None,
        warnings: vec!["no model was trained: every score is made up".into()],
        environment: Some(environment()),
        fit_secs: None,
        sweep_secs: None,
        wall_secs: 0.0,
        database_bytes: None,
        runs: vec![],
    }
}
