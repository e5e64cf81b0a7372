//! Records become signals, as far as they were posted.

use super::{ARROW, LINES, NPZ, Stage, batches};
use serde_json::{Value, json};

const TABLE: &str = "key,label,group,text\n\
    a,cat,x,\"a purr, at night\"\n\
    b,dog,y,woof\n\
    c,cat,,\u{645}\u{631}\u{62d}\u{628}\u{627}\n\
    d,dog,x,\n";

/// Logits by epoch and example; the labels are cat, dog, cat, dog. `d` is never right.
const LOGITS: [[[f32; 2]; 4]; 3] = [
    [[0.5, 0.0], [0.0, 0.25], [0.0, 1.0], [1.0, 0.0]],
    [[1.5, 0.0], [0.5, 0.0], [1.0, 0.0], [2.0, 0.0]],
    [[2.5, 0.0], [0.0, 3.0], [2.0, 0.0], [3.0, 0.0]],
];

#[tokio::test]
async fn logits_give_every_signal_of_the_records() {
    let stage = Stage::new().await;
    let dataset = stage.table(TABLE).await;
    assert_eq!(dataset["facts"]["modality"], "text");
    let run = json!({ "epochs": 3, "logits": "eval_pass" });
    let audit = stage.begin(&dataset, run).await;
    for (epoch, logits) in LOGITS.iter().enumerate() {
        let path = format!("/v1/audits/{audit}/records/{}", epoch + 1);
        let lines: String = [("c", 2, 0), ("a", 0, 0)]
            .map(|(key, row, gold): (&str, usize, u8)| {
                format!(
                    "{{\"guid\":\"{key}\",\"logits_epoch_{epoch}\":{:?},\"gold\":{gold}}}\n",
                    logits[row]
                )
            })
            .concat();
        stage
            .put(&format!("{path}/7"), LINES, lines.into_bytes())
            .await
            .expect(201);
        let npz = batches::npz(&[
            ("index", batches::integers(&[3, 1])),
            (
                "logits",
                batches::floats(&[2, 2], &[logits[3], logits[1]].concat()),
            ),
        ]);
        let kept = stage
            .put(&format!("{path}/1"), NPZ, npz)
            .await
            .expect(201)
            .json();
        assert_eq!(
            kept,
            json!({ "examples": 2, "columns": ["loss", "p_given", "margin", "el2n", "predicted", "best_other"] })
        );
    }
    let done = stage.succeeded(&audit).await;
    assert_eq!(done["result"]["training_accuracy"], 0.75);
    assert_eq!(done["result"]["environment"], Value::Null);
    let signals = done["signals"].as_array().unwrap();
    assert_eq!(signals.len(), 12);
    assert!(!signals.contains(&json!("vog")));

    let aum = stage.ranking(&audit, "signal=aum").await;
    let values: Vec<(&str, f64)> = aum
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_f64().unwrap()))
        .collect();
    assert_eq!(values[0].0, "d");
    for (key, expected) in [("a", 1.5), ("b", 2.75 / 3.0), ("c", 2.0 / 3.0), ("d", -2.0)] {
        let found = values.iter().find(|(other, _)| *other == key).unwrap().1;
        assert!((found - expected).abs() < 1e-6, "{key}: {found}");
    }
    // Final loss is that of the last epoch alone.
    let final_loss = stage.ranking(&audit, "signal=final_loss").await;
    let expected = (1.0f64 + (3.0f64).exp()).ln();
    assert_eq!(final_loss[0].0, "d");
    assert!((final_loss[0].1.as_f64().unwrap() - expected).abs() < 1e-6);
    let correctness = stage.ranking(&audit, "signal=correctness").await;
    assert_eq!(correctness[0], ("d".into(), json!(0.0)));

    let vog = stage
        .service
        .get(&format!("/v1/audits/{audit}/ranking.csv?signal=vog"))
        .await;
    let problem = vog.problem(404, "scores-not-found");
    assert_eq!(
        problem["detail"],
        "vog needs gradients, and none were posted"
    );

    let example = stage
        .service
        .get(&format!("/v1/audits/{audit}/examples/0"))
        .await
        .expect(200)
        .json();
    assert_eq!(example["text"], "a purr, at night");
    assert_eq!(example["trajectory"]["epochs"], json!([1, 2, 3]));
    assert_eq!(example["predicted"], "cat");
    let page = stage.get(format!("/v1/audits/{audit}/examples?signal=aum&label=cat"));
    let page = page.await.json();
    assert_eq!(page["matching"], 2);
    assert_eq!(
        page["items"][0]["excerpt"],
        "\u{645}\u{631}\u{62d}\u{628}\u{627}"
    );
    let csv = stage.get(format!("/v1/audits/{audit}/ranking.csv?signal=label_issue"));
    assert!(
        csv.await
            .text()
            .lines()
            .nth(1)
            .unwrap()
            .starts_with("1,3,d,dog,")
    );
    stage.leave().await;
}

