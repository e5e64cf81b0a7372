//! Runs of populations: who takes which, and what a failure ends.

use crate::{
    fencing::result,
    world::{LEASE, World, at, environment, id},
};
use unearth_audit::{
    DatasetFacts, DeviceInfo, Environment, Event, Level, Member, Pie, PieRequest, Position, Role,
    State,
};
use unearth_store::{
    audits, events,
    runs::{self, Claimant, ClaimedRun, Ending, Failed, Succeeded},
    workers,
};

/// Two models, unpruned and at a sparsity of one half, of which one each must be there in the end.
fn pie(population_min: u32) -> Pie {
    let request = PieRequest {
        sparsities: Some(vec![0.5]),
        population: Some(2),
        population_min: Some(population_min),
        ..PieRequest::default()
    };
    request.resolve(&DatasetFacts::default()).unwrap()
}

/// The four runs of an audit, claimed: unpruned, pruned, unpruned, pruned.
async fn claimed(world: &World, population_min: u32) -> Vec<ClaimedRun> {
    let dataset = world.dataset(1, 10).await;
    world
        .audit_of_populations(1, dataset, pie(population_min))
        .await;
    let mut runs = Vec::new();
    for token in 0..4 {
        runs.push(world.claim(50 + token, 0).await);
    }
    runs
}

async fn state(world: &World) -> State {
    let audit = audits::get(&world.db, id(1)).await.unwrap().unwrap();
    audit.state
}

#[tokio::test]
async fn a_run_knows_its_place_among_the_populations() {
    let world = World::new().await;
    let runs = claimed(&world, 2).await;
    let half = Level::Pruned("0.5".parse().unwrap());
    let places: Vec<(Role, Member)> = runs
        .iter()
        .map(|run| (run.role, run.member.unwrap()))
        .collect();
    let member = |level, number| Member { level, number };
    assert_eq!(
        places,
        [
            (Role::Main, member(Level::Unpruned, 0)),
            (Role::Member, member(half, 0)),
            (Role::Member, member(Level::Unpruned, 1)),
            (Role::Member, member(half, 1)),
        ]
    );
    assert_eq!(runs[1].pie, Some(pie(2)));
    let listed = runs::list(&world.db, id(1)).await.unwrap();
    assert_eq!(listed.len(), 4);
    assert_eq!(listed[3].member, Some(member(half, 1)));
    assert_eq!(listed[3].state, State::Running);
}

#[tokio::test]
async fn an_audit_goes_on_without_a_model_where_its_user_allowed_it() {
    let world = World::new().await;
    let runs = claimed(&world, 1).await;
    let fail = |run| runs::fail(&world.db, run, "diverged", at(1));
    assert_eq!(fail(&runs[1]).await.unwrap(), Failed::Alone);
    assert_eq!(state(&world).await, State::Running);
    let told = events::after(&world.db, id(1), 0, 50).await.unwrap();
    let missing = Event::Missing {
        member: runs[1].member.unwrap(),
        reason: "diverged".into(),
    };
    assert!(told.iter().any(|stored| stored.event == missing));
    for run in [&runs[0], &runs[2]] {
        let ended = runs::succeed(&world.db, run, at(2)).await.unwrap();
        assert_eq!(ended, Succeeded::Yes(None));
    }
    let last = runs::succeed(&world.db, &runs[3], at(3)).await.unwrap();
    assert_eq!(last, Succeeded::AuditIsLeft);
    runs::succeed_with_audit(&world.db, &runs[3], Ending::Succeeded, &result(), at(4))
        .await
        .unwrap();
    assert_eq!(state(&world).await, State::Succeeded);
}

#[tokio::test]
async fn a_model_that_fails_while_the_audit_is_cancelled_ends_it() {
    let world = World::new().await;
    let runs = claimed(&world, 1).await;
    audits::cancel(&world.db, id(1), at(1)).await.unwrap();
    for run in [&runs[0], &runs[2], &runs[3]] {
        runs::cancelled(&world.db, run, at(2)).await.unwrap();
    }
    let failed = runs::fail(&world.db, &runs[1], "diverged", at(2)).await;
    assert_eq!(failed.unwrap(), Failed::Alone);
    assert_eq!(state(&world).await, State::Cancelled);
}

#[tokio::test]
async fn the_last_run_ends_the_audit_even_where_it_fails_itself() {
    let world = World::new().await;
    let runs = claimed(&world, 1).await;
    for run in &runs[..3] {
        runs::succeed(&world.db, run, at(1)).await.unwrap();
    }
    let before = world.dump().await;
    let failed = runs::fail(&world.db, &runs[3], "diverged", at(2)).await;
    assert_eq!(failed.unwrap(), Failed::AuditIsLeft);
    assert_eq!(world.dump().await, before, "nothing is written yet");
    let ending = Ending::Missing("diverged");
    runs::succeed_with_audit(&world.db, &runs[3], ending, &result(), at(3))
        .await
        .unwrap();
    assert_eq!(state(&world).await, State::Succeeded);
    let listed = runs::list(&world.db, id(1)).await.unwrap();
    assert_eq!(listed[3].state, State::Failed);
    assert_eq!(listed[3].error.as_deref(), Some("diverged"));
}

