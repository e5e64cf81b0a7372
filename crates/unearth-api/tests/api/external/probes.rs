//! Probes that an external run trained on beside its examples.

use super::{NPZ, Stage, batches};
use serde_json::{Value, json};

const EPOCHS: usize = 6;
const CLASSES: usize = 3;
const EXAMPLES: usize = 240;
/// Of each of both suites.
const PROBES: usize = 40;

/// Whether an example's label is wrong.
fn is_wrong(index: usize) -> bool {
    index.is_multiple_of(20)
}

fn table() -> String {
    let rows = (0..EXAMPLES).map(|index| {
        // How hard an example is is known of all but one.
        let difficulty = match index {
            7 => String::new(),
            _ => hardness(index).to_string(),
        };
        format!("e{index},c{},{difficulty}\n", index % CLASSES)
    });
    format!("key,label,difficulty\n{}", rows.collect::<String>())
}

fn probes() -> Vec<Value> {
    let probe = |at: usize, suite: &str, label: usize| {
        json!({ "key": format!("p{at}"), "suite": suite, "label": format!("c{label}"),
                "source": format!("e{}", at % EXAMPLES) })
    };
    let made = (0..2 * PROBES).map(|at| {
        if at < PROBES {
            probe(at, "random_outputs", (at + 1) % CLASSES)
        } else {
            probe(at, "corrupted", at % CLASSES)
        }
    });
    made.collect()
}

/// How late an example is learned, from 0 to 1, if it ever is.
fn hardness(index: usize) -> f32 {
    if is_wrong(index) {
        return 0.5;
    }
    (index * 37 % 100) as f32 / 100.0
}

/// Margin of the given label of a row at an epoch: right labels are learned sooner or later, corrupted ones late,
/// wrong ones never.
fn margin(row: usize, epoch: usize) -> f32 {
    let epoch = epoch as f32;
    let jitter = (row * 13 % 7) as f32 / 50.0;
    let at = |slope: f32, from: f32| from + slope * epoch + jitter;
    match row.checked_sub(EXAMPLES) {
        None if is_wrong(row) => at(-0.6, -0.5),
        None => at(1.5 - hardness(row), 0.0),
        Some(probe) if probe < PROBES => at(-0.6, -0.5),
        Some(_) => at(0.15, -0.2),
    }
}

/// Logits of rows at an epoch, as the model gives them.
fn batch(rows: std::ops::Range<usize>, epoch: usize) -> Vec<u8> {
    let mut logits = Vec::new();
    for row in rows.clone() {
        let label = match row.checked_sub(EXAMPLES) {
            None => row % CLASSES,
            Some(probe) if probe < PROBES => (probe + 1) % CLASSES,
            Some(probe) => probe % CLASSES,
        };
        let of = |class| {
            if class == label {
                margin(row, epoch)
            } else {
                0.0
            }
        };
        // Of the others, one is ahead.
        let next = (label + 1) % CLASSES;
        logits.extend(
            (0..CLASSES).map(|class| of(class) - f32::from(class != label && class != next)),
        );
    }
    batches::npz(&[("logits", batches::floats(&[rows.len(), CLASSES], &logits))])
}

async fn begin(stage: &Stage) -> String {
    let dataset = stage.table(&table()).await;
    let run = json!({ "epochs": EPOCHS, "logits": "in_flight", "probes": probes() });
    stage.begin(&dataset, run).await
}

async fn put(stage: &Stage, audit: &str, epoch: usize, rows: std::ops::Range<usize>) {
    let path = format!(
        "/v1/audits/{audit}/records/{}/{}?first={}",
        epoch + 1,
        rows.start,
        rows.start
    );
    stage.put(&path, NPZ, batch(rows, epoch)).await.expect(201);
}

#[tokio::test]
async fn probes_that_were_trained_on_tell_of_which_kind_examples_are() {
    let stage = Stage::new().await;
    let audit = begin(&stage).await;
    for epoch in 0..EPOCHS {
        // One batch goes over the border between examples and probes.
        put(&stage, &audit, epoch, 0..200).await;
        put(&stage, &audit, epoch, 200..EXAMPLES + 2 * PROBES).await;
    }
    let shown = stage.succeeded(&audit).await;
    assert_eq!(shown["external"]["probes"], 2 * PROBES);

    let found = stage
        .get(format!("/v1/audits/{audit}/archaeology"))
        .await
        .json();
    let report = &found["report"];
    let names: Vec<&str> = report["categories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["typical", "atypical", "random_outputs", "corrupted"]
    );
    assert_eq!(report["ranked_by"], "difficulty");
    assert_eq!(report["pilot_accuracy"], Value::Null);
    assert_eq!(report["logits"], "in_flight");
    assert_eq!(
        (&report["voted"], &report["not_voted"]),
        (&json!(EXAMPLES), &json!(0))
    );
    let categories = report["categories"].as_array().unwrap();
    for category in categories {
        let recall = category["recall"].as_f64().unwrap();
        assert!(recall > 0.6, "{category}");
    }
    // The hardest of each class whose difficulty is known.
    let atypical: Vec<u64> = categories[1]["examples"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_u64().unwrap())
        .collect();
    assert!(!atypical.contains(&7));
    assert!(
        atypical.iter().all(|&it| hardness(it as usize) > 0.7),
        "{atypical:?}"
    );

    let wrong: Vec<String> = (0..EXAMPLES)
        .filter(|&it| is_wrong(it))
        .map(|it| format!("e{it}"))
        .collect();
    let called = stage
        .ranking(&audit, "signal=label_issue&category=random_outputs")
        .await;
    let mut called: Vec<String> = called.into_iter().map(|(key, _)| key).collect();
    called.sort_unstable();
    let mut expected = wrong.clone();
    expected.sort_unstable();
    assert_eq!(called, expected);
    // Probes are no examples.
    let all = stage.ranking(&audit, "signal=label_issue").await;
    assert_eq!(all.len(), EXAMPLES);
    assert!(all.iter().all(|(key, _)| key.starts_with('e')));
    stage.leave().await;
}

