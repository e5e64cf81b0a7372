//! Access tokens, sessions, codes and the log.

use crate::world::{World, at, id};
use time::Duration;
use unearth_audit::AccessRole;
use unearth_store::access::{
    self, Entry, Known, NewToken, SESSION_IDLE, Secret, begin_session, end_session, identify,
    insert_code, take_code,
};

async fn token(world: &World, number: u128, token: &str, valid_until: Option<i64>) {
    let new = NewToken {
        id: id(number),
        name: &format!("token {number}"),
        role: AccessRole::Reviewer,
        expires_at: valid_until.map(at),
        token,
    };
    access::insert(&world.db, new, at(0)).await.unwrap();
}

async fn known(world: &World, secret: Secret<'_>, second: i64) -> Known {
    identify(&world.db, secret, at(second)).await.unwrap()
}

fn name(known: &Known) -> &str {
    match known {
        Known::Valid(identity) => &identity.name,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn tokens_are_known_by_their_hash_alone() {
    let world = World::new().await;
    assert_eq!(
        known(&world, Secret::Token("secret"), 1).await,
        Known::Unknown
    );
    token(&world, 1, "secret", None).await;
    token(&world, 2, "secret", None).await;
    let found = known(&world, Secret::Token("secret"), 1).await;
    assert_eq!(name(&found), "token 1");
    for other in ["Secret", "", "secret "] {
        assert_eq!(known(&world, Secret::Token(other), 1).await, Known::Unknown);
    }
    begin_session(&world.db, id(9), id(1), "secret of a browser", at(1))
        .await
        .unwrap();
    insert_code(&world.db, id(1), "secret of a link", at(9), at(1))
        .await
        .unwrap();
    assert!(!world.dump().await.contains("secret"));
}

#[tokio::test]
async fn tokens_end_and_their_sessions_with_them() {
    let world = World::new().await;
    token(&world, 1, "short", Some(100)).await;
    token(&world, 2, "long", None).await;
    begin_session(&world.db, id(8), id(1), "a", at(1))
        .await
        .unwrap();
    begin_session(&world.db, id(9), id(2), "b", at(1))
        .await
        .unwrap();
    assert_eq!(
        name(&known(&world, Secret::Session("a"), 99).await),
        "token 1"
    );
    for secret in [Secret::Token("short"), Secret::Session("a")] {
        assert_eq!(known(&world, secret, 100).await, Known::Expired);
    }
    assert!(access::revoke(&world.db, id(2), at(100)).await.unwrap());
    assert!(!access::revoke(&world.db, id(3), at(100)).await.unwrap());
    for secret in [Secret::Token("long"), Secret::Session("b")] {
        assert_eq!(known(&world, secret, 101).await, Known::Revoked);
    }
    // A token is no session's secret, and the other way round.
    assert_eq!(known(&world, Secret::Token("a"), 1).await, Known::Unknown);
    assert_eq!(
        known(&world, Secret::Session("short"), 1).await,
        Known::Unknown
    );
}

#[tokio::test]
async fn a_session_lasts_while_it_is_used() {
    let world = World::new().await;
    token(&world, 1, "t", None).await;
    begin_session(&world.db, id(9), id(1), "a", at(0))
        .await
        .unwrap();
    let idle = SESSION_IDLE.whole_seconds();
    assert_eq!(
        name(&known(&world, Secret::Session("a"), idle - 1).await),
        "token 1"
    );
    assert_eq!(
        name(&known(&world, Secret::Session("a"), 2 * idle - 2).await),
        "token 1"
    );
    assert_eq!(
        known(&world, Secret::Session("a"), 3 * idle).await,
        Known::Unknown
    );

    begin_session(&world.db, id(10), id(1), "b", at(3 * idle))
        .await
        .unwrap();
    assert_eq!(world.number("select count(*) from sessions").await, 1);
    end_session(&world.db, "b").await.unwrap();
    assert_eq!(
        known(&world, Secret::Session("b"), 3 * idle).await,
        Known::Unknown
    );
}

#[tokio::test]
async fn the_last_use_is_known_to_the_minute() {
    let world = World::new().await;
    token(&world, 1, "t", None).await;
    for (second, noted) in [(10, 10), (69, 10), (70, 70), (71, 70)] {
        known(&world, Secret::Token("t"), second).await;
        let listed = access::list(&world.db).await.unwrap();
        assert_eq!(listed[0].last_used_at, Some(at(noted)));
    }
}

#[tokio::test]
async fn of_many_with_one_code_one_gets_in() {
    let world = World::new().await;
    token(&world, 1, "t", None).await;
    insert_code(&world.db, id(1), "code", at(60), at(0))
        .await
        .unwrap();
    let taken = (0..8).map(|_| take_code(&world.db, "code", at(1)));
    let taken = futures::future::join_all(taken).await;
    let got: Vec<_> = taken.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(got, [id(1)]);

    insert_code(&world.db, id(1), "late", at(60), at(0))
        .await
        .unwrap();
    assert_eq!(take_code(&world.db, "late", at(60)).await.unwrap(), None);
    insert_code(&world.db, id(1), "of a revoked one", at(99), at(61))
        .await
        .unwrap();
    assert_eq!(world.number("select count(*) from login_codes").await, 1);
    access::revoke(&world.db, id(1), at(62)).await.unwrap();
    assert_eq!(
        take_code(&world.db, "of a revoked one", at(63))
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn a_token_of_the_environment_replaces_the_one_before_it_and_only_that() {
    let world = World::new().await;
    let new = |number, token| NewToken {
        id: id(number),
        name: "UNEARTH_TOKEN",
        role: AccessRole::Admin,
        expires_at: None,
        token,
    };
    access::replace(&world.db, new(1, "first"), at(0))
        .await
        .unwrap();
    begin_session(&world.db, id(9), id(1), "a", at(0))
        .await
        .unwrap();
    access::replace(&world.db, new(2, "first"), at(1))
        .await
        .unwrap();
    assert_eq!(
        name(&known(&world, Secret::Session("a"), 2).await),
        "UNEARTH_TOKEN"
    );
    access::replace(&world.db, new(3, "second"), at(3))
        .await
        .unwrap();
    assert_eq!(
        known(&world, Secret::Token("first"), 4).await,
        Known::Unknown
    );
    assert_eq!(known(&world, Secret::Session("a"), 4).await, Known::Unknown);
    assert_eq!(access::list(&world.db).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_log_is_read_backwards_page_by_page() {
    let world = World::new().await;
    token(&world, 1, "t", None).await;
    let Known::Valid(identity) = known(&world, Secret::Token("t"), 0).await else {
        panic!("it is valid");
    };
    for status in [201, 403, 204] {
        let entry = Entry {
            at: at(0) + Duration::seconds(i64::from(status)),
            by: (status != 403).then_some(&identity),
            action: "POST /v1/audits",
            path: "/v1/audits",
            status,
            client: Some("127.0.0.1"),
            request_id: "r",
        };
        access::write(&world.db, entry).await.unwrap();
    }
    let page = access::entries(&world.db, None, 2).await.unwrap();
    let statuses: Vec<_> = page.iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [204, 403]);
    assert_eq!(page[0].token_name.as_deref(), Some("token 1"));
    assert_eq!(page[1].token_id, None);
    let rest = access::entries(&world.db, Some(page[1].id), 2)
        .await
        .unwrap();
    assert_eq!((rest.len(), rest[0].status), (1, 201));
}
