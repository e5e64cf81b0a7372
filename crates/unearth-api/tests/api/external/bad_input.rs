//! Bad batches: a clear problem each, and nothing kept.

use super::{ARROW, LINES, NPY, NPZ, Stage, batches};
use serde_json::{Value, json};

const TABLE: &str = "key,label\na,cat\nb,dog\nc,cat\nd,dog\n";

fn index(rows: &[i64]) -> (&'static str, Vec<u8>) {
    ("index", batches::integers(rows))
}

fn column(name: &'static str, values: &[f32]) -> (&'static str, Vec<u8>) {
    (name, batches::floats(&[values.len()], values))
}

/// A bad batch and what is told of it.
struct Bad {
    media_type: &'static str,
    body: Vec<u8>,
    status: u16,
    code: &'static str,
    /// The field that is named.
    field: Option<&'static str>,
}

fn bad(
    media_type: &'static str,
    body: Vec<u8>,
    code: &'static str,
    field: impl Into<Option<&'static str>>,
) -> Bad {
    Bad {
        media_type,
        body,
        status: 422,
        code,
        field: field.into(),
    }
}

fn npz(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    batches::npz(arrays)
}

fn logits(values: &[f32]) -> (&'static str, Vec<u8>) {
    ("logits", batches::floats(&[2, values.len() / 2], values))
}

