use crate::world::{EXAMPLES, LEASE, World, assert_lease_lost, at, id, new_dataset, packed};
use futures::TryStreamExt as _;
use serde_json::json;
use unearth_audit::DatasetState;
use unearth_store::{
    WORK_CHANNEL,
    datasets::{self, Again, Inserted},
    examples::{self, NewExample},
};

#[tokio::test]
async fn the_same_upload_twice_is_one_dataset() {
    let world = World::new().await;
    let first = world.upload(1).await;
    let again = datasets::NewDataset {
        id: id(2),
        ..new_dataset(1)
    };
    let inserted = datasets::insert(&world.db, &again, at(1)).await.unwrap();
    assert_eq!(inserted, Inserted::Existing(first));
    assert_eq!(datasets::list(&world.db, None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn many_at_once_of_the_same_upload_are_one_dataset() {
    let world = World::new().await;
    let uploads = (1..=12).map(|number| {
        let new = datasets::NewDataset {
            id: id(number),
            ..new_dataset(1)
        };
        let db = &world.db;
        async move { datasets::insert(db, &new, at(0)).await.unwrap() }
    });
    let inserted = futures::future::join_all(uploads).await;
    let new = inserted.iter().filter(|&i| *i == Inserted::New).count();
    assert_eq!(new, 1, "{inserted:?}");
}

#[tokio::test]
async fn a_refused_upload_is_tried_anew() {
    let world = World::new().await;
    let dataset = world.upload(1).await;
    let error = json!({ "code": "no-labels" });
    datasets::claim(&world.db, id(1), id(50), at(0), LEASE)
        .await
        .unwrap()
        .unwrap();
    datasets::refuse(
        &world.db,
        dataset,
        id(50),
        &error,
        datasets::Upload::Dropped,
        at(5),
    )
    .await
    .unwrap();
    let refused = datasets::get(&world.db, dataset).await.unwrap().unwrap();
    assert_eq!(refused.state, DatasetState::Failed);
    assert_eq!(refused.error, Some(error));
    assert_eq!(refused.upload_blob, None);
    assert_eq!(refused.finished_at, Some(at(5)));

    let again = datasets::NewDataset {
        id: id(2),
        ..new_dataset(1)
    };
    let inserted = datasets::insert(&world.db, &again, at(6)).await.unwrap();
    assert_eq!(inserted, Inserted::New);
    assert_eq!(datasets::get(&world.db, dataset).await.unwrap(), None);
}

#[tokio::test]
async fn an_upload_refused_for_bad_examples_is_kept_and_validated_again() {
    let world = World::new().await;
    let dataset = world.upload(1).await;
    let again = json!({ "on_bad_example": "skip" });
    let claim = |now| datasets::claim(&world.db, id(1), id(50), at(now), LEASE);
    let failed = claim(0).await.unwrap().unwrap();
    datasets::postpone(&world.db, &failed, at(0), Some(at(0)))
        .await
        .unwrap();
    claim(0).await.unwrap().unwrap();

    let early = datasets::validate_again(&world.db, dataset, &again, [9; 32], at(1)).await;
    assert_eq!(early.unwrap(), Again::No);

    let error = json!({ "code": "bad-examples" });
    let refused = datasets::refuse(
        &world.db,
        dataset,
        id(50),
        &error,
        datasets::Upload::Kept,
        at(5),
    )
    .await;
    refused.unwrap();
    let same = datasets::NewDataset {
        id: id(2),
        ..new_dataset(1)
    };
    let inserted = datasets::insert(&world.db, &same, at(6)).await.unwrap();
    assert_eq!(inserted, Inserted::Existing(dataset));

    let begun = datasets::validate_again(&world.db, dataset, &again, [9; 32], at(7)).await;
    assert_eq!(begun.unwrap(), Again::Begun);
    let claimed = claim(8).await.unwrap().unwrap();
    assert_eq!((claimed.id, claimed.attempt), (dataset, 1));
    assert_eq!(claimed.outage_since, None, "that is forgotten");
    assert_eq!(claimed.options, again);
    assert_eq!(claimed.upload_blob, new_dataset(1).upload_blob);
}

#[tokio::test]
async fn an_upload_wakes_the_workers_and_is_claimed_once() {
    let world = World::new().await;
    let mut work = world.db.listen(WORK_CHANNEL).await.unwrap();
    let dataset = world.upload(1).await;
    work.recv().await.unwrap();

    let claimed = datasets::claim(&world.db, id(1), id(50), at(0), LEASE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((claimed.id, claimed.attempt), (dataset, 1));
    assert_eq!(claimed.upload_blob, "uploads/1");
    let second = datasets::claim(&world.db, id(2), id(51), at(59), LEASE).await;
    assert_eq!(second.unwrap(), None);

    datasets::heartbeat(&world.db, dataset, id(50), &json!({ "rows": 3 }), at(100))
        .await
        .unwrap();
    let seen = datasets::get(&world.db, dataset).await.unwrap().unwrap();
    assert_eq!(seen.progress, Some(json!({ "rows": 3 })));
    let renewed = datasets::claim(&world.db, id(2), id(51), at(99), LEASE).await;
    assert_eq!(renewed.unwrap(), None);
    let taken = datasets::claim(&world.db, id(2), id(51), at(100), LEASE).await;
    assert_eq!(taken.unwrap().unwrap().attempt, 2);
}

#[tokio::test]
async fn a_lost_validation_writes_nothing() {
    let world = World::new().await;
    let dataset = world.upload(1).await;
    for (token, seconds) in [(50, 0), (51, 60)] {
        datasets::claim(&world.db, id(1), id(token), at(seconds), LEASE)
            .await
            .unwrap()
            .unwrap();
    }
    let (db, lost) = (&world.db, id(50));
    let before = world.dump().await;
    let rows = (0..EXAMPLES).map(|_| NewExample {
        key: "a",
        label: 0,
        split: None,
        group: None,
        difficulty: None,
        original: None,
        media_type: None,
        text: None,
    });
    let beat = datasets::heartbeat(db, dataset, lost, &json!({}), at(999)).await;
    assert_lease_lost("heartbeat", &beat);
    let finish = datasets::finish(db, dataset, lost, &packed(EXAMPLES), rows, at(61)).await;
    assert_lease_lost("finish", &finish);
    let refuse = datasets::refuse(
        db,
        dataset,
        lost,
        &json!({}),
        datasets::Upload::Dropped,
        at(61),
    )
    .await;
    assert_lease_lost("refuse", &refuse);
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn examples_come_back_as_they_were() {
    let world = World::new().await;
    let dataset = world.upload(1).await;
    datasets::claim(&world.db, id(1), id(50), at(0), LEASE)
        .await
        .unwrap()
        .unwrap();
    let given = [
        NewExample {
            key: "Straße/猫 🐈\u{301}.png",
            label: 0,
            split: Some("train"),
            group: Some("語"),
            difficulty: None,
            original: Some((0, 17)),
            media_type: Some("image/png"),
            text: None,
        },
        NewExample {
            key: "",
            label: i32::MAX,
            split: None,
            group: None,
            difficulty: None,
            original: None,
            media_type: None,
            text: None,
        },
        NewExample {
            key: "a\tb\\N\n\"c\"",
            label: 3,
            split: Some(""),
            group: Some("a"),
            difficulty: None,
            original: Some((17, 1 << 40)),
            media_type: Some("image/webp"),
            text: Some("مرحبا,\n\"\t猫"),
        },
    ];
    datasets::finish(
        &world.db,
        dataset,
        id(50),
        &packed(3),
        given.into_iter(),
        at(1),
    )
    .await
    .unwrap();

    let ready = datasets::get(&world.db, dataset).await.unwrap().unwrap();
    assert_eq!(ready.state, DatasetState::Ready);
    assert_eq!(ready.facts, Some(packed(3).facts));
    assert_eq!(ready.class_names, Some(packed(3).class_names));
    assert_eq!((ready.pack_offset, ready.progress), (Some(128), None));

    let stored = examples::page(&world.db, dataset, None, None, -1, 10)
        .await
        .unwrap();
    assert_eq!(stored.len(), given.len());
    for (index, (given, stored)) in given.iter().zip(&stored).enumerate() {
        assert_eq!(stored.index as usize, index);
        assert_eq!(stored.key, given.key);
        assert_eq!(stored.label, given.label);
        assert_eq!(stored.split.as_deref(), given.split);
        assert_eq!(stored.group_name.as_deref(), given.group);
        let original = stored.original_offset.zip(stored.original_bytes);
        let original = original.map(|(offset, bytes)| (offset as u64, bytes as u64));
        assert_eq!(original, given.original);
        assert_eq!(stored.media_type.as_deref(), given.media_type);
        assert_eq!(stored.text.as_deref(), given.text);
        let one = examples::get(&world.db, dataset, index as i32)
            .await
            .unwrap();
        assert_eq!(one.as_ref(), Some(stored));
    }
    assert_eq!(examples::get(&world.db, dataset, 3).await.unwrap(), None);
}

#[tokio::test]
async fn examples_are_paged_and_filtered_in_index_order() {
    let world = World::new().await;
    let dataset = world.dataset(1, 100).await;
    let db = &world.db;
    let mut seen = Vec::new();
    loop {
        let after = seen.last().copied().unwrap_or(-1);
        let page = examples::page(db, dataset, Some(6), Some("train"), after, 3)
            .await
            .unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page.iter().map(|example| example.index));
    }
    let expected: Vec<i32> = (0..100).filter(|i| i % 10 == 6 && i % 4 != 0).collect();
    assert_eq!(seen, expected);
    let test = examples::of_split(db, dataset, "test");
    let test: Vec<u32> = test.try_collect().await.unwrap();
    assert_eq!(test, (0..100).step_by(4).collect::<Vec<u32>>());
}

#[tokio::test]
async fn a_dataset_with_audits_cannot_go() {
    let world = World::new().await;
    let dataset = world.dataset(1, 3).await;
    world.audit(1, dataset).await;
    let holdings = datasets::holdings(&world.db, dataset).await.unwrap();
    assert_eq!((holdings.audits, holdings.active), (vec![id(1)], true));
    assert_eq!(holdings.blobs, ["packs/content"]);
    assert!(!datasets::delete(&world.db, dataset).await.unwrap());
    assert_eq!(world.number("select count(*) from examples").await, 3);

    unearth_store::audits::cancel(&world.db, id(1), at(1))
        .await
        .unwrap();
    unearth_store::audits::delete(&world.db, id(1))
        .await
        .unwrap();
    assert!(datasets::delete(&world.db, dataset).await.unwrap());
    assert_eq!(datasets::get(&world.db, dataset).await.unwrap(), None);
    assert_eq!(world.number("select count(*) from examples").await, 0);
}

#[tokio::test]
async fn datasets_are_listed_newest_first() {
    let world = World::new().await;
    for number in [1, 3, 2] {
        world.upload(number).await;
    }
    let ids = |page: Vec<datasets::Dataset>| page.iter().map(|d| d.id).collect::<Vec<_>>();
    let first = datasets::list(&world.db, None, 2).await.unwrap();
    assert_eq!(ids(first), [id(3), id(2)]);
    let second = datasets::list(&world.db, Some(id(2)), 2).await.unwrap();
    assert_eq!(ids(second), [id(1)]);
}

#[tokio::test]
async fn what_is_not_the_uploads_fault_does_not_count_and_the_first_outage_is_remembered() {
    let world = World::new().await;
    world.upload(1).await;
    let claim = async |token, seconds| {
        let claimed = datasets::claim(&world.db, id(1), id(token), at(seconds), LEASE);
        claimed.await.unwrap().unwrap()
    };
    let left = claim(50, 0).await;
    let postpone = |claimed, again, outage: Option<i64>| {
        datasets::postpone(&world.db, claimed, at(again), outage.map(at))
    };
    postpone(&left, 1, None).await.unwrap();
    let first = claim(51, 1).await;
    assert_eq!((first.attempt, first.outage_since), (1, None));
    postpone(&first, 3, Some(2)).await.unwrap();
    let second = claim(52, 3).await;
    postpone(&second, 9, Some(8)).await.unwrap();
    let third = claim(53, 9).await;
    assert_eq!((third.attempt, third.outage_since), (1, Some(at(2))));
    assert_lease_lost("again", &postpone(&second, 10, None).await);
}
