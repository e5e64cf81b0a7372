//! Datasets and audits as a worker would leave them, written through the store.

use crate::service::{NOW, Service, next_id};
use bytes::Bytes;
use futures::stream;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use time::Duration;
use unearth_audit::{
    ArchaeologyReport, ArchaeologyVariant, CHUNK_EXAMPLES, CategoryReport, CudaState, DatasetFacts,
    DeviceInfo, Environment, EpochRecord, Event, LogitSource, MapChunk, Model, ModelPace,
    Precision, Progress, RankedBy, Record, Signal, Split,
};
use unearth_store::{
    archaeology::{self, Categorised},
    audits::AuditResult,
    datasets::{self, NewDataset, Packed},
    dynamics,
    examples::NewExample,
    runs::{self, Claimant, ClaimedRun, Ending},
    score_sets::{self, NewScore, Scored},
    snapshots,
    suggestions::{self, Suggestion},
    workers::Worker,
};
use uuid::Uuid;

pub(crate) const LEASE: Duration = Duration::minutes(1);
pub(crate) const SIDE: usize = 4;
/// A PNG signature; nobody decodes originals here.
pub(crate) const ORIGINAL: &[u8] = b"\x89PNG\r\n\x1a\n";

/// `examples` grey images of 4×4 pixels, each filled with its index. Labels alternate between
/// `cat` and `=dog()`; every third is in the split `test`; only the first has an original file.
pub(crate) async fn dataset(service: &Service, examples: usize) -> Uuid {
    let db = &service.app.db;
    let id = next_id();
    let new = NewDataset {
        id,
        name: "digits.zip".into(),
        source_hash: *blake3::hash(id.as_bytes()).as_bytes(),

        upload_hash: [0; 32],
        options: json!({}),
        upload_blob: format!("uploads/{id}"),
        upload_bytes: 7,
    };
    datasets::insert(db, &new, NOW).await.unwrap();
    let token = next_id();
    datasets::claim(db, next_id(), token, NOW, LEASE)
        .await
        .unwrap()
        .unwrap();
    let pixels: Vec<u8> = (0..examples)
        .flat_map(|index| [index as u8; SIDE * SIDE])
        .collect();
    let pack = [b"12345678".as_slice(), &pixels].concat();
    let blobs = &service.app.blobs;
    blobs
        .put(&format!("datasets/{id}/pack"), Bytes::from(pack))
        .await
        .unwrap();
    blobs
        .put(
            &format!("datasets/{id}/originals"),
            Bytes::from_static(ORIGINAL),
        )
        .await
        .unwrap();
    let split = |name: &str, holds: fn(&usize) -> bool| {
        let indices: Vec<usize> = (0..examples).filter(holds).collect();
        let labels: BTreeSet<usize> = indices.iter().map(|index| index % 2).collect();
        Split {
            name: name.into(),
            examples: indices.len(),
            classes: Some(labels.len()),
        }
    };
    let packed = Packed {
        content_hash: "c0ffee".into(),
        facts: DatasetFacts {
            examples,
            classes: 2,
            height: SIDE,
            width: SIDE,
            channels: 1,
            splits: vec![
                split("train", |index| index % 3 != 2),
                split("test", |index| index % 3 == 2),
            ],
            ..DatasetFacts::default()
        },
        class_names: vec!["cat".into(), "=dog()".into()],
        report: json!({
            "warnings": [{"code": "class-of-one", "detail": "a warning"}],
            "skipped": [{"name": "bad.png", "reason": "is empty"}],
            "duplicates": {"repeated": 2, "contradictory": 2, "groups": [
                {"indices": [0, 2], "labels_differ": false},
                {"indices": [1, 4], "labels_differ": true},
            ]},
        }),
        pack_blob: format!("datasets/{id}/pack"),
        pack_offset: 8,
        originals_blob: Some(format!("datasets/{id}/originals")),
    };
    let keys: Vec<String> = (0..examples)
        .map(|index| format!("a, \"b\"/{index}.png"))
        .collect();
    let rows = keys.iter().enumerate().map(|(index, key)| NewExample {
        key,
        label: (index % 2) as i32,
        split: Some(if index % 3 == 2 { "test" } else { "train" }),
        group: (index % 5 == 0).then_some("-fives"),
        difficulty: None,
        original: (index == 0).then_some((0, ORIGINAL.len() as u64)),
        media_type: (index == 0).then_some("image/png"),
        text: None,
    });
    datasets::finish(db, id, token, &packed, rows, NOW)
        .await
        .unwrap();
    id
}

/// A queued audit of `dataset` with two epochs and a checkpoint after each.
pub(crate) async fn queued_audit(service: &Service, dataset: Uuid) -> Uuid {
    queue(service, dataset, None).await
}