fn bad_records() -> Vec<Bad> {
    let two = column("loss", &[0.5, 0.5]);
    let values = |arrays: &[(&'static str, Vec<u8>)]| npz(&[&[index(&[0, 1])], arrays].concat());
    let rows = |rows: &[i64]| npz(&[index(rows), two.clone()]);
    let line = |line: &str| line.as_bytes().to_vec();
    let good = batches::losses(&[0, 1], &[0.5, 0.25]);
    vec![
        bad(
            NPZ,
            values(&[column("loss", &[0.5, f32::NAN])]),
            "value-not-finite",
            "loss[1]",
        ),
        bad(
            NPZ,
            values(&[column("p_given", &[-4.5, 0.5])]),
            "value-out-of-range",
            "p_given[0]",
        ),
        bad(
            NPZ,
            values(&[logits(&[0.5, 0.5, 0.25, 0.75])]),
            "value-out-of-range",
            "logits",
        ),
        bad(NPZ, values(&[logits(&[1.0; 6])]), "column-wrong", "logits"),
        bad(
            NPZ,
            values(&[column("los", &[0.5, 0.5])]),
            "column-unknown",
            "los",
        ),
        bad(NPZ, rows(&[2, 2]), "example-duplicate", "[1]"),
        bad(NPZ, rows(&[2, 9]), "example-unknown", "index[1]"),
        bad(
            LINES,
            line(r#"{"guid": "z", "logits_epoch_0": [1.0, 2.0], "gold": 0}"#),
            "example-unknown",
            "key[0]",
        ),
        bad(
            LINES,
            line(r#"{"guid": "a", "logits_epoch_0": [1.0, 2.0], "gold": 1}"#),
            "label-mismatch",
            "label[0]",
        ),
        bad(
            LINES,
            line(r#"{"guid": "a", "logits_epoch_0": [1.0, NaN]}"#),
            "batch-unreadable",
            "[0]",
        ),
        bad(
            NPZ,
            good[..good.len() - 9].to_vec(),
            "batch-unreadable",
            None,
        ),
        bad(ARROW, vec![0xff; 7], "batch-unreadable", None),
        bad(NPZ, npz(&[column("loss", &[0.5])]), "column-missing", None),
        bad(
            NPZ,
            npz(&[index(&[]), column("loss", &[])]),
            "batch-empty",
            None,
        ),
        Bad {
            status: 415,
            ..bad("text/csv", line("index,loss\n"), "batch-media-type", None)
        },
    ]
}

fn bad_gradients() -> Vec<Bad> {
    let maps = |shape: &[usize], values: &[f32]| {
        npz(&[index(&[0]), ("gradients", batches::floats(shape, values))])
    };
    let infinite = maps(&[1, 1, 2], &[0.0, f32::INFINITY]);
    let unnamed = batches::floats(&[1, 1, 2], &[0.0; 2]);
    vec![
        bad(
            NPZ,
            maps(&[1, 2, 1], &[0.0; 2]),
            "column-wrong",
            "gradients",
        ),
        bad(NPZ, infinite, "value-not-finite", "gradients[0]"),
        bad(NPY, unnamed, "column-missing", None),
    ]
}

#[tokio::test]
async fn bad_batches_are_refused_whole() {
    let stage = Stage::new().await;
    let dataset = stage.table(TABLE).await;
    let run = json!({
        "epochs": 2, "logits": "eval_pass",
        "checkpoints": [1, 2], "map_height": 1, "map_width": 2,
    });
    let audit = stage.begin(&dataset, run).await;
    for (place, batches) in [
        ("records/1/0", bad_records()),
        ("gradients/0/0", bad_gradients()),
    ] {
        let path = format!("/v1/audits/{audit}/{place}");
        for bad in batches {
            let refused = stage.put(&path, bad.media_type, bad.body).await;
            let problem = refused.problem(bad.status, bad.code);
            assert_eq!(
                problem["errors"][0]["field"].as_str(),
                bad.field,
                "{problem}"
            );
            assert!(
                problem["detail"]
                    .as_str()
                    .is_some_and(|detail| !detail.is_empty())
            );
        }
    }
    let good = batches::losses(&[0, 1], &[0.5, 0.25]);
    for place in [
        "records/0/0",
        "records/3/0",
        "gradients/2/0",
        "records/1/4294967295",
    ] {
        let path = format!("/v1/audits/{audit}/{place}");
        let refused = stage.put(&path, NPZ, good.clone()).await;
        refused.problem(422, "invalid-request");
    }
    assert_eq!(stage.count("posted_records").await, 0);
    assert_eq!(stage.count("posted_maps").await, 0);

    let path = format!("/v1/audits/{audit}/records/1/0");
    let body = npz(&[index(&[0]), column("p_given", &[7.0])]);
    let hint = stage.put(&path, NPZ, body).await.json()["hint"].clone();
    assert!(hint.as_str().unwrap().contains("logits"), "{hint}");
    stage.leave().await;
}

#[tokio::test]
async fn what_is_missing_or_twice_is_said_when_the_posting_ends() {
    let stage = Stage::new().await;
    let dataset = stage.table(TABLE).await;
    let run = json!({
        "epochs": 2, "logits": "eval_pass",
        "checkpoints": [1, 2], "map_height": 1, "map_width": 1,
    });
    let audit = stage.begin(&dataset, run).await;
    let put = async |place: &str, body: Vec<u8>| {
        let path = format!("/v1/audits/{audit}/{place}");
        stage.put(&path, NPZ, body).await.expect(201);
    };
    put("records/1/0", batches::losses(&[0, 3, 1], &[0.5; 3])).await;
    put("records/1/1", batches::losses(&[1, 2], &[0.5; 2])).await;
    let maps = |rows: &[i64]| {
        let values = vec![1.0; rows.len()];
        batches::npz(&[
            index(rows),
            ("gradients", batches::floats(&[rows.len(), 1, 1], &values)),
        ])
    };
    put("gradients/0/5", maps(&[0, 1, 2, 3])).await;
    put("gradients/1/5", maps(&[3, 1])).await;

    let problem = stage
        .complete(&audit)
        .await
        .problem(409, "audit-incomplete");
    let errors: Vec<(&str, &str)> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            (
                error["field"].as_str().unwrap(),
                error["detail"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        errors,
        [
            (
                "records/1",
                "1 examples are there twice: `b` (index 1) is in the batches 0 and 1"
            ),
            (
                "records/2",
                "4 examples are missing: `a` (index 0), `b` (index 1), `c` (index 2), `d` (index 3)"
            ),
            (
                "gradients/1",
                "2 examples are missing: `a` (index 0), `c` (index 2)"
            ),
        ]
    );
    let audit_now = stage
        .service
        .get(&format!("/v1/audits/{audit}"))
        .await
        .json();
    assert_eq!(audit_now["state"], "receiving");

    let removed = stage
        .service
        .delete(&format!("/v1/audits/{audit}/records/1/1"))
        .await;
    removed.expect(204);
    put("records/1/1", batches::losses(&[2], &[0.5])).await;
    put("gradients/1/6", maps(&[2, 0])).await;
    let with_margin = batches::npz(&[
        index(&[0, 1, 2, 3]),
        column("loss", &[0.5; 4]),
        column("margin", &[0.5; 4]),
    ]);
    put("records/2/0", with_margin).await;
    let problem = stage
        .complete(&audit)
        .await
        .problem(409, "audit-incomplete");
    assert_eq!(
        problem["errors"],
        json!([{"field": "records/2/0", "detail": "holds loss, margin, where the batches before it hold loss"}])
    );
    stage
        .service
        .delete(&format!("/v1/audits/{audit}/records/2/0"))
        .await
        .expect(204);
    put("records/2/0", batches::losses(&[0, 1, 2, 3], &[0.5; 4])).await;
    stage.succeeded(&audit).await;
    stage.leave().await;
}

#[tokio::test]
async fn a_run_that_makes_no_sense_is_refused_by_its_fields() {
    let stage = Stage::new().await;
    let dataset = stage.table(TABLE).await;
    let fields = async |run: Value| -> Vec<String> {
        let mut body = json!({ "kind": "external", "dataset_id": dataset["id"] });
        body.as_object_mut()
            .unwrap()
            .extend(run.as_object().unwrap().clone());
        let refused = stage.service.post("/v1/audits", body.to_string()).await;
        let problem = refused.problem(422, "invalid-request");
        let errors = problem["errors"].as_array().unwrap();
        errors
            .iter()
            .map(|error| error["field"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(fields(json!({})).await, ["epochs"]);
    assert_eq!(fields(json!({ "epochs": 2 })).await, ["logits"]);
    assert_eq!(
        fields(json!({ "checkpoints": [2, 1] })).await,
        ["checkpoints", "map_height", "map_width"]
    );
    assert_eq!(
        fields(json!({ "epochs": 1, "logits": "eval_pass", "classes": ["cat"] })).await,
        ["classes"]
    );
    assert_eq!(fields(json!({ "epoch": 1 })).await, ["epoch"]);
    assert_eq!(fields(json!({ "kind": "trainable" })).await, ["kind"]);

    let body = json!({ "dataset_id": dataset["id"] }).to_string();
    let refused = stage.service.post("/v1/audits", body).await;
    let problem = refused.problem(409, "dataset-has-no-images");
    assert_eq!(
        problem["detail"],
        "the examples of `rows.csv` are rows of a table"
    );
    let image = format!(
        "/v1/datasets/{}/examples/0/image",
        dataset["id"].as_str().unwrap()
    );
    stage
        .service
        .get(&image)
        .await
        .problem(404, "example-has-no-image");
    stage.leave().await;
}