#[tokio::test]
async fn what_was_not_posted_is_said_and_labels_are_not_needed_for_all() {
    let stage = Stage::new().await;
    let dataset = stage.table("key\na\nb\nc\n").await;
    let run = json!({ "epochs": 1, "logits": "in_flight" });
    let audit = stage.begin(&dataset, run).await;
    let body = batches::losses(&[2, 0, 1], &[0.5, 0.25, 4.0]);
    stage
        .put(&format!("/v1/audits/{audit}/records/1/0"), NPZ, body)
        .await
        .expect(201);
    let done = stage.succeeded(&audit).await;
    assert_eq!(done["signals"], json!(["mean_loss"]));
    assert_eq!(done["result"]["training_accuracy"], Value::Null);
    let ranking = stage.ranking(&audit, "signal=mean_loss").await;
    let expected = [("b", 4.0), ("c", 0.5), ("a", 0.25)];
    assert_eq!(
        ranking,
        expected.map(|(key, value)| (key.to_owned(), json!(value)))
    );
    for (signal, detail) in [
        (
            "aum",
            "aum needs `margin` of every epoch, and none was posted",
        ),
        (
            "final_loss",
            "final_loss needs an eval pass, and the posted records were taken in flight",
        ),
    ] {
        let path = format!("/v1/audits/{audit}/examples?signal={signal}");
        let problem = stage
            .service
            .get(&path)
            .await
            .problem(404, "scores-not-found");
        assert_eq!(problem["detail"], detail);
    }
    let statistics = format!("/v1/audits/{audit}/statistics?signal=mean_loss");
    let statistics = stage.service.get(&statistics).await.expect(200).json();
    assert_eq!(
        (&statistics["scored"], &statistics["classes"]),
        (&json!(3), &json!([]))
    );
    let csv = stage.get(format!("/v1/audits/{audit}/ranking.csv?signal=mean_loss"));
    let csv = csv.await.text();
    assert_eq!(
        csv.lines().nth(1),
        Some("1,1,b,,,,4.0,,100.0,,,undecided,,0")
    );
    stage.leave().await;
}

#[tokio::test]
async fn a_model_may_know_more_classes_than_the_dataset() {
    let stage = Stage::new().await;
    let dataset = stage.table("key,label\na,cat\nb,dog\n").await;
    let classes = ["bird", "dog", "cat"];
    let run = json!({ "epochs": 1, "logits": "eval_pass", "classes": classes });
    let audit = stage.begin(&dataset, run).await;
    let body = batches::npz(&[
        (
            "logits",
            batches::floats(&[2, 3], &[5.0, 1.0, 0.0, 0.0, 2.0, 1.0]),
        ),
        ("label", batches::integers(&[2, 1])),
    ]);
    stage
        .put(
            &format!("/v1/audits/{audit}/records/1/0?first=0"),
            NPZ,
            body,
        )
        .await
        .expect(201);
    stage.succeeded(&audit).await;
    let page = stage.get(format!("/v1/audits/{audit}/examples?signal=label_issue"));
    let page = page.await.json();
    assert_eq!(page["items"][0]["key"], "a");
    assert_eq!(page["items"][0]["label"], "cat");
    assert_eq!(page["items"][0]["suggested_label"], "bird");
    let csv = stage.get(format!("/v1/audits/{audit}/ranking.csv?signal=label_issue"));
    assert!(csv.await.text().contains("bird"));
    stage.leave().await;
}

#[tokio::test]
async fn records_in_flight_say_so_and_find_wrong_labels_too() {
    let stage = Stage::new().await;
    let dataset = stage.table(TABLE).await;
    let run = json!({ "epochs": 1, "logits": "in_flight" });
    let audit = stage.begin(&dataset, run).await;
    let body = batches::npz(&[("logits", batches::floats(&[4, 2], &LOGITS[2].concat()))]);
    let path = format!("/v1/audits/{audit}/records/1/0?first=0");
    stage.put(&path, NPZ, body).await.expect(201);
    stage.succeeded(&audit).await;
    let page = stage
        .get(format!("/v1/audits/{audit}/examples?signal=label_issue"))
        .await;
    let page = page.json();
    assert_eq!(page["items"][0]["key"], "d");
    assert_eq!(page["items"][0]["value"], 1.0);
    let told = |field: &str| page["signal"][field].as_str().unwrap().to_owned();
    assert!(told("logits").starts_with("as posted, in flight"));
    assert!(told("formula").contains("two readings"));
    stage.leave().await;
}

#[tokio::test]
async fn a_damaged_arrow_stream_is_refused() {
    let stage = Stage::new().await;
    let dataset = stage.table("key\na\n").await;
    let audit = stage
        .begin(&dataset, json!({ "epochs": 1, "logits": "eval_pass" }))
        .await;
    let path = format!("/v1/audits/{audit}/records/1/0");
    let refused = stage
        .put(&path, ARROW, b"\xff\xff\xff\xff\x10\0\0\0abc".to_vec())
        .await;
    refused.problem(422, "batch-unreadable");
    stage.leave().await;
}
