//! Rankings in the forms of other tools.

use crate::{service::Service, stage};
use serde_json::{Value, json};

const EXAMPLES: usize = 42;

async fn audited() -> (Service, String) {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, EXAMPLES).await;
    let audit = stage::finished_audit(&service, dataset, EXAMPLES).await;
    let mut sql = service.sql().await;
    // As if it were the other signal.
    let rename = "update score_sets set signal = 'label_issue' where signal = 'confidence'";
    sqlx::query(rename).execute(&mut sql).await.unwrap();
    (service, format!("/v1/audits/{audit}"))
}

#[tokio::test]
async fn cleanlab_s_score_is_low_where_it_is_bad() {
    let (service, audit) = audited().await;
    let file = service
        .get(&format!("{audit}/cleanlab.csv?split=train"))
        .await
        .expect(200);
    let text = file.text().replace('\r', "");
    let head: Vec<&str> = text.lines().take(4).collect();
    insta::assert_snapshot!(head.join("\n"), @r#"
    index,key,is_label_issue,label_score,given_label,suggested_label
    0,"a, ""b""/0.png",true,0.0,cat,'=dog()
    1,"a, ""b""/1.png",true,0.010000000000000009,'=dog(),
    3,"a, ""b""/3.png",false,0.030000000000000027,'=dog(),
    "#);
    let last = text.lines().last().unwrap();
    assert!(last.ends_with(r#"40.png",false,,cat,"#), "{last}");
    assert_eq!(file.header("x-unearth-signal"), "label_issue default");
}

#[tokio::test]
async fn label_studio_gets_suggestions_and_what_was_decided() {
    let (service, audit) = audited().await;
    for (decision, label, example) in [("relabel", json!("=dog()"), 0), ("keep", Value::Null, 1)] {
        let body =
            json!({"reviewer": "ada", "decision": decision, "label": label, "examples": [example]});
        let address = format!("{audit}/decisions");
        service.post(&address, body.to_string()).await.expect(201);
    }
    let address = format!("{audit}/label-studio.json?label=cat&image_prefix=s3://bucket/");
    let tasks = service.get(&address).await.expect(200).json();
    let tasks = tasks.as_array().unwrap();
    assert_eq!(tasks.len(), EXAMPLES / 2);
    let choice = json!([{
        "from_name": "label", "to_name": "image", "type": "choices",
        "value": {"choices": ["=dog()"]},
    }]);
    let task = json!({
        "data": {
            "image": "s3://bucket/a, \"b\"/0.png", "key": "a, \"b\"/0.png", "index": 0,
            "given_label": "cat", "rank": 1, "standing": "relabel",
        },
        "predictions": [{"model_version": "unearth vog", "score": 1.0, "result": choice}],
        "annotations": [{"result": choice}],
    });
    assert_eq!(tasks[0], task);
    assert_eq!(
        (&tasks[1]["predictions"], &tasks[1]["annotations"]),
        (&json!([]), &json!([]))
    );
    let none = service
        .get(&format!("{audit}/label-studio.json?group=nobody"))
        .await
        .expect(200);
    assert_eq!(none.json(), json!([]));
}
