use crate::{service::Service, stage};
use serde_json::json;

#[tokio::test]
async fn further_windows_are_queued_for_both_populations() {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, 6).await;
    let path = format!(
        "/v1/audits/{}/scores",
        stage::finished_audit(&service, dataset, 6).await
    );
    let body = json!({"variant": "paper", "windows": ["late", [0, 1]]}).to_string();
    let sets = service.post(&path, body).await.expect(202).json();
    let listed: Vec<(String, String)> = sets["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|set| {
            (
                set["scoring"].as_str().unwrap().into(),
                set["state"].as_str().unwrap().into(),
            )
        })
        .collect();
    let expected = [
        ("std:all", "ready"),
        ("default", "ready"),
        ("paper:late", "queued"),
        ("paper:late@held_out", "queued"),
        ("paper:0-1", "queued"),
        ("paper:0-1@held_out", "queued"),
    ];
    assert_eq!(
        listed,
        expected.map(|(scoring, state)| (scoring.to_owned(), state.to_owned()))
    );

    let ranking = path.replace("/scores", "/examples?variant=paper&window=late");
    service.get(&ranking).await.problem(409, "scores-not-ready");
}

#[tokio::test]
async fn wrong_windows_are_named() {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, 6).await;
    let path = format!(
        "/v1/audits/{}/scores",
        stage::finished_audit(&service, dataset, 6).await
    );
    for (body, field) in [
        (json!({"windows": [[0, 9]]}), "windows[0]"),
        (json!({"windows": []}), "windows"),
        (json!({}), "windows"),
        (json!({"windows": ["all"], "epochs": 1}), "epochs"),
    ] {
        let problem = service
            .post(&path, body.to_string())
            .await
            .problem(422, "invalid-request");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
}

#[tokio::test]
async fn only_finished_audits_are_scored_further() {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, 6).await;
    let path = format!(
        "/v1/audits/{}/scores",
        stage::queued_audit(&service, dataset).await
    );
    assert_eq!(
        service.get(&path).await.expect(200).json()["items"],
        json!([])
    );
    let answer = service.post(&path, r#"{"windows": ["all"]}"#).await;
    answer.problem(409, "audit-not-finished");
}
