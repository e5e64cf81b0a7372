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

#[tokio::test]
async fn maps_that_are_given_up_are_scored_no_further() {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, 6).await;
    let audit = stage::finished_audit(&service, dataset, 6).await;
    let waiting = stage::queued_audit(&service, dataset).await;
    let path = format!("/v1/audits/{audit}");
    let snapshots = format!("{path}/snapshots");
    let further = r#"{"windows": ["late"]}"#;
    assert_eq!(
        service.get(&path).await.expect(200).json()["snapshots_dropped_at"],
        json!(null)
    );
    let answer = service
        .delete(&format!("/v1/audits/{waiting}/snapshots"))
        .await;
    answer.problem(409, "audit-not-finished");

    service
        .post(&format!("{path}/scores"), further)
        .await
        .expect(202);
    let answer = service.delete(&snapshots).await;
    answer.problem(409, "snapshots-in-use");
    sqlx::query("delete from score_sets where state = 'queued'")
        .execute(&mut service.sql().await)
        .await
        .unwrap();

    service.delete(&snapshots).await.expect(204);
    service.delete(&snapshots).await.expect(204);
    let view = service.get(&path).await.expect(200).json();
    assert!(view["snapshots_dropped_at"].is_string(), "{view}");
    let answer = service.post(&format!("{path}/scores"), further).await;
    answer.problem(409, "snapshots-dropped");
    let example = service.get(&format!("{path}/examples/0")).await.expect(200);
    assert_eq!(example.json()["gradients"], json!([]));
    service
        .delete(&format!("/v1/audits/{dataset}/snapshots"))
        .await
        .problem(404, "audit-not-found");
}
