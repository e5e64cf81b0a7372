//! What the API keeps: answers under their keys, access tokens, weights.

use crate::world::{World, at};
use serde_json::{Value, json};
use unearth_store::{
    idempotency::{self, Answer, Seen},
    weights::{self, Weights},
};

async fn begin(world: &World, key: &str, body: &[u8], seconds: i64) -> Seen {
    idempotency::begin(&world.db, key, body, at(seconds))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer() {
    let world = World::new().await;
    assert_eq!(begin(&world, "k", b"body", 0).await, Seen::New);
    assert_eq!(begin(&world, "k", b"body", 1).await, Seen::InFlight);
    assert_eq!(begin(&world, "k", b"other", 1).await, Seen::OtherBody);
    let answer = Answer {
        status: 202,
        body: json!({ "id": 1 }),
        location: Some("/v1/audits/1".into()),
    };
    idempotency::finish(&world.db, "k", &answer).await.unwrap();
    assert_eq!(
        begin(&world, "k", b"body", 2).await,
        Seen::Answered(answer.clone())
    );
    assert_eq!(begin(&world, "k", b"other", 2).await, Seen::OtherBody);
    assert_eq!(begin(&world, "l", b"other", 2).await, Seen::New);

    // An answer stays when somebody frees the key too late, and is forgotten after a day.
    idempotency::forget(&world.db, "k").await.unwrap();
    assert_eq!(
        begin(&world, "k", b"body", 86_400).await,
        Seen::Answered(answer)
    );
    assert_eq!(begin(&world, "k", b"other", 86_401).await, Seen::New);
    assert_eq!(begin(&world, "k", b"other", 86_402).await, Seen::InFlight);
}

#[tokio::test]
async fn a_refused_or_abandoned_request_frees_its_key() {
    let world = World::new().await;
    assert_eq!(begin(&world, "k", b"body", 0).await, Seen::New);
    idempotency::forget(&world.db, "k").await.unwrap();
    assert_eq!(begin(&world, "k", b"corrected", 1).await, Seen::New);
    assert_eq!(begin(&world, "k", b"corrected", 61).await, Seen::InFlight);
    assert_eq!(begin(&world, "k", b"corrected", 62).await, Seen::New);
}

#[tokio::test]
async fn a_request_that_takes_long_keeps_its_key() {
    let world = World::new().await;
    assert_eq!(begin(&world, "k", b"body", 0).await, Seen::New);
    idempotency::renew(&world.db, "k", at(50)).await.unwrap();
    assert_eq!(begin(&world, "k", b"body", 110).await, Seen::InFlight);
    assert_eq!(begin(&world, "k", b"body", 111).await, Seen::New);

    // Once answered, its day is not prolonged.
    let answer = Answer {
        status: 201,
        body: Value::Null,
        location: None,
    };
    idempotency::finish(&world.db, "k", &answer).await.unwrap();
    idempotency::renew(&world.db, "k", at(200)).await.unwrap();
    assert_eq!(begin(&world, "k", b"body", 111 + 86_401).await, Seen::New);
}

#[tokio::test]
async fn an_empty_answer_is_an_answer() {
    let world = World::new().await;
    begin(&world, "k", b"", 0).await;
    let answer = Answer {
        status: 204,
        body: Value::Null,
        location: None,
    };
    idempotency::finish(&world.db, "k", &answer).await.unwrap();
    assert_eq!(begin(&world, "k", b"", 1).await, Seen::Answered(answer));
}

#[tokio::test]
async fn one_of_many_equal_requests_is_the_first() {
    let world = World::new().await;
    let requests = (0..12).map(|_| begin(&world, "k", b"body", 0));
    let seen = futures::future::join_all(requests).await;
    assert_eq!(seen.iter().filter(|&seen| *seen == Seen::New).count(), 1);
    assert_eq!(
        seen.iter().filter(|&seen| *seen == Seen::InFlight).count(),
        11
    );
}

#[tokio::test]
async fn the_same_weights_twice_are_one_file() {
    let world = World::new().await;
    let first = Weights {
        hash: "aa".into(),
        name: "resnet18".into(),
        blob: "weights/aa".into(),
        bytes: 5,
    };
    let again = Weights {
        name: "copy".into(),
        ..first.clone()
    };
    weights::insert(&world.db, &first, at(0)).await.unwrap();
    weights::insert(&world.db, &again, at(1)).await.unwrap();
    assert_eq!(weights::get(&world.db, "aa").await.unwrap(), Some(first));
    assert_eq!(weights::get(&world.db, "bb").await.unwrap(), None);
}
