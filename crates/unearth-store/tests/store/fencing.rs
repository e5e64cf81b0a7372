//! A worker whose lease was taken can write nothing, whatever it tries and whenever it finds out.

use crate::world::{EXAMPLES, LEASE, World, assert_lease_lost, at, environment, id, maps, record};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use serde_json::json;
use unearth_audit::{Event, LogitSource, Position, ScoreKey, Signal, TrainingOutcome};
use unearth_store::{
    StoreError,
    audits::AuditResult,
    dynamics,
    runs::{self, ClaimedRun, Ending, GivenBack},
    score_sets::{self, NewScore, Scored},
    snapshots,
};

pub(crate) fn result() -> AuditResult {
    AuditResult {
        training_accuracy: Some(0.9),
        held_out_accuracy: None,
        warnings: vec![],
        environment: Some(environment()),
        fit_secs: Some(1.0),
        sweep_secs: Some(1.0),
        wall_secs: 2.0,
        database_bytes: Some(5_000),
        runs: vec![],
    }
}

fn outcome() -> TrainingOutcome {
    TrainingOutcome {
        training_accuracy: 0.9,
        held_out_accuracy: None,
        fit_secs: 1.0,
        sweep_secs: 1.0,
        layers: vec![],
    }
}

fn scored() -> Scored {
    Scored {
        signal: Signal::Vog,
        scoring: "std:all".into(),
        info: json!({}),
        statistics: json!({}),
        rows: vec![NewScore {
            rank: 1,
            index: 0,
            label: 0,
            value: Some(1.0),
            value_reason: None,
            normalised: None,
            normalised_reason: Some("one example"),
            percentile: Some(100.0),
        }],
    }
}

const START: Position = Position {
    epoch: 0,
    batch: 0,
    sweeps: 0,
    evaluations: 0,
};

#[tokio::test]
async fn every_write_of_a_lost_run_is_refused_and_leaves_nothing() {
    let world = World::new().await;
    let run = world.running(1).await;
    world.store_maps(&run, 0).await;
    let next = world.claim(51, 60).await;
    world.begin(&next, 60).await;
    world.store_maps(&next, 0).await;
    dynamics::store(
        &world.db,
        &next,
        &record(0, LogitSource::InFlight, EXAMPLES),
        None,
        at(61),
    )
    .await
    .unwrap();
    let before = world.dump().await;

    let (db, run, mut forgetful) = (&world.db, &run, run.clone());
    let (record, event) = (
        record(0, LogitSource::InFlight, EXAMPLES),
        Event::Interrupted { reason: "x".into() },
    );
    let (environment, outcome, result, scored) = (environment(), outcome(), result(), scored());
    let store_checkpoint = |checkpoint| {
        let chunks = stream::iter(maps(checkpoint, EXAMPLES));
        snapshots::store_checkpoint(db, run, checkpoint, EXAMPLES, chunks, || at(62)).boxed()
    };
    let again = GivenBack::Failed(at(62));
    let writes: Vec<(&str, BoxFuture<'_, Result<(), StoreError>>)> = vec![
        (
            "begin_attempt",
            runs::begin_attempt(db, run, "w", &environment, at(62)).boxed(),
        ),
        (
            "heartbeat",
            runs::heartbeat(db, run, None, at(62), LEASE)
                .map(|r| r.map(drop))
                .boxed(),
        ),
        ("tell", runs::tell(db, run, &event, at(62)).boxed()),
        (
            "dynamics::store",
            dynamics::store(db, run, &record, Some(&event), at(62)).boxed(),
        ),
        ("store_checkpoint, the same again", store_checkpoint(0)),
        ("store_checkpoint, another", store_checkpoint(1)),
        (
            "set_resume_point",
            runs::set_resume_point(db, run, START, "b")
                .map(|r| r.map(drop))
                .boxed(),
        ),
        (
            "forget_resume_point",
            runs::forget_resume_point(db, &mut forgetful)
                .map(|r| r.map(drop))
                .boxed(),
        ),
        ("set_outcome", runs::set_outcome(db, run, &outcome).boxed()),
        (
            "score_sets::store",
            score_sets::store(db, run, &scored, at(62)).boxed(),
        ),
        (
            "succeed (run)",
            runs::succeed(db, run, at(62)).map(|r| r.map(drop)).boxed(),
        ),
        (
            "succeed",
            runs::succeed_with_audit(db, run, Ending::Succeeded, &result, at(62))
                .map(|r| r.map(drop))
                .boxed(),
        ),
        (
            "fail",
            runs::fail(db, run, "no", at(62))
                .map(|r| r.map(drop))
                .boxed(),
        ),
        (
            "give_back, leaving",
            runs::give_back(db, run, "no", GivenBack::Leaving, at(62)).boxed(),
        ),
        (
            "give_back, failed",
            runs::give_back(db, run, "no", again, at(62)).boxed(),
        ),
        ("cancelled", runs::cancelled(db, run, at(62)).boxed()),
    ];
    for (what, write) in writes {
        assert_lease_lost(what, &write.await);
        assert_eq!(world.dump().await, before, "{what} left something");
    }
    runs::succeed_with_audit(db, &next, Ending::Succeeded, &result, at(63))
        .await
        .unwrap();
}

