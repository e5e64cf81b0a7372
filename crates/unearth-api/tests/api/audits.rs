use crate::{
    service::{NOW, Service, next_id, room_of},
    stage,
};
use serde_json::{Value, json};
use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::Path,
};
use unearth_api::DiskSpace;
use unearth_audit::{Phase, Progress};
use unearth_store::{Blobs, blobs::Place, runs, workers};
use unearth_test_s3::{BUCKET, TestS3};
use uuid::Uuid;

async fn post(service: &Service, body: &Value) -> crate::service::Answer {
    service.post("/v1/audits", body.to_string()).await
}

#[tokio::test]
async fn an_audit_waits_for_a_worker() {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, 6).await;
    let body = json!({"dataset_id": dataset, "recipe": {"epochs": 2}, "seed": 7});
    let answer = post(&service, &body).await.expect(202);
    let mut audit = answer.json();
    assert_eq!(answer.header("location"), audit["urls"]["self"]);
    let shown = service.get(answer.header("location")).await.expect(200);
    assert_eq!(shown.json(), audit);
    for changing in ["estimate", "recipe_hash"] {
        assert!(!audit[changing].take().is_null());
    }
    insta::assert_json_snapshot!(audit, @r##"
    {
      "archaeology": null,
      "attempts": 0,
      "created_at": "2026-01-02T03:04:05Z",
      "dataset_id": "00000000-0000-0000-0000-000000000001",
      "dataset_name": "digits.zip",
      "estimate": null,
      "external": null,
      "finished_at": null,
      "heartbeat_at": null,
      "id": "00000000-0000-0000-0000-000000000004",
      "keep_snapshots": true,
      "kind": "trained",
      "pie": null,
      "progress": null,
      "queue_position": 1,
      "reason": null,
      "recipe": {
        "augment": "none",
        "batch_size": 8,
        "checkpoints": [
          1,
          2
        ],
        "epochs": 2,
        "gradient_target": "given",
        "height": 4,
        "init": "random",
        "lr": 0.00625,
        "map_height": 4,
        "map_width": 4,
        "model": "cnn-s",
        "precision": "f32",
        "split": "train",
        "weight_decay": 0.0005,
        "width": 4
      },
      "recipe_asked": null,
      "recipe_hash": null,
      "result": null,
      "role": "main",
      "runs": 1,
      "runs_done": 0,
      "seed": 7,
      "seeds": 1,
      "signals": [
        "vog",
        "label_issue",
        "final_loss",
        "mean_loss",
        "confidence",
        "variability",
        "correctness",
        "aum",
        "forgetting",
        "first_learned",
        "stayed_learned",
        "el2n",
        "aleatoric"
      ],
      "snapshots_dropped_at": null,
      "started_at": null,
      "state": "queued",
      "urls": {
        "archaeology": "/v1/audits/00000000-0000-0000-0000-000000000004/archaeology",
        "cancel": "/v1/audits/00000000-0000-0000-0000-000000000004/cancel",
        "complete": null,
        "events": "/v1/audits/00000000-0000-0000-0000-000000000004/events",
        "examples": "/v1/audits/00000000-0000-0000-0000-000000000004/examples",
        "groups": "/v1/audits/00000000-0000-0000-0000-000000000004/groups",
        "page": "/audits/00000000-0000-0000-0000-000000000004",
        "pie": "/v1/audits/00000000-0000-0000-0000-000000000004/pie",
        "ranking_csv": "/v1/audits/00000000-0000-0000-0000-000000000004/ranking.csv",
        "ranking_jsonl": "/v1/audits/00000000-0000-0000-0000-000000000004/ranking.jsonl",
        "ranking_parquet": "/v1/audits/00000000-0000-0000-0000-000000000004/ranking.parquet",
        "received": null,
        "retry": "/v1/audits/00000000-0000-0000-0000-000000000004/retry",
        "runs": "/v1/audits/00000000-0000-0000-0000-000000000004/runs",
        "scores": "/v1/audits/00000000-0000-0000-0000-000000000004/scores",
        "self": "/v1/audits/00000000-0000-0000-0000-000000000004",
        "statistics": "/v1/audits/00000000-0000-0000-0000-000000000004/statistics",
        "subsets": "/v1/audits/00000000-0000-0000-0000-000000000004/subsets"
      },
      "worker": null
    }
    "##);
}