#[tokio::test]
async fn records_of_probes_are_missed_by_key() {
    let stage = Stage::new().await;
    let audit = begin(&stage).await;
    for epoch in 0..EPOCHS {
        let end = if epoch == 2 {
            EXAMPLES + 2 * PROBES - 1
        } else {
            EXAMPLES + 2 * PROBES
        };
        put(&stage, &audit, epoch, 0..end).await;
    }
    let refused = stage
        .complete(&audit)
        .await
        .problem(409, "audit-incomplete");
    assert_eq!(refused["errors"][0]["field"], "records/3");
    let detail = refused["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("`p79` (index 319)"), "{detail}");
    // By its key, it finds its place.
    let logits = batches::floats(&[1, CLASSES], &[0.0, margin(319, 2), -1.0]);
    let key = batches::npy("|S3", &[1], b"p79");
    let last = batches::npz(&[("key", key), ("logits", logits)]);
    let path = format!("/v1/audits/{audit}/records/3/9");
    stage.put(&path, NPZ, last).await.expect(201);
    stage.succeeded(&audit).await;
    stage.leave().await;
}

#[tokio::test]
async fn what_makes_no_archaeology_is_said_before_anything_is_posted() {
    let stage = Stage::new().await;
    let dataset = stage.table(&table()).await;
    let refused = async |run: Value| {
        let mut body = json!({ "kind": "external", "dataset_id": dataset["id"], "epochs": 2, "logits": "in_flight" });
        body.as_object_mut()
            .unwrap()
            .extend(run.as_object().unwrap().clone());
        let answer = stage.service.post("/v1/audits", body.to_string()).await;
        let problem = answer.problem(422, "invalid-request");
        let error = &problem["errors"][0];
        (
            error["field"].as_str().unwrap().to_owned(),
            error["detail"].as_str().unwrap().to_owned(),
        )
    };
    let suites = json!({ "suites": ["random_outputs", "out_of_distribution"] });
    let (field, detail) = refused(json!({ "probes": probes(), "archaeology": suites })).await;
    assert_eq!(field, "archaeology.suites");
    assert!(
        detail.contains("no probes of out_of_distribution"),
        "{detail}"
    );
    let few = [&probes()[..10], &probes()[PROBES..]].concat();
    let (field, detail) = refused(json!({ "probes": few })).await;
    assert_eq!(field, "probes");
    assert!(detail.contains("fewer than 20"), "{detail}");
    let taken = json!({ "key": "e3", "suite": "corrupted", "label": "c0" });
    let (field, _) = refused(json!({ "probes": [taken] })).await;
    assert_eq!(field, "probes[0].key");
    let (field, detail) =
        refused(json!({ "probes": probes(), "archaeology": { "pilot_epochs": 3 } })).await;
    assert_eq!(field, "archaeology.pilot_epochs", "{detail}");
    let (field, _) = refused(json!({ "probes": probes(), "epochs": 0, "checkpoints": [1, 2], "map_height": 4, "map_width": 4 })).await;
    assert_eq!(field, "epochs");

    let without = stage
        .begin(&dataset, json!({ "epochs": 1, "logits": "in_flight" }))
        .await;
    let found = stage
        .get(format!("/v1/audits/{without}/archaeology"))
        .await
        .json();
    assert_eq!(found["report"], Value::Null);
    let reason = found["report_reason"].as_str().unwrap();
    assert!(reason.contains("unearth probes"), "{reason}");
    stage.leave().await;
}

#[tokio::test]
async fn an_archaeology_needs_losses() {
    let stage = Stage::new().await;
    let dataset = stage.table(&table()).await;
    let run = json!({ "epochs": 1, "logits": "in_flight", "probes": probes() });
    let audit = stage.begin(&dataset, run).await;
    let rows = EXAMPLES + 2 * PROBES;
    let confident = batches::npz(&[("p_given", batches::floats(&[rows], &vec![0.5; rows]))]);
    let path = format!("/v1/audits/{audit}/records/1/0?first=0");
    stage.put(&path, NPZ, confident).await.expect(201);
    let refused = stage
        .complete(&audit)
        .await
        .problem(409, "audit-incomplete");
    assert_eq!(refused["errors"][0]["field"], "records");
    stage.leave().await;
}