/// Its chunks, between which another worker takes the run.
async fn store_while_losing_the_lease(world: &World, run: &ClaimedRun) -> Result<(), StoreError> {
    let chunks = stream::iter(maps(1, EXAMPLES)).then(|chunk| async {
        if chunk.chunk == 1 {
            world.claim(51, 60).await;
        }
        chunk
    });
    snapshots::store_checkpoint(&world.db, run, 1, EXAMPLES, Box::pin(chunks), || at(61)).await
}

#[tokio::test]
async fn a_lease_lost_during_the_copy_of_a_checkpoint_leaves_nothing_of_it() {
    let world = World::new().await;
    let run = world.running(1).await;
    world.store_maps(&run, 0).await;
    let lost = store_while_losing_the_lease(&world, &run).await;
    assert_lease_lost("store_checkpoint", &lost);
    assert_eq!(
        snapshots::complete(&world.db, run.id).await.unwrap(),
        [(0, 1)]
    );
    let rows = "select count(*) from snapshot_chunks where checkpoint = 1";
    assert_eq!(world.number(rows).await, 0);
    let events = "select count(*) from audit_events where event->>'kind' = 'checkpoint'";
    assert_eq!(world.number(events).await, 1);
}

#[tokio::test]
async fn a_lease_lost_during_the_copy_of_a_record_leaves_nothing_of_it() {
    let world = World::new().await;
    let run = world.running(1).await;
    let mut gate = world.sql.begin().await.unwrap();
    sqlx::query("lock table dynamics_chunks in exclusive mode")
        .execute(&mut *gate)
        .await
        .unwrap();
    let record = record(0, LogitSource::InFlight, EXAMPLES);
    let store = dynamics::store(&world.db, &run, &record, None, at(61));
    let lose = async {
        world.somebody_waits_for_a_lock().await;
        world.claim(51, 60).await;
        gate.commit().await.unwrap();
    };
    let (stored, ()) = futures::join!(store, lose);
    assert_lease_lost("dynamics::store", &stored);
    assert_eq!(
        world.number("select count(*) from dynamics_chunks").await,
        0
    );
}

/// Of a finished audit, another window was asked for at second 2.
async fn with_a_requested_scoring() -> World {
    let world = World::new().await;
    let run = world.running(1).await;
    runs::succeed_with_audit(&world.db, &run, Ending::Succeeded, &result(), at(1))
        .await
        .unwrap();
    let key = ScoreKey::from_key("std:late").unwrap();
    score_sets::request(&world.db, id(1), &[key], at(2))
        .await
        .unwrap();
    world
}

#[tokio::test]
async fn every_write_of_a_lost_score_set_is_refused_and_leaves_nothing() {
    let world = with_a_requested_scoring().await;
    let claim = |token, seconds| score_sets::claim(&world.db, id(1), id(token), at(seconds), LEASE);
    let lost = claim(50, 2).await.unwrap().unwrap();
    assert_eq!((lost.audit_id, &*lost.scoring), (id(1), "std:late"));
    assert_eq!(claim(51, 61).await.unwrap(), None);
    let next = claim(51, 62).await.unwrap().unwrap();
    let before = world.dump().await;

    let beat = score_sets::heartbeat(&world.db, &lost, at(999)).await;
    assert_lease_lost("heartbeat", &beat);
    let finish = score_sets::finish(&world.db, &lost, &scored(), at(63)).await;
    assert_lease_lost("finish", &finish);
    let fail = score_sets::fail(&world.db, &lost, "no", at(63)).await;
    assert_lease_lost("fail", &fail);
    assert_eq!(world.dump().await, before);

    score_sets::heartbeat(&world.db, &next, at(999))
        .await
        .unwrap();
    score_sets::finish(&world.db, &next, &scored(), at(64))
        .await
        .unwrap();
    let set = score_sets::get(&world.db, id(1), "vog", "std:late")
        .await
        .unwrap();
    assert_eq!(set.unwrap().state, "ready");
    assert_eq!(claim(52, 2_000).await.unwrap(), None);
}

#[tokio::test]
async fn a_scoring_that_waits_for_a_disk_is_tried_again_and_the_attempt_does_not_count() {
    let world = with_a_requested_scoring().await;
    let claim = |token, seconds| score_sets::claim(&world.db, id(1), id(token), at(seconds), LEASE);
    let first = claim(50, 2).await.unwrap().unwrap();
    score_sets::postpone(&world.db, &first, at(7))
        .await
        .unwrap();
    assert_lease_lost(
        "again",
        &score_sets::postpone(&world.db, &first, at(9)).await,
    );
    assert_eq!(claim(51, 6).await.unwrap(), None);
    let second = claim(51, 7).await.unwrap().unwrap();
    assert_eq!((first.attempt, second.attempt), (1, 1));
}