#[tokio::test]
async fn gradients_are_taken_for_vog_alone() {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, 6).await;
    let checkpoints = async |signals: Value| {
        let body = json!({"dataset_id": dataset, "recipe": {"epochs": 2}, "signals": signals});
        let audit = post(&service, &body).await.expect(202).json();
        audit["recipe"]["checkpoints"].clone()
    };
    assert_eq!(
        checkpoints(json!(["final_loss", "vog"])).await,
        json!([1, 2])
    );
    assert_eq!(checkpoints(json!(["final_loss"])).await, json!([]));
}

#[tokio::test]
async fn the_estimate_is_refined_while_it_runs_and_measured_at_the_end() {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, 6).await;
    let id = stage::queued_audit(&service, dataset).await;
    let estimate = async |id: Uuid| {
        let shown = service.get(&format!("/v1/audits/{id}")).await.expect(200);
        shown.json()["estimate"].clone()
    };
    assert_eq!(estimate(id).await["seconds_basis"], "foreseen");

    let run = stage::begun_run(&service).await;
    let progress = Progress {
        phase: Phase::Training,
        epoch: 0,
        epochs: 2,
        checkpoint: 0,
        checkpoints: 2,
        step: 3,
        total: 6,
        examples_per_second: Some(2.0),
        eta_seconds: Some(30.0),
    };
    let later = NOW + time::Duration::seconds(12);
    runs::heartbeat(&service.app.db, &run, Some(&progress), later, stage::LEASE)
        .await
        .unwrap();
    let running = estimate(id).await;
    assert_eq!(running["seconds"], 42.0);
    assert_eq!(running["seconds_basis"], "measured");
    assert_eq!(running["database_bytes_basis"], "foreseen");

    let done = estimate(stage::finished_audit(&service, dataset, 6).await).await;
    assert_eq!(
        (&done["seconds"], &done["database_bytes"]),
        (&json!(4.0), &json!(5_000))
    );
    assert_eq!(
        (&done["seconds_basis"], &done["database_bytes_basis"]),
        (&json!("measured"), &json!("measured"))
    );
}

#[tokio::test]
async fn an_estimate_begins_nothing() {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, 6).await;
    let body = json!({"dataset_id": dataset}).to_string();
    let estimated = service
        .post("/v1/audits/estimate", body)
        .await
        .expect(200)
        .json();
    assert_eq!(estimated["recipe"]["model"], "cnn-s");
    assert!(estimated["estimate"]["database_bytes"].as_u64().unwrap() > 0);
    assert_eq!(service.get("/v1/audits").await.json()["items"], json!([]));
}