async fn queue(service: &Service, dataset: Uuid, archaeology: Option<Value>) -> Uuid {
    let body = json!({
        "dataset_id": dataset,
        "recipe": {"epochs": 2, "checkpoints": [1, 2], "split": "train"},
        "scoring": {"windows": ["all"]},
        "archaeology": archaeology,
        "seed": 7,
    });
    let answer = service
        .post("/v1/audits", body.to_string())
        .await
        .expect(202);
    answer.json()["id"].as_str().unwrap().parse().unwrap()
}

/// Its run, leased and begun.
pub(crate) async fn begun_run(service: &Service) -> ClaimedRun {
    let db = &service.app.db;
    let on = environment();
    let claimant = Claimant {
        worker: next_id(),
        environment: &on,
    };
    let run = runs::claim(db, claimant, next_id(), NOW, LEASE)
        .await
        .unwrap()
        .unwrap();
    runs::begin_attempt(db, &run, "host:1", &on, NOW)
        .await
        .unwrap();
    run
}

/// Tells one event of a run.
pub(crate) async fn tell(service: &Service, run: &ClaimedRun, epoch: u32) {
    let event = Event::Epoch {
        role: run.role,
        epoch,
        epochs: 2,
        loss: 0.5,
        accuracy: 0.75,
        examples_per_second: 100.0,
    };
    runs::tell(&service.app.db, run, &event, NOW).await.unwrap();
}

/// Renews a lease with a progress.
pub(crate) async fn beat(service: &Service, run: &ClaimedRun, progress: &Progress) {
    runs::heartbeat(&service.app.db, run, Some(progress), NOW, LEASE)
        .await
        .unwrap();
}

/// An audit that succeeded, with rankings of VoG and confidence over all examples: the hardest is
/// example 0, each has a value of its own but the last two, which have none.
pub(crate) async fn finished_audit(service: &Service, dataset: Uuid, examples: usize) -> Uuid {
    let audit = queued_audit(service, dataset).await;
    let run = begun_run(service).await;
    finish(service, &run, examples).await;
    audit
}

/// The same with an archaeology of the categories `random_outputs` and `corrupted`: even and odd
/// examples, with 15 of 20 votes or, every seventh, half of them. What is in the split `test` has none.
/// It takes at least 150 examples.
pub(crate) async fn categorised_audit(service: &Service, dataset: Uuid, examples: usize) -> Uuid {
    // Neither is ranked by a pilot, so there is one run.
    let suites = json!({"suites": ["random_outputs", "corrupted"]});
    let audit = queue(service, dataset, Some(suites)).await;
    let run = begun_run(service).await;
    let trained = (0..examples).filter(|index| index % 3 != 2);
    let categorised = trained.map(|index| {
        let tied = index % 7 == 0;
        let mut votes = if tied { vec![10, 10] } else { vec![15, 5] };
        votes.rotate_right(index % 2);
        Categorised {
            index: index as i32,
            category: (index % 2) as i16,
            tied,
            votes,
        }
    });
    archaeology::store(&service.app.db, &run, &report(), categorised, NOW)
        .await
        .unwrap();
    finish(service, &run, examples).await;
    audit
}

async fn finish(service: &Service, run: &ClaimedRun, examples: usize) {
    let db = &service.app.db;
    for epoch in 0..2 {
        let record = record(epoch, LogitSource::InFlight, examples);
        dynamics::store(db, run, &record, None, NOW).await.unwrap();
    }
    let eval_pass = record(1, LogitSource::EvalPass, examples);
    dynamics::store(db, run, &eval_pass, None, NOW)
        .await
        .unwrap();
    for checkpoint in 0..2 {
        let chunks = stream::iter(maps(checkpoint, examples));
        snapshots::store_checkpoint(db, run, checkpoint, examples, chunks, || NOW)
            .await
            .unwrap();
    }
    for (signal, scoring) in [(Signal::Vog, "std:all"), (Signal::Confidence, "default")] {
        let scored = scored(signal, scoring, examples);
        score_sets::store(db, run, &scored, NOW).await.unwrap();
    }
    let suggestion = Suggestion {
        index: 0,
        label: 1,
        probability: 0.75,
        runner_up: 0,
        runner_up_probability: 0.25,
    };
    suggestions::store(db, run, [suggestion].into_iter())
        .await
        .unwrap();
    runs::succeed_with_audit(db, run, Ending::Succeeded, &result(), NOW)
        .await
        .unwrap();
}

/// A worker that has measured the default model.
pub(crate) fn worker() -> Worker {
    Worker {
        id: Uuid::nil(),
        name: "host:1".into(),
        environment: environment(),
        devices: DeviceInfo {
            cuda: CudaState::NoLibraries("libtorch_cuda.so: not found".into()),
            gpus: vec![],
            driver: None,
            torch: "2.11.0".into(),
            threads: 2,
        },
        paces: vec![ModelPace {
            model: Model::CnnS,
            precision: Precision::F32,
            side: 32,
            trained_per_second: 1_000.0,
            swept_per_second: 2_000.0,
        }],
        heartbeat_at: NOW,
    }
}

