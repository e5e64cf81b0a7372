use crate::{
    service::{Service, anonymous, request},
    stage,
};
use axum::{body::Body, http::Method};
use serde_json::json;
use unearth_store::workers;
use uuid::Uuid;

#[tokio::test]
async fn readiness_names_the_workers() {
    let service = Service::start().await;
    workers::heartbeat(&service.app.db, &stage::worker())
        .await
        .unwrap();
    let answer = service
        .send(anonymous(Method::GET, "/readyz", Body::empty()))
        .await
        .expect(200);
    insta::assert_json_snapshot!(answer.json(), @r##"
    {
      "database": "ok",
      "status": "ready",
      "workers": [
        {
          "cuda": "no_libraries",
          "device": "cpu",
          "heartbeat_at": "2026-01-02T03:04:05Z",
          "name": "host:1",
          "paces": [
            {
              "model": "cnn-s",
              "precision": "f32",
              "side": 32,
              "swept_per_second": 2000.0,
              "trained_per_second": 1000.0
            }
          ]
        }
      ]
    }
    "##);
    service.app.db.close().await;
    let answer = service
        .send(anonymous(Method::GET, "/readyz", Body::empty()))
        .await
        .expect(503);
    assert_eq!(answer.json()["database"], "away");
    service
        .send(anonymous(Method::GET, "/healthz", Body::empty()))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_lost_database_is_told_without_its_words() {
    let service = Service::start().await;
    service.app.db.close().await;
    let answer = service.get("/v1/audits").await;
    let problem = answer.problem(503, "database-away");
    assert_eq!(answer.header("retry-after"), "5");
    insta::assert_json_snapshot!(problem, @r##"
    {
      "code": "database-away",
      "detail": "the database did not answer",
      "hint": "try again in a moment",
      "request_id": "a-request",
      "status": 503,
      "title": "The database cannot be reached",
      "type": "/problems/database-away"
    }
    "##);
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems() {
    let service = Service::start().await;
    service
        .get("/v1/nothing")
        .await
        .problem(404, "no-such-route");
    service
        .post("/nothing", "")
        .await
        .problem(404, "no-such-route");
    let put = service
        .send(request(Method::PUT, "/v1/audits", Body::empty()))
        .await;
    put.problem(405, "method-not-allowed");
    assert!(put.header("allow").contains("POST"));
}

#[tokio::test]
async fn a_short_plain_request_id_is_kept_and_others_are_replaced() {
    let service = Service::start().await;
    assert_eq!(
        service.get("/healthz").await.header("x-request-id"),
        "a-request"
    );
    let mut odd = anonymous(Method::GET, "/healthz", Body::empty());
    odd.headers_mut()
        .insert("x-request-id", "a b".parse().unwrap());
    let answer = service.send(odd).await;
    assert!(answer.header("x-request-id").parse::<Uuid>().is_ok());
}

#[tokio::test]
async fn a_json_body_may_hold_one_mebibyte() {
    let service = Service::start().await;
    let body = " ".repeat((1 << 20) + 1);
    service
        .post("/v1/audits", body)
        .await
        .problem(413, "body-too-large");
}

#[tokio::test]
async fn nul_characters_are_refused_and_their_fields_named() {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, 6).await;
    let audit = stage::finished_audit(&service, dataset, 6).await;
    for (path, field) in [
        (format!("/v1/audits/{audit}/examples?group=%00"), "group"),
        (
            format!("/v1/audits/{audit}/ranking.csv?label=cat&split=a%00b"),
            "split",
        ),
        (
            format!("/v1/datasets/{dataset}/examples?split=%00"),
            "split",
        ),
    ] {
        let problem = service.get(&path).await.problem(422, "invalid-request");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    let upload = "/v1/datasets?label_column=%00";
    let problem = service.post(upload, "bytes").await;
    let problem = problem.problem(422, "invalid-request");
    assert_eq!(problem["errors"][0]["field"], "label_column");

    let body = json!({
        "dataset_id": dataset,
        "recipe": {"model": "resnet18", "init": {"weights": "\0"}},
    });
    let problem = service.post("/v1/audits", body.to_string()).await;
    let problem = problem.problem(422, "invalid-request");
    assert_eq!(problem["errors"][0]["field"], "recipe.init.weights");

    service
        .get("/v1/weights/%00")
        .await
        .problem(404, "no-such-route");
}

#[tokio::test]
async fn metrics_and_docs_are_there() {
    let service = Service::start().await;
    let metrics = service.get("/metrics").await.expect(200).text();
    let alerts = include_str!("../../../../docs/alerts.yml");
    let named = alerts.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    for name in named.filter(|word| word.starts_with("unearth_")) {
        assert!(
            metrics.contains(&format!("{name} ")),
            "{name} is in docs/alerts.yml alone"
        );
    }
    for gauge in [
        "unearth_runs_queued 0\n",
        "unearth_queue_age_seconds 0\n",
        "unearth_workers 0\n",
    ] {
        assert!(metrics.contains(gauge), "{metrics}");
    }
    let docs = service.get("/docs/").await.expect(200);
    assert!(
        docs.header("content-security-policy")
            .contains("'unsafe-inline'")
    );
}

#[tokio::test]
async fn answers_are_compressed_on_request() {
    let service = Service::start().await;
    let mut zipped = request(Method::GET, "/v1/signals", Body::empty());
    zipped
        .headers_mut()
        .insert("accept-encoding", "gzip".parse().unwrap());
    let answer = service.send(zipped).await.expect(200);
    assert_eq!(answer.header("content-encoding"), "gzip");
}