#[tokio::test]
async fn an_estimate_goes_by_what_workers_measured() {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, 6).await;
    let seconds = async || {
        let body = json!({"dataset_id": dataset, "recipe": {"epochs": 10_000}}).to_string();
        let estimated = service.post("/v1/audits/estimate", body).await.expect(200);
        estimated.json()["estimate"]["seconds"].as_f64().unwrap()
    };
    let assumed = seconds().await;
    let mut worker = stage::worker();
    let mut told = async |per_second: f64| {
        worker.paces[0].trained_per_second = per_second;
        workers::heartbeat(&service.app.db, &worker).await.unwrap();
        seconds().await
    };
    let (fast, slow) = (told(1e6).await, told(1.0).await);
    assert!(fast < assumed && assumed < slow, "{fast} {assumed} {slow}");
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, 6).await;
    for (part, field) in [
        (json!({"sede": 1}), "sede"),
        (json!({"seed": -1}), "seed"),
        (json!({"seed": u64::MAX}), "seed"),
        (json!({"signals": ["vgo"]}), "signals[0]"),
        (json!({"signals": []}), "signals"),
        (json!({"recipe": {"epoch": 1}}), "recipe.epoch"),
        (json!({"recipe": {"epochs": 0}}), "recipe.epochs"),
        (json!({"recipe": {"split": "dev"}}), "recipe.split"),
        (
            json!({"recipe": {"checkpoints": "all"}}),
            "recipe.checkpoints",
        ),
        (
            json!({"recipe": {"model": "resnet18", "init": {"weights": "00"}}}),
            "recipe.init.weights",
        ),
        (
            json!({"scoring": {"windows": ["latest"]}}),
            "scoring.windows[0]",
        ),
    ] {
        let mut body = json!({"dataset_id": dataset});
        body.as_object_mut()
            .unwrap()
            .extend(part.as_object().unwrap().clone());
        let problem = post(&service, &body).await.problem(422, "invalid-request");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    service
        .post("/v1/audits", "{")
        .await
        .problem(400, "invalid-json");
    assert_eq!(service.get("/v1/audits").await.json()["items"], json!([]));
}

#[tokio::test]
async fn the_dataset_must_be_there_and_ready() {
    let service = Service::start().await;
    post(&service, &json!({"dataset_id": Uuid::nil()}))
        .await
        .problem(404, "dataset-not-found");
    let waiting = service.post("/v1/datasets", "bytes").await.json();
    let answer = post(&service, &json!({"dataset_id": waiting["id"]})).await;
    answer.problem(409, "dataset-not-ready");
}

#[tokio::test]
async fn an_audit_that_would_not_fit_is_refused() {
    let service = Service::with(|app| app.disk_space = |_| Some(room_of(1_000))).await;
    let dataset = stage::dataset(&service, 6).await;
    let detail = refused_for_room(&service, dataset).await;
    assert!(detail.ends_with("and 1000 are free"), "{detail}");
}

/// Either need of an audit of six examples fits here, but not both.
const ROOM_FOR_ONE: u64 = 765_000;

#[tokio::test]
async fn needs_on_one_disk_must_fit_together() {
    let service = Service::with(|app| app.disk_space = |_| Some(room_of(ROOM_FOR_ONE))).await;
    let dataset = stage::dataset(&service, 6).await;
    let body = json!({"dataset_id": dataset}).to_string();
    let estimated = service.post("/v1/audits/estimate", body).await.json();
    let [database, blobs] =
        ["database_bytes", "blob_bytes"].map(|need| estimated["estimate"][need].as_u64().unwrap());
    assert!(database < ROOM_FOR_ONE && blobs < ROOM_FOR_ONE);
    let detail = refused_for_room(&service, dataset).await;
    let together = format!(
        "about {} bytes are needed for the database and the blob store on one disk, and {ROOM_FOR_ONE} \
         are free",
        database + blobs
    );
    assert_eq!(detail, together);

    let on_two_disks =
        Service::with(|app| app.disk_space = |folder| Some(a_disk_of_its_own(folder))).await;
    let dataset = stage::dataset(&on_two_disks, 6).await;
    post(&on_two_disks, &json!({"dataset_id": dataset}))
        .await
        .expect(202);
}

#[tokio::test]
async fn room_in_a_bucket_is_not_asked_for() {
    let server = TestS3::start().unwrap();
    let place = Place::parse(format!("s3://{BUCKET}").as_ref()).unwrap();
    let bucket = Blobs::open(&place, &server.settings()).await.unwrap();
    let service = Service::with(|app| {
        app.blobs = bucket;
        app.disk_space = |_| Some(room_of(ROOM_FOR_ONE));
    })
    .await;
    let dataset = stage::dataset(&service, 6).await;
    post(&service, &json!({"dataset_id": dataset}))
        .await
        .expect(202);
}

