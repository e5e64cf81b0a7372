use crate::world::{World, at};
use bytes::Bytes;
use std::fs;
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};
use unearth_store::{Blobs, access, garbage};

#[tokio::test]
async fn what_no_row_names_is_found_once_it_is_old() {
    let world = World::new().await;
    let folder = TempDir::new().unwrap();
    let blobs = Blobs::in_folder(folder.path()).unwrap();
    let dataset = world.dataset(1, 3).await;
    let named: String = sqlx::query_scalar("select pack_blob from datasets where id = $1")
        .bind(dataset)
        .fetch_one(&world.sql)
        .await
        .unwrap();
    for key in [&*named, "uploads/of-a-killed-process"] {
        blobs
            .put(key, Bytes::from_static(b"1234567"))
            .await
            .unwrap();
    }
    fs::write(folder.path().join("uploads/half#1"), b"123").unwrap();

    let now = OffsetDateTime::now_utc();
    let young = garbage::orphans(&world.db, &blobs, now - Duration::HOUR).await;
    assert_eq!(young.unwrap(), []);
    let old = garbage::orphans(&world.db, &blobs, now + Duration::HOUR)
        .await
        .unwrap();
    let found: Vec<_> = old.iter().map(|it| (&*it.key, it.bytes)).collect();
    assert_eq!(
        found,
        [("uploads/half#1", 3), ("uploads/of-a-killed-process", 7)]
    );
    for orphan in old.iter().chain(&old) {
        garbage::remove(&blobs, orphan).await.unwrap();
    }
    assert_eq!(blobs.list("").await.unwrap(), [named]);
    assert!(!folder.path().join("uploads/half#1").exists());
}

#[tokio::test]
async fn the_access_log_forgets() {
    let world = World::new().await;
    for second in [10, 20] {
        let entry = access::Entry {
            at: at(second),
            by: None,
            action: "GET /v1/audits",
            path: "/v1/audits",
            status: 401,
            client: None,
            request_id: "r",
        };
        access::write(&world.db, entry).await.unwrap();
    }
    assert_eq!(
        garbage::forget_accesses(&world.db, at(20)).await.unwrap(),
        1
    );
    let left = access::entries(&world.db, None, 9).await.unwrap();
    assert_eq!(left[0].at, at(20));
}