#[tokio::test]
async fn too_many_missing_models_or_a_missing_main_run_end_the_audit() {
    let world = World::new().await;
    let runs = claimed(&world, 1).await;
    let fail = |run| runs::fail(&world.db, run, "diverged", at(1));
    assert_eq!(fail(&runs[1]).await.unwrap(), Failed::Alone);
    assert_eq!(fail(&runs[3]).await.unwrap(), Failed::Audit);
    assert_eq!(state(&world).await, State::Failed);

    let world = World::new().await;
    let runs = claimed(&world, 1).await;
    let failed = runs::fail(&world.db, &runs[0], "diverged", at(1)).await;
    assert_eq!(failed.unwrap(), Failed::Audit);

    let world = World::new().await;
    let runs = claimed(&world, 2).await;
    let failed = runs::fail(&world.db, &runs[1], "diverged", at(1)).await;
    assert_eq!(failed.unwrap(), Failed::Audit, "it was not allowed");
}

#[tokio::test]
async fn a_retry_trains_only_what_is_missing() {
    let world = World::new().await;
    let runs = claimed(&world, 2).await;
    for run in [&runs[0], &runs[2], &runs[3]] {
        runs::succeed(&world.db, run, at(1)).await.unwrap();
    }
    runs::fail(&world.db, &runs[1], "diverged", at(2))
        .await
        .unwrap();
    audits::retry(&world.db, id(1), at(3)).await.unwrap();
    assert_eq!(world.claim(60, 4).await.id, runs[1].id);
    assert_eq!(world.try_claim(61, 4).await, None);
}

#[tokio::test]
async fn audits_take_turns() {
    let world = World::new().await;
    let dataset = world.dataset(1, 10).await;
    world.audit_of_populations(1, dataset, pie(2)).await;
    world.claim(50, 1).await;
    // It came later and has waited longer than the other one since that had its turn.
    world.audit(2, dataset).await;
    world.audit(3, dataset).await;
    let position = async |number| {
        let audit = audits::get(&world.db, id(number)).await.unwrap();
        audit.unwrap().queue_position
    };
    assert_eq!((position(2).await, position(3).await), (Some(1), Some(2)));
    let mut order = Vec::new();
    for token in 0..5 {
        order.push(world.claim(51 + token, 2 + token as i64).await.audit_id);
    }
    assert_eq!(order, [2, 3, 1, 1, 1].map(id));
    assert_eq!(world.try_claim(60, 9).await, None);
}

/// A worker that gives signs of life.
async fn sign_on(world: &World, number: u128, environment: &Environment, seconds: i64) {
    let worker = workers::Worker {
        id: id(number),
        name: format!("host:{number}"),
        environment: environment.clone(),
        devices: DeviceInfo {
            cuda: unearth_audit::CudaState::NoLibraries("none".into()),
            gpus: vec![],
            driver: None,
            torch: "2.11.0".into(),
            threads: environment.threads,
        },
        paces: vec![],
        heartbeat_at: at(seconds),
    };
    workers::heartbeat(&world.db, &worker).await.unwrap();
}

#[tokio::test]
async fn a_run_is_left_to_a_worker_that_continues_it_exactly_while_there_is_one() {
    let world = World::new().await;
    let run = world.running(1).await;
    runs::set_resume_point(&world.db, &run, Position::START, "blob")
        .await
        .unwrap();
    let late = LEASE.whole_seconds();
    let other = Environment {
        threads: environment().threads + 1,
        ..environment()
    };
    sign_on(&world, 9, &environment(), late).await;
    assert_eq!(world.try_claim_in(&other, 50, late).await, None);
    let claimant = Claimant {
        worker: id(1),
        environment: &other,
    };
    let refused = runs::refused(&world.db, claimant, at(late)).await.unwrap();
    assert_eq!(refused.len(), 1);
    assert_eq!((refused[0].run, refused[0].audit), (run.id, id(1)));
    let why = refused[0].environment.difference(&other).unwrap();
    assert!(why.contains("thread count"), "{why}");

    // Another number of the same device is as good.
    let same = Environment {
        device: "cpu:7".into(),
        driver: Some("1".into()),
        ..environment()
    };
    let same_one = Claimant {
        worker: id(1),
        environment: &same,
    };
    let refused = runs::refused(&world.db, same_one, at(late)).await.unwrap();
    assert_eq!(refused, []);
    // With the other worker gone, somebody starts it over rather than nobody.
    let gone = late + 31;
    let taken = world.try_claim_in(&other, 51, gone).await.unwrap();
    assert_eq!(taken.id, run.id);
}