pub(crate) fn environment() -> Environment {
    Environment {
        device: "cpu".into(),
        device_name: "A processor".into(),
        driver: None,
        torch: "2.11.0".into(),
        unearth: "0.1.0".into(),
        threads: 2,
    }
}

fn result() -> AuditResult {
    AuditResult {
        training_accuracy: Some(0.9),
        held_out_accuracy: Some(0.8),
        warnings: vec![],
        environment: Some(environment()),
        fit_secs: Some(1.0),
        sweep_secs: Some(2.0),
        wall_secs: 4.0,
        database_bytes: Some(5_000),
        runs: vec![],
    }
}

fn report() -> ArchaeologyReport {
    ArchaeologyReport {
        variant: ArchaeologyVariant::Unearth,
        neighbours: 20,
        logits: LogitSource::InFlight,
        worked: true,
        verdict: "it works".into(),
        accuracy: None,
        categories: vec![category("random_outputs"), category("corrupted")],
        confusion: vec![],
        voted: 0,
        tied: 0,
        not_voted: 0,
        sources: String::new(),
        groups: vec![],
        ranked_by: Some(RankedBy::Pilot),
        pilot_accuracy: None,
    }
}

fn category(name: &str) -> CategoryReport {
    CategoryReport {
        name: name.into(),
        fitted: 16,
        held_out: 16,
        recall: None,
        recall_interval: None,
        precision: None,
        reliable: true,
        false_positive_rate: None,
        called: 0,
        share: 0.0,
        prevalence: None,
        trajectory: vec![],
        contamination: None,
        examples: vec![],
        note: None,
    }
}

/// Example 0 was not seen in epoch 0.
fn record(epoch: u32, source: LogitSource, examples: usize) -> EpochRecord {
    let mut values = Record {
        loss: vec![0.5; examples].into(),
        p_given: vec![0.25; examples].into(),
        margin: vec![-1.5; examples].into(),
        el2n: vec![0.75; examples].into(),
        predicted: vec![1; examples].into(),
        best_other: vec![1; examples].into(),
    };
    if epoch == 0 {
        values.loss[0] = f32::NAN;
        values.p_given[0] = f32::NAN;
        values.predicted[0] = -1;
    }
    EpochRecord {
        epoch,
        source,
        values,
        probes: Record::default(),
    }
}

/// Every map of checkpoint 0 holds 1 (f16 0x3c00), of checkpoint 1 it holds -1, times 0.5 and 1.
fn maps(checkpoint: u32, examples: usize) -> Vec<MapChunk> {
    let (scale, pixel) = if checkpoint == 0 {
        (0.5, [0x00, 0x3c])
    } else {
        (1.0, [0x00, 0xbc])
    };
    let chunk = |chunk: usize| {
        let length = CHUNK_EXAMPLES.min(examples - chunk * CHUNK_EXAMPLES);
        MapChunk {
            checkpoint,
            chunk: chunk as u32,
            scales: vec![scale; length],
            maps: pixel.repeat(length * SIDE * SIDE),
        }
    };
    (0..examples.div_ceil(CHUNK_EXAMPLES)).map(chunk).collect()
}

fn scored(signal: Signal, scoring: &str, examples: usize) -> Scored {
    let unscored = 2;
    let direction = if signal == Signal::Confidence {
        -1.0
    } else {
        1.0
    };
    let rows = (0..examples).map(|index| {
        let value = (index + unscored < examples)
            .then(|| 100.0 + direction * ((examples - index) as f64 / 8.0));
        NewScore {
            rank: index as i32 + 1,
            index: index as i32,
            label: (index % 2) as i32,
            value,
            value_reason: value.is_none().then_some("not-seen"),
            normalised: value.map(|value| value / 2.0),
            normalised_reason: value.is_none().then_some("not-seen"),
            percentile: value.map(|_| 100.0 - index as f64),
        }
    });
    Scored {
        signal,
        scoring: scoring.into(),
        info: json!({"checkpoints": (signal == Signal::Vog).then_some([1, 2])}),
        statistics: json!({
            "examples": examples,
            "scored": examples - unscored,
            "histogram": {"edges": [0.0, 1.0, 2.0], "counts": [1, 2]},
            "classes": [
                {"label": 0, "examples": 3, "mean": 1.5, "std": 0.5, "median": 1.25},
                {"label": 1, "examples": 1, "mean": null, "std": null, "median": null},
            ],
            "held_out_error_by_decile": null,
        }),
        rows: rows.collect(),
    }
}
