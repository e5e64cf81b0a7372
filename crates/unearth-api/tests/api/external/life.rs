//! Batches again, other batches, resuming, cancelling, deleting.

use super::{NPZ, Stage, batches};
use crate::stage;
use serde_json::json;

#[tokio::test]
async fn the_same_batch_again_changes_nothing_and_another_is_refused() {
    let stage = Stage::new().await;
    let dataset = stage.table("key\na\nb\nc\n").await;
    let audit = stage
        .begin(&dataset, json!({ "epochs": 2, "logits": "in_flight" }))
        .await;
    let path = format!("/v1/audits/{audit}/records/1/4");
    let batch = batches::losses(&[0, 2], &[0.5, 0.25]);
    stage.put(&path, NPZ, batch.clone()).await.expect(201);
    let again = stage.put(&path, NPZ, batch.clone()).await.expect(200);
    assert_eq!(again.json()["examples"], 2);
    let other = batches::losses(&[0, 2], &[0.5, 0.75]);
    stage
        .put(&path, NPZ, other)
        .await
        .problem(409, "batch-differs");
    stage
        .put(&format!("/v1/audits/{audit}/records/2/0"), NPZ, batch)
        .await
        .expect(201);

    let received = stage
        .service
        .get(&format!("/v1/audits/{audit}/received"))
        .await;
    assert_eq!(
        received.expect(200).json(),
        json!({
            "records": [
                {"epoch": 1, "examples": 2, "chunks": [{"chunk": 4, "examples": 2}]},
                {"epoch": 2, "examples": 2, "chunks": [{"chunk": 0, "examples": 2}]},
            ],
            "gradients": [],
        })
    );
    for epoch in [1, 2] {
        let rest = batches::losses(&[1], &[1.0]);
        stage
            .put(&format!("/v1/audits/{audit}/records/{epoch}/5"), NPZ, rest)
            .await
            .expect(201);
    }
    stage.succeeded(&audit).await;
    // Once more: nothing changes.
    stage.complete(&audit).await.expect(202);
    let late = stage.put(&path, NPZ, batches::losses(&[0], &[0.5])).await;
    late.problem(409, "audit-not-receiving");
    let removed = stage.service.delete(&path).await;
    removed.problem(409, "audit-not-receiving");
    stage.leave().await;
}

#[tokio::test]
async fn a_cancelled_run_takes_batches_again_when_it_is_retried() {
    let stage = Stage::new().await;
    let dataset = stage.table("key\na\nb\n").await;
    let audit = stage
        .begin(&dataset, json!({ "epochs": 1, "logits": "in_flight" }))
        .await;
    let path = format!("/v1/audits/{audit}/records/1/0");
    let batch = batches::losses(&[0, 1], &[0.5, 0.25]);
    stage.put(&path, NPZ, batch.clone()).await.expect(201);
    let cancelled = stage
        .service
        .post(&format!("/v1/audits/{audit}/cancel"), "")
        .await;
    assert_eq!(cancelled.expect(202).json()["state"], "cancelled");
    stage
        .put(&path, NPZ, batch)
        .await
        .problem(409, "audit-not-receiving");
    stage
        .complete(&audit)
        .await
        .problem(409, "audit-not-receiving");
    let again = stage
        .service
        .post(&format!("/v1/audits/{audit}/retry"), "")
        .await;
    assert_eq!(again.expect(202).json()["state"], "receiving");
    stage.succeeded(&audit).await;
    stage.leave().await;
}

#[tokio::test]
async fn deleting_takes_what_was_posted_with_it() {
    let stage = Stage::new().await;
    let dataset = stage.table("key\na\nb\n").await;
    let audit = stage
        .begin(&dataset, json!({ "epochs": 1, "logits": "in_flight" }))
        .await;
    let batch = batches::losses(&[0], &[0.5]);
    stage
        .put(&format!("/v1/audits/{audit}/records/1/0"), NPZ, batch)
        .await
        .expect(201);
    let own = format!("/v1/audits/{audit}");
    stage
        .service
        .delete(&own)
        .await
        .problem(409, "audit-is-running");
    stage
        .service
        .post(&format!("{own}/cancel"), "")
        .await
        .expect(202);
    stage.service.delete(&own).await.expect(204);
    assert_eq!(stage.count("posted_records").await, 0);
    stage.leave().await;
}

#[tokio::test]
async fn a_training_of_ours_takes_no_batches() {
    let stage = Stage::new().await;
    stage.leaving.cancel();
    let dataset = stage::dataset(&stage.service, 4).await;
    let audit = stage::queued_audit(&stage.service, dataset).await;
    let path = format!("/v1/audits/{audit}/records/1/0");
    let put = stage.put(&path, NPZ, batches::losses(&[0], &[0.5])).await;
    put.problem(409, "audit-not-external");
    let received = stage
        .service
        .get(&format!("/v1/audits/{audit}/received"))
        .await;
    received.problem(409, "audit-not-external");
    let complete = stage.complete(&audit.to_string()).await;
    complete.problem(409, "audit-not-external");
    stage.leave().await;
}
