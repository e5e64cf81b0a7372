use crate::{
    service::{Answer, NOW, Service, request},
    stage,
};
use axum::{
    body::Body,
    http::{Method, Uri},
};
use serde_json::json;

async fn keyed(service: &Service, path: &str, key: &str, body: impl Into<Body>) -> Answer {
    let mut request = request(Method::POST, path, body.into());
    request
        .headers_mut()
        .insert("idempotency-key", key.parse().unwrap());
    service.send(request).await
}

#[tokio::test]
async fn the_same_request_is_carried_out_once() {
    let service = Service::start().await;
    let body = json!({"dataset_id": stage::dataset(&service, 6).await}).to_string();
    let first = keyed(&service, "/v1/audits", "k", body.clone())
        .await
        .expect(202);
    let again = keyed(&service, "/v1/audits", "k", body).await.expect(202);
    assert_eq!(again.json(), first.json());
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(
        service.get("/v1/audits").await.json()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_key_stands_for_one_body() {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, 6).await;
    let body = |seed: u64| json!({"dataset_id": dataset, "seed": seed}).to_string();
    keyed(&service, "/v1/audits", "k", body(1))
        .await
        .expect(202);
    keyed(&service, "/v1/audits", "k", body(2))
        .await
        .problem(422, "idempotency-key-reused");
}

#[tokio::test]
async fn a_request_in_flight_is_not_begun_again() {
    let service = Service::start().await;
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"POST /v1/audits\n");
    hasher.update(blake3::hash(b"{}").as_bytes());
    let hash = hasher.finalize();
    let seen = unearth_store::idempotency::begin(&service.app.db, "k", hash.as_bytes(), NOW);
    assert_eq!(seen.await.unwrap(), unearth_store::idempotency::Seen::New);
    let uri: Uri = "/v1/audits".parse().unwrap();
    let answer = keyed(&service, uri.path(), "k", "{}").await;
    answer.problem(409, "idempotency-key-in-flight");
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn a_refused_request_frees_its_key() {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, 6).await;
    keyed(&service, "/v1/audits", "k", "{}")
        .await
        .problem(422, "invalid-request");
    let body = json!({"dataset_id": dataset}).to_string();
    keyed(&service, "/v1/audits", "k", body).await.expect(202);
}

#[tokio::test]
async fn an_upload_with_a_known_key_leaves_no_second_blob() {
    let service = Service::start().await;
    let first = keyed(&service, "/v1/datasets", "k", "bytes")
        .await
        .expect(202);
    let again = keyed(&service, "/v1/datasets", "k", "bytes")
        .await
        .expect(202);
    assert_eq!(again.json(), first.json());
    keyed(&service, "/v1/datasets", "k", "others")
        .await
        .problem(422, "idempotency-key-reused");
    assert_eq!(service.blobs().await.len(), 1);
}

#[tokio::test]
async fn a_key_must_be_short_and_printable() {
    let service = Service::start().await;
    let problem = keyed(&service, "/v1/audits", &"k".repeat(256), "{}")
        .await
        .problem(422, "invalid-request");
    assert_eq!(problem["errors"][0]["field"], "Idempotency-Key");
}