fn a_disk_of_its_own(folder: &Path) -> DiskSpace {
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    DiskSpace {
        file_system: hasher.finish(),
        ..room_of(ROOM_FOR_ONE)
    }
}

#[tokio::test]
async fn audits_that_wait_or_run_need_their_room_too() {
    let service = Service::with(|app| app.disk_space = |_| Some(room_of(1_600_000))).await;
    let dataset = stage::dataset(&service, 6).await;
    stage::queued_audit(&service, dataset).await;
    stage::begun_run(&service).await;
    let queued = stage::queued_audit(&service, dataset).await;
    let detail = refused_for_room(&service, dataset).await;
    assert!(
        detail.contains(" of them for audits that are queued or running, and 1600000 are free"),
        "{detail}"
    );
    service
        .post(&format!("/v1/audits/{queued}/cancel"), "")
        .await
        .expect(202);
    stage::queued_audit(&service, dataset).await;
}

async fn refused_for_room(service: &Service, dataset: Uuid) -> String {
    let problem = post(service, &json!({"dataset_id": dataset}))
        .await
        .problem(507, "too-little-room");
    problem["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_queued_audit_is_cancelled_at_once_and_can_be_tried_again() {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, 6).await;
    let path = format!(
        "/v1/audits/{}",
        stage::queued_audit(&service, dataset).await
    );
    service
        .post(&format!("{path}/retry"), "")
        .await
        .problem(409, "audit-not-retriable");
    service.delete(&path).await.problem(409, "audit-is-running");

    let cancelled = service
        .post(&format!("{path}/cancel"), "")
        .await
        .expect(202)
        .json();
    assert_eq!(cancelled["state"], "cancelled");
    service
        .post(&format!("{path}/cancel"), "")
        .await
        .problem(409, "audit-is-finished");

    let again = service
        .post(&format!("{path}/retry"), "")
        .await
        .expect(202)
        .json();
    assert_eq!(
        (&again["state"], &again["queue_position"]),
        (&json!("queued"), &json!(1))
    );
}

#[tokio::test]
async fn a_deleted_audit_is_gone() {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, 6).await;
    let path = format!(
        "/v1/audits/{}",
        stage::finished_audit(&service, dataset, 6).await
    );
    service.delete(&path).await.expect(204);
    service.get(&path).await.problem(404, "audit-not-found");
    service
        .get(&format!("/v1/datasets/{dataset}"))
        .await
        .expect(200);
}

#[tokio::test]
async fn unknown_audits_are_not_found() {
    let service = Service::start().await;
    let path = format!("/v1/audits/{}", next_id());
    for rest in [
        "",
        "/events",
        "/scores",
        "/examples",
        "/examples/0",
        "/examples/0/gradients/0.png",
        "/statistics",
        "/ranking.csv",
    ] {
        service
            .get(&format!("{path}{rest}"))
            .await
            .problem(404, "audit-not-found");
    }
    for rest in ["/cancel", "/retry"] {
        service
            .post(&format!("{path}{rest}"), "")
            .await
            .problem(404, "audit-not-found");
    }
    service
        .post(&format!("{path}/scores"), r#"{"windows": ["all"]}"#)
        .await
        .problem(404, "audit-not-found");
    service.delete(&path).await.problem(404, "audit-not-found");
}

#[tokio::test]
async fn audits_are_listed_by_dataset() {
    let service = Service::start().await;
    let (one, other) = (
        stage::dataset(&service, 6).await,
        stage::dataset(&service, 6).await,
    );
    let audit = stage::queued_audit(&service, one).await;
    stage::queued_audit(&service, other).await;
    assert_eq!(
        service.get("/v1/audits").await.json()["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let listed = service
        .get(&format!("/v1/audits?dataset_id={one}"))
        .await
        .json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["id"], json!(audit));
}
