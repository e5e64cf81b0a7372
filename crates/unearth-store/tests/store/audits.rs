//! What people do to audits: cancel, retry, list.

use crate::world::{LEASE, World, assert_lease_lost, at, environment, id};
use unearth_audit::{Event, State};
use unearth_store::{
    audits::{self, AuditResult, Changed},
    events,
    runs::{self, Beat, Ending, GivenBack},
};

async fn state(world: &World, number: u128) -> State {
    let audit = audits::get(&world.db, id(number)).await.unwrap();
    audit.unwrap().state
}

async fn cancel(world: &World, number: u128, seconds: i64) -> Changed {
    audits::cancel(&world.db, id(number), at(seconds))
        .await
        .unwrap()
}

async fn retry(world: &World, number: u128, seconds: i64) -> Changed {
    audits::retry(&world.db, id(number), at(seconds))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_queued_audit_is_cancelled_at_once_and_can_be_retried() {
    let world = World::new().await;
    let dataset = world.dataset(1, 0).await;
    world.audit(1, dataset).await;
    assert_eq!(cancel(&world, 1, 5).await, Changed::Yes);
    let cancelled = audits::get(&world.db, id(1)).await.unwrap().unwrap();
    assert_eq!(cancelled.state, State::Cancelled);
    assert_eq!(cancelled.finished_at, Some(at(5)));
    assert!(cancelled.reason.is_some());
    assert_eq!(world.try_claim(50, 6).await, None);
    assert_eq!(cancel(&world, 1, 6).await, Changed::No(State::Cancelled));

    assert_eq!(retry(&world, 1, 7).await, Changed::Yes);
    let queued = audits::get(&world.db, id(1)).await.unwrap().unwrap();
    assert_eq!((queued.state, queued.reason), (State::Queued, None));
    assert_eq!(queued.finished_at, None);
    let run = world.claim(50, 7).await;
    let beat = runs::heartbeat(&world.db, &run, None, at(8), LEASE).await;
    assert_eq!(beat.unwrap(), Beat::Continue);
    let told = events::after(&world.db, id(1), 0, 10).await.unwrap();
    let states: Vec<_> = told
        .into_iter()
        .filter_map(|stored| match stored.event {
            Event::State { state, .. } => Some(state),
            _ => None,
        })
        .collect();
    let expected = [
        State::Queued,
        State::Cancelled,
        State::Queued,
        State::Running,
    ];
    assert_eq!(states, expected);
}

#[tokio::test]
async fn a_running_audit_is_cancelled_by_its_holder() {
    let world = World::new().await;
    let run = world.running(1).await;
    assert_eq!(cancel(&world, 1, 1).await, Changed::Yes);
    assert_eq!(state(&world, 1).await, State::Running);
    let beat = runs::heartbeat(&world.db, &run, None, at(2), LEASE).await;
    assert_eq!(beat.unwrap(), Beat::Cancel);
    runs::cancelled(&world.db, &run, at(3)).await.unwrap();
    assert_eq!(state(&world, 1).await, State::Cancelled);
    let after = runs::heartbeat(&world.db, &run, None, at(4), LEASE).await;
    assert_lease_lost("heartbeat", &after);
}

#[tokio::test]
async fn an_audit_whose_worker_is_gone_is_cancelled_at_once() {
    let world = World::new().await;
    let run = world.running(1).await;
    assert_eq!(cancel(&world, 1, 60).await, Changed::Yes);
    assert_eq!(state(&world, 1).await, State::Cancelled);
    let beat = runs::heartbeat(&world.db, &run, None, at(61), LEASE).await;
    assert_lease_lost("heartbeat", &beat);
    assert_eq!(world.try_claim(51, 1_000).await, None);
}

#[tokio::test]
async fn a_run_given_back_after_a_cancellation_ends() {
    let world = World::new().await;
    let run = world.running(1).await;
    cancel(&world, 1, 1).await;
    runs::give_back(&world.db, &run, "leaving", GivenBack::Leaving, at(2))
        .await
        .unwrap();
    let cancelled = audits::get(&world.db, id(1)).await.unwrap().unwrap();
    assert_eq!(cancelled.state, State::Cancelled);
    assert_eq!(cancelled.finished_at, Some(at(2)));
    assert_eq!(world.try_claim(51, 1_000).await, None);
}

#[tokio::test]
async fn a_failed_audit_says_why_and_continues_when_retried() {
    let world = World::new().await;
    let run = world.running(1).await;
    let position = unearth_audit::Position {
        epoch: 1,
        batch: 0,
        sweeps: 1,
        evaluations: 0,
    };
    runs::set_resume_point(&world.db, &run, position, "resume/a")
        .await
        .unwrap();
    runs::fail(&world.db, &run, "it diverged", at(5))
        .await
        .unwrap();
    let failed = audits::get(&world.db, id(1)).await.unwrap().unwrap();
    assert_eq!(failed.state, State::Failed);
    assert_eq!(failed.reason.as_deref(), Some("it diverged"));
    assert_eq!(retry(&world, 1, 6).await, Changed::Yes);
    let next = world.claim(51, 6).await;
    assert_eq!(next.resume, Some((position, "resume/a".into())));
    assert_eq!((next.attempt, next.fruitless_attempts), (2, 1));
    assert_eq!(next.last_error, None);
}

#[tokio::test]
async fn a_success_is_final() {
    let world = World::new().await;
    let run = world.running(1).await;
    let start = unearth_audit::Position {
        epoch: 0,
        batch: 1,
        sweeps: 0,
        evaluations: 0,
    };
    runs::set_resume_point(&world.db, &run, start, "resume/a")
        .await
        .unwrap();
    let result = AuditResult {
        training_accuracy: Some(0.9),
        held_out_accuracy: Some(0.8),
        warnings: vec!["few epochs".into()],
        environment: Some(environment()),
        fit_secs: Some(1.0),
        sweep_secs: Some(2.0),
        wall_secs: 3.5,
        database_bytes: Some(5_000),
        runs: vec![],
    };
    let blob = runs::succeed_with_audit(&world.db, &run, Ending::Succeeded, &result, at(9))
        .await
        .unwrap();
    assert_eq!(blob.as_deref(), Some("resume/a"));
    let done = audits::get(&world.db, id(1)).await.unwrap().unwrap();
    assert_eq!((done.state, done.result), (State::Succeeded, Some(result)));
    assert_eq!(
        (done.started_at, done.finished_at),
        (Some(at(0)), Some(at(9)))
    );
    assert_eq!((done.progress, done.worker), (None, None));
    assert_eq!(retry(&world, 1, 10).await, Changed::No(State::Succeeded));
    assert_eq!(cancel(&world, 1, 10).await, Changed::No(State::Succeeded));
    assert_eq!(world.try_claim(51, 1_000).await, None);
    let source = runs::source_of(&world.db, id(1)).await.unwrap().unwrap();
    assert_eq!(source, (run.id, run.shape));
}

#[tokio::test]
async fn only_what_ended_badly_is_retried() {
    let world = World::new().await;
    let dataset = world.dataset(1, 0).await;
    world.audit(1, dataset).await;
    assert_eq!(retry(&world, 1, 1).await, Changed::No(State::Queued));
    world.claim(50, 1).await;
    assert_eq!(retry(&world, 1, 1).await, Changed::No(State::Running));
    assert_eq!(retry(&world, 2, 1).await, Changed::NotFound);
    assert_eq!(cancel(&world, 2, 1).await, Changed::NotFound);
    assert_eq!(audits::get(&world.db, id(2)).await.unwrap(), None);
    assert_eq!(runs::source_of(&world.db, id(2)).await.unwrap(), None);
}

#[tokio::test]
async fn audits_are_listed_newest_first() {
    let world = World::new().await;
    let (one, other) = (world.dataset(1, 0).await, world.dataset(2, 0).await);
    for (number, dataset) in [(1, one), (3, other), (2, one)] {
        world.audit(number, dataset).await;
    }
    let list = async |dataset, after, limit| -> Vec<_> {
        let found = audits::list(&world.db, dataset, after, limit)
            .await
            .unwrap();
        found.iter().map(|audit| audit.id).collect()
    };
    assert_eq!(list(None, None, 2).await, [id(3), id(2)]);
    assert_eq!(list(None, Some(id(2)), 2).await, [id(1)]);
    assert_eq!(list(Some(one), None, 9).await, [id(2), id(1)]);
    assert!(list(Some(id(99)), None, 9).await.is_empty());
}
