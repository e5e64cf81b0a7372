use crate::{
    service::{Service, request},
    stage,
};
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use bytes::Bytes;
use futures::stream;
use sqlx::{AssertSqlSafe, Executor as _};
use std::{io, time::Duration};
use uuid::Uuid;

#[tokio::test]
async fn an_upload_waits_for_validation() {
    let service = Service::start().await;
    let answer = service
        .post("/v1/datasets?name=digits.zip&image_size=32", "bytes")
        .await
        .expect(202);
    let dataset = answer.json();
    assert_eq!(answer.header("location"), dataset["urls"]["self"]);
    insta::assert_json_snapshot!(dataset, @r##"
    {
      "class_names": null,
      "content_hash": null,
      "created_at": "2026-01-02T03:04:05Z",
      "error": null,
      "facts": null,
      "finished_at": null,
      "id": "00000000-0000-0000-0000-000000000002",
      "name": "digits.zip",
      "progress": null,
      "report": null,
      "state": "validating",
      "upload_bytes": 5,
      "urls": {
        "examples": "/v1/datasets/00000000-0000-0000-0000-000000000002/examples",
        "self": "/v1/datasets/00000000-0000-0000-0000-000000000002"
      }
    }
    "##);
    let claimed = unearth_store::datasets::claim(
        &service.app.db,
        Uuid::nil(),
        Uuid::nil(),
        crate::service::NOW,
        stage::LEASE,
    )
    .await
    .unwrap()
    .unwrap();
    insta::assert_json_snapshot!(claimed.options, @r##"
    {
      "image_size": 32,
      "label_column": null,
      "manifest": null,
      "on_bad_example": "refuse"
    }
    "##);
    assert_eq!(
        &service.app.blobs.get(&claimed.upload_blob).await.unwrap()[..],
        b"bytes"
    );
}

#[tokio::test]
async fn the_same_bytes_with_the_same_options_are_one_dataset() {
    let service = Service::start().await;
    let first = service
        .post("/v1/datasets?name=a.zip", "bytes")
        .await
        .expect(202)
        .json();
    let again = service
        .post("/v1/datasets?name=b.zip", "bytes")
        .await
        .expect(200)
        .json();
    assert_eq!(again["id"], first["id"]);
    assert_eq!(again["name"], "a.zip");
    let other_options = service
        .post("/v1/datasets?on_bad_example=skip", "bytes")
        .await
        .expect(202);
    assert_ne!(other_options.json()["id"], first["id"]);
    assert_eq!(service.blobs().await.len(), 2);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let service = Service::start().await;
    let pieces = [
        Ok(Bytes::from_static(b"half")),
        Err(io::Error::other("gone")),
    ];
    let broken = Body::from_stream(stream::iter(pieces));
    service
        .post("/v1/datasets", broken)
        .await
        .problem(400, "upload-cut-off");

    let mut short = request(Method::POST, "/v1/datasets", Body::from("half"));
    short.headers_mut().insert("content-length", 8.into());
    let problem = service.send(short).await.problem(400, "upload-cut-off");
    assert_eq!(problem["detail"], "4 of 8 bytes arrived");

    service
        .post("/v1/datasets", Body::empty())
        .await
        .problem(422, "upload-empty");
    assert_eq!(service.blobs().await, [""; 0]);
    assert_eq!(
        service.get("/v1/datasets").await.json()["items"],
        serde_json::json!([])
    );
}

#[tokio::test]
async fn an_upload_that_is_too_large_leaves_nothing() {
    let service = Service::with(|app| app.limits.dataset_bytes = 4).await;
    let pieces = [
        Ok::<_, io::Error>(Bytes::from_static(b"abc")),
        Ok(Bytes::from_static(b"de")),
    ];
    let unannounced = Body::from_stream(stream::iter(pieces));
    service
        .post("/v1/datasets", unannounced)
        .await
        .problem(413, "upload-too-large");
    service
        .post("/v1/datasets", "abcde")
        .await
        .problem(413, "upload-too-large");
    assert_eq!(service.blobs().await, [""; 0]);
}

#[tokio::test]
async fn wrong_options_name_their_field() {
    let service = Service::start().await;
    for (query, field) in [
        ("image_size=4", "image_size"),
        ("image_size=x", "image_size"),
        ("on_bad_example=ignore", "on_bad_example"),
        ("imagesize=32", "imagesize"),
        ("name=", "name"),
    ] {
        let answer = service
            .post(&format!("/v1/datasets?{query}"), "bytes")
            .await;
        let problem = answer.problem(422, "invalid-request");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
}

#[tokio::test]
async fn a_ready_dataset_shows_its_facts_and_report() {
    let service = Service::start().await;
    let id = stage::dataset(&service, 6).await;
    let dataset = service
        .get(&format!("/v1/datasets/{id}"))
        .await
        .expect(200)
        .json();
    insta::assert_json_snapshot!(dataset, @r##"
    {
      "class_names": [
        "cat",
        "=dog()"
      ],
      "content_hash": "c0ffee",
      "created_at": "2026-01-02T03:04:05Z",
      "error": null,
      "facts": {
        "channels": 1,
        "classes": 2,
        "examples": 6,
        "has_difficulty": false,
        "height": 4,
        "modality": "image",
        "splits": [
          {
            "classes": 2,
            "examples": 4,
            "name": "train"
          },
          {
            "classes": 2,
            "examples": 2,
            "name": "test"
          }
        ],
        "width": 4
      },
      "finished_at": "2026-01-02T03:04:05Z",
      "id": "00000000-0000-0000-0000-000000000001",
      "name": "digits.zip",
      "progress": null,
      "report": {
        "conflicting": [
          [
            1,
            4
          ]
        ],
        "duplicates": [
          [
            0,
            2
          ]
        ],
        "skipped": [
          {
            "name": "bad.png",
            "reason": "is empty",
            "row": null
          }
        ],
        "warnings": [
          "a warning"
        ]
      },
      "state": "ready",
      "upload_bytes": 7,
      "urls": {
        "examples": "/v1/datasets/00000000-0000-0000-0000-000000000001/examples",
        "self": "/v1/datasets/00000000-0000-0000-0000-000000000001"
      }
    }
    "##);
}

#[tokio::test]
async fn datasets_are_listed_newest_first_page_by_page() {
    let service = Service::start().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(stage::dataset(&service, 3).await.to_string());
    }
    ids.reverse();
    let first = service.get("/v1/datasets?limit=2").await.expect(200).json();
    let next = first["next"].as_str().unwrap();
    let second = service
        .get(&format!("/v1/datasets?limit=2&after={next}"))
        .await
        .json();
    assert_eq!(second["next"], serde_json::Value::Null);
    let listed: Vec<&str> = [&first, &second]
        .into_iter()
        .flat_map(|page| page["items"].as_array().unwrap())
        .map(|item| item["id"].as_str().unwrap())
        .collect();
    assert_eq!(listed, ids);
    service
        .get("/v1/datasets?limit=0")
        .await
        .problem(422, "invalid-request");
    service
        .get("/v1/datasets?after=x")
        .await
        .problem(422, "invalid-request");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let service = Service::start().await;
    let id = stage::dataset(&service, 3).await;
    let nil = Uuid::nil();
    service
        .get(&format!("/v1/datasets/{nil}"))
        .await
        .problem(404, "dataset-not-found");
    service
        .delete(&format!("/v1/datasets/{nil}"))
        .await
        .problem(404, "dataset-not-found");
    service
        .get(&format!("/v1/datasets/{nil}/examples"))
        .await
        .problem(404, "dataset-not-found");
    service
        .get(&format!("/v1/datasets/{id}/examples/3"))
        .await
        .problem(404, "example-not-found");
    service
        .get(&format!("/v1/datasets/{id}/examples/3/image"))
        .await
        .problem(404, "example-not-found");
    service
        .get("/v1/datasets/one")
        .await
        .problem(404, "no-such-route");
}

#[tokio::test]
async fn examples_are_filtered_by_class_and_split() {
    let service = Service::start().await;
    let id = stage::dataset(&service, 7).await;
    let path = format!("/v1/datasets/{id}/examples");
    let page = service
        .get(&format!("{path}?label=cat&split=train&limit=2"))
        .await
        .expect(200)
        .json();
    let indices: Vec<i64> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["index"].as_i64().unwrap())
        .collect();
    assert_eq!(indices, [0, 4]);
    let rest = service
        .get(&format!("{path}?label=cat&split=train&after=4"))
        .await
        .json();
    assert_eq!(rest["items"][0]["index"], 6);

    let problem = service
        .get(&format!("{path}?label=cta"))
        .await
        .problem(422, "invalid-request");
    assert_eq!(problem["hint"], "did you mean `cat`?");
    assert_eq!(
        problem["detail"],
        "`label`: there is no class `cta`; the classes are `cat`, `=dog()`"
    );
}

#[tokio::test]
async fn an_image_is_the_original_file_or_a_png_of_the_pixels() {
    let service = Service::start().await;
    let id = stage::dataset(&service, 3).await;
    let original = service
        .get(&format!("/v1/datasets/{id}/examples/0/image"))
        .await
        .expect(200);
    assert_eq!(&original.body[..], stage::ORIGINAL);
    assert_eq!(original.header("content-type"), "image/png");
    assert_eq!(
        original.header("content-security-policy"),
        "default-src 'none'"
    );
    assert_eq!(original.header("x-content-type-options"), "nosniff");
    assert!(original.header("cache-control").contains("immutable"));

    let drawn = service
        .get(&format!("/v1/datasets/{id}/examples/2/image"))
        .await
        .expect(200);
    let pixels = image::load_from_memory(&drawn.body).unwrap().to_luma8();
    assert_eq!(pixels.dimensions(), (4, 4));
    assert_eq!(pixels.into_raw(), [2; 16]);
}

#[tokio::test]
async fn a_refused_upload_is_validated_again_without_another_one() {
    let service = Service::start().await;
    let db = &service.app.db;
    let posted = service.post("/v1/datasets?name=a.zip", "bytes").await;
    let path = posted.expect(202).json()["urls"]["self"]
        .as_str()
        .unwrap()
        .to_owned();
    let again = format!("{path}/validate?on_bad_example=skip");
    let early = service.post(&again, "").await;
    early.problem(409, "dataset-not-refused");

    let (worker, token) = (Uuid::nil(), Uuid::nil());
    let now = crate::service::NOW;
    let claimed = unearth_store::datasets::claim(db, worker, token, now, stage::LEASE)
        .await
        .unwrap()
        .unwrap();
    let error =
        serde_json::json!({"code": "bad-examples", "detail": "a", "hint": "b", "bad_examples": []});
    let kept = unearth_store::datasets::Upload::Kept;
    unearth_store::datasets::refuse(db, claimed.id, token, &error, kept, now)
        .await
        .unwrap();
    let answer = service.post(&again, "").await.expect(202);
    assert_eq!(answer.json()["state"], "validating");
    assert_eq!(answer.header("location"), path);
}

#[tokio::test]
async fn a_dataset_with_audits_is_deleted_only_on_request() {
    let service = Service::start().await;
    let id = stage::dataset(&service, 6).await;
    let audit = stage::finished_audit(&service, id, 6).await;
    let path = format!("/v1/datasets/{id}");
    let problem = service.delete(&path).await.problem(409, "dataset-in-use");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains(&audit.to_string()),
        "{problem}"
    );

    let answer = service
        .delete(&format!("{path}?with_audits=true"))
        .await
        .expect(200)
        .json();
    assert_eq!(answer["deleted"]["audits"], serde_json::json!([audit]));
    assert_eq!(answer["deleted"]["examples"], 6);
    assert_eq!(answer["deleted"]["blobs"], 2);
    assert_eq!(service.blobs().await, [""; 0]);
    service
        .get(&format!("/v1/audits/{audit}"))
        .await
        .problem(404, "audit-not-found");
}

#[tokio::test]
async fn a_deletion_goes_on_when_nobody_waits_for_it_any_more() {
    const GIVEN_UP_AFTER: Duration = Duration::from_mins(1);
    let service = Service::start().await;
    let id = stage::dataset(&service, 6).await;
    let first = stage::finished_audit(&service, id, 6).await;
    stage::finished_audit(&service, id, 6).await;
    let path = format!("/v1/datasets/{id}");

    let mut holder = service.sql().await;
    let hold = format!("begin; select from audits where id = '{first}' for update");
    holder.execute(AssertSqlSafe(hold)).await.unwrap();
    let begun = request(
        Method::DELETE,
        &format!("{path}?with_audits=true"),
        Body::empty(),
    );
    tokio::select! {
        biased;
        answer = service.respond(begun) => panic!("answered: {answer:?}"),
        () = somebody_waits_for_a_lock(&service) => {}
    }
    holder.execute("rollback").await.unwrap();

    let gone = async {
        while service.get(&path).await.status != StatusCode::NOT_FOUND
            || !service.blobs().await.is_empty()
        {
            tokio::task::yield_now().await;
        }
    };
    let gone = tokio::time::timeout(GIVEN_UP_AFTER, gone).await;
    gone.expect("the deletion stopped half way");
    assert_eq!(
        service.get("/v1/audits").await.json()["items"],
        serde_json::json!([])
    );
}

async fn somebody_waits_for_a_lock(service: &Service) {
    let mut sql = service.sql().await;
    let waiting = "select count(*) from pg_stat_activity
                   where wait_event_type = 'Lock' and datname = current_database()";
    while sqlx::query_scalar::<_, i64>(waiting)
        .fetch_one(&mut sql)
        .await
        .unwrap()
        == 0
    {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_dataset_with_a_queued_audit_stays() {
    let service = Service::start().await;
    let id = stage::dataset(&service, 6).await;
    stage::queued_audit(&service, id).await;
    let answer = service
        .delete(&format!("/v1/datasets/{id}?with_audits=true"))
        .await;
    answer.problem(409, "audit-is-running");
}
