//! Audits of several runs: one ends with its last run, and a failure ends all.

use crate::{
    fencing::result,
    world::{LEASE, World, at, id},
};
use unearth_audit::{Event, Role, State};
use unearth_store::{
    audits::{self, Audit, Changed},
    events,
    runs::{self, Beat, ClaimedRun, Ending, GivenBack, Succeeded},
};

async fn audit(world: &World) -> Audit {
    audits::get(&world.db, id(1)).await.unwrap().unwrap()
}

/// An audit of three runs, of which the first `count` are claimed.
async fn claimed(world: &World, count: u128) -> Vec<ClaimedRun> {
    let dataset = world.dataset(1, 10).await;
    world.audit_of_three(1, dataset).await;
    let mut runs = Vec::new();
    for token in 0..count {
        runs.push(world.claim(50 + token, 0).await);
    }
    runs
}

#[tokio::test]
async fn the_last_run_ends_the_audit() {
    let world = World::new().await;
    let runs = claimed(&world, 3).await;
    let roles: Vec<Role> = runs.iter().map(|run| run.role).collect();
    assert_eq!(roles, [Role::Main, Role::Seed, Role::Seed]);
    let succeed = |run| runs::succeed(&world.db, run, at(1));
    for (done, run) in [(1, &runs[1]), (2, &runs[0])] {
        let too_early =
            runs::succeed_with_audit(&world.db, run, Ending::Succeeded, &result(), at(1)).await;
        assert!(too_early.is_err());
        assert_eq!(succeed(run).await.unwrap(), Succeeded::Yes(None));
        let audit = audit(&world).await;
        assert_eq!((audit.state, audit.runs.done), (State::Running, done));
    }
    assert_eq!(succeed(&runs[2]).await.unwrap(), Succeeded::AuditIsLeft);
    assert_eq!(audit(&world).await.runs.done, 2);
    runs::succeed_with_audit(&world.db, &runs[2], Ending::Succeeded, &result(), at(2))
        .await
        .unwrap();
    let audit = audit(&world).await;
    assert_eq!((audit.state, audit.runs.done), (State::Succeeded, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_runs_that_end_at_once_one_is_the_last() {
    let world = World::new().await;
    let runs = claimed(&world, 3).await;
    let ends = runs.iter().map(|run| runs::succeed(&world.db, run, at(1)));
    let ends = futures::future::join_all(ends).await;
    let left = ends
        .into_iter()
        .filter(|end| *end.as_ref().unwrap() == Succeeded::AuditIsLeft);
    assert_eq!(left.count(), 1);
}

#[tokio::test]
async fn a_failure_ends_all_and_a_retry_takes_all_up_again() {
    let world = World::new().await;
    let runs = claimed(&world, 2).await;
    runs::fail(&world.db, &runs[0], "diverged", at(1))
        .await
        .unwrap();
    assert_eq!(audit(&world).await.state, State::Failed);
    assert_eq!(world.try_claim(60, 2).await, None, "the third one waits");
    let beat = |run| runs::heartbeat(&world.db, run, None, at(2), LEASE);
    assert_eq!(beat(&runs[1]).await.unwrap(), Beat::Cancel);

    // The second one has not stopped yet: it goes on.
    let retried = audits::retry(&world.db, id(1), at(3)).await.unwrap();
    assert_eq!(retried, Changed::Yes);
    assert_eq!(beat(&runs[1]).await.unwrap(), Beat::Continue);
    let again = world.claim(61, 4).await;
    assert_eq!(again.id, runs[0].id);
    assert_ne!(world.claim(62, 4).await.id, runs[1].id);
}

#[tokio::test]
async fn a_sibling_that_begins_or_is_handed_back_interrupts_nothing() {
    let world = World::new().await;
    let runs = claimed(&world, 2).await;
    runs::give_back(&world.db, &runs[1], "leaving", GivenBack::Leaving, at(1))
        .await
        .unwrap();
    assert_eq!(audit(&world).await.state, State::Running);
    world.claim(60, 2).await;
    let told = events::after(&world.db, id(1), 0, 20).await.unwrap();
    let interruptions = told
        .iter()
        .filter(|stored| matches!(stored.event, Event::Interrupted { .. }));
    assert_eq!(interruptions.count(), 1, "the one that was handed back");
}

#[tokio::test]
async fn cancelling_stops_every_run() {
    let world = World::new().await;
    let runs = claimed(&world, 1).await;
    let cancelled = audits::cancel(&world.db, id(1), at(1)).await.unwrap();
    assert_eq!(cancelled, Changed::Yes);
    assert_eq!(world.try_claim(60, 2).await, None);
    runs::cancelled(&world.db, &runs[0], at(2)).await.unwrap();
    assert_eq!(audit(&world).await.state, State::Cancelled);
}

#[tokio::test]
async fn a_run_that_comes_to_its_end_while_the_audit_is_cancelled_ends_it() {
    let world = World::new().await;
    let runs = claimed(&world, 2).await;
    audits::cancel(&world.db, id(1), at(1)).await.unwrap();
    let succeed = |run| runs::succeed(&world.db, run, at(2));
    assert_eq!(succeed(&runs[0]).await.unwrap(), Succeeded::Yes(None));
    assert_eq!(audit(&world).await.state, State::Running);
    assert_eq!(succeed(&runs[1]).await.unwrap(), Succeeded::Yes(None));
    assert_eq!(audit(&world).await.state, State::Cancelled);

    // The two are done; the third one is what a retry is for.
    audits::retry(&world.db, id(1), at(3)).await.unwrap();
    let left = world.claim(60, 4).await;
    assert!(runs.iter().all(|run| run.id != left.id));
    assert_eq!(succeed(&left).await.unwrap(), Succeeded::AuditIsLeft);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_runs_that_stop_at_once_one_ends_the_cancelled_audit() {
    for _ in 0..10 {
        let world = World::new().await;
        let runs = claimed(&world, 3).await;
        audits::cancel(&world.db, id(1), at(1)).await.unwrap();
        let ends = runs
            .iter()
            .map(|run| runs::cancelled(&world.db, run, at(2)));
        for end in futures::future::join_all(ends).await {
            end.unwrap();
        }
        assert_eq!(audit(&world).await.state, State::Cancelled);
    }
}
