use crate::world::{LEASE, World, assert_lease_lost, at, environment, id, new_audit};
use std::collections::HashMap;
use unearth_audit::{Event, Origin, Phase, Progress, State, TrainingOutcome};
use unearth_store::{
    WORK_CHANNEL, audits, events,
    runs::{self, Beat, Claimant, GivenBack},
};

async fn told(world: &World, audit: u128) -> Vec<Event> {
    let stored = events::after(&world.db, id(audit), 0, 100).await.unwrap();
    stored.into_iter().map(|stored| stored.event).collect()
}

fn state(state: State, reason: Option<&str>) -> Event {
    Event::State {
        state,
        reason: reason.map(str::to_owned),
    }
}

#[tokio::test]
async fn a_new_audit_is_queued_says_so_and_wakes_the_workers() {
    let world = World::new().await;
    let dataset = world.dataset(1, 0).await;
    let mut work = world.db.listen(WORK_CHANNEL).await.unwrap();
    let new = new_audit(1, dataset);
    audits::insert(&world.db, &new, at(3)).await.unwrap();
    work.recv().await.unwrap();

    assert_eq!(told(&world, 1).await, [state(State::Queued, None)]);
    let stored = audits::get(&world.db, id(1)).await.unwrap().unwrap();
    assert_eq!(stored.state, State::Queued);
    assert_eq!(stored.queue_position, Some(1));
    assert_eq!(stored.origin, Origin::Trained(new.recipe.clone()));
    assert_eq!(stored.recipe_hash, new.recipe.hash());
    assert_eq!(
        (stored.signals, stored.scorings),
        (new.signals, new.scorings)
    );
    assert_eq!((stored.created_at, stored.started_at), (at(3), None));
}

#[tokio::test]
async fn a_claim_starts_the_audit() {
    let world = World::new().await;
    let dataset = world.dataset(1, 0).await;
    world.audit(1, dataset).await;
    world.audit(2, dataset).await;
    let run = world.claim(50, 4).await;
    assert_eq!((run.audit_id, run.attempt, run.seed), (id(1), 1, 7));
    assert!(run.keeps_maps);
    assert_eq!(
        (run.resume, run.outcome, run.last_error),
        (None, None, None)
    );
    assert_eq!(run.started_at, at(4));
    let stored = audits::get(&world.db, id(1)).await.unwrap().unwrap();
    assert_eq!(
        (stored.state, stored.queue_position),
        (State::Running, None)
    );
    let waiting = audits::get(&world.db, id(2)).await.unwrap().unwrap();
    assert_eq!(waiting.queue_position, Some(1));
    let events = [state(State::Queued, None), state(State::Running, None)];
    assert_eq!(told(&world, 1).await, events);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_claimers_get_each_run_once() {
    const RUNS: u128 = 24;
    let world = World::new().await;
    let dataset = world.dataset(1, 0).await;
    for number in 1..=RUNS {
        world.audit(number, dataset).await;
    }
    let claimers = (0..32).map(|claimer: u128| {
        let db = world.db.clone();
        tokio::spawn(async move {
            let mut claimed = Vec::new();
            for nth in 0.. {
                let token = id(claimer * 1_000 + nth);
                let environment = environment();
                let claimant = Claimant {
                    worker: id(claimer),
                    environment: &environment,
                };
                match runs::claim(&db, claimant, token, at(1), LEASE)
                    .await
                    .unwrap()
                {
                    Some(run) => claimed.push(run.id),
                    None => break,
                }
            }
            claimed
        })
    });
    let mut times = HashMap::new();
    for claimed in futures::future::join_all(claimers).await {
        for run in claimed.unwrap() {
            *times.entry(run).or_insert(0) += 1;
        }
    }
    assert_eq!(times.len() as u128, RUNS);
    assert!(times.values().all(|&n| n == 1), "{times:?}");
}

#[tokio::test]
async fn a_heartbeat_keeps_the_lease_and_silence_loses_it() {
    let world = World::new().await;
    let run = world.running(1).await;
    assert_eq!(world.try_claim(51, 59).await, None);
    let progress = Progress {
        phase: Phase::Training,
        epoch: 1,
        epochs: 3,
        checkpoint: 0,
        checkpoints: 3,
        step: 5,
        total: 10,
        examples_per_second: None,
        eta_seconds: Some(2.5),
    };
    let beat = runs::heartbeat(&world.db, &run, Some(&progress), at(59), LEASE).await;
    assert_eq!(beat.unwrap(), Beat::Continue);
    let beat = runs::heartbeat(&world.db, &run, None, at(60), LEASE).await;
    assert_eq!(beat.unwrap(), Beat::Continue);
    let stored = audits::get(&world.db, id(1)).await.unwrap().unwrap();
    assert_eq!(stored.progress, Some(progress));
    assert_eq!(stored.heartbeat_at, Some(at(60)));

    assert_eq!(world.try_claim(51, 119).await, None);
    let next = world.claim(51, 120).await;
    assert_eq!(
        (next.id, next.attempt, next.fruitless_attempts),
        (run.id, 2, 2)
    );
    assert_eq!(next.started_at, at(0));
    let beat = runs::heartbeat(&world.db, &run, None, at(121), LEASE).await;
    assert_lease_lost("heartbeat", &beat);
    let last = told(&world, 1).await.pop().unwrap();
    assert!(matches!(last, Event::Interrupted { .. }), "{last:?}");
}

#[tokio::test]
async fn a_leaving_worker_hands_the_run_on_at_no_cost() {
    let world = World::new().await;
    let run = world.running(1).await;
    let mut work = world.db.listen(WORK_CHANNEL).await.unwrap();
    runs::give_back(&world.db, &run, "shutting down", GivenBack::Leaving, at(1))
        .await
        .unwrap();
    work.recv().await.unwrap();
    let stored = audits::get(&world.db, id(1)).await.unwrap().unwrap();
    assert_eq!(stored.state, State::Queued);
    let next = world.claim(51, 1).await;
    assert_eq!((next.attempt, next.fruitless_attempts), (2, 1));
    assert_eq!(next.last_error.as_deref(), Some("shutting down"));
}

#[tokio::test]
async fn a_failed_attempt_waits_before_the_next() {
    let world = World::new().await;
    let run = world.running(1).await;
    let again = GivenBack::Failed(at(30));
    runs::give_back(&world.db, &run, "out of memory", again, at(1))
        .await
        .unwrap();
    assert_eq!(world.try_claim(51, 29).await, None);
    assert_eq!(world.claim(51, 30).await.fruitless_attempts, 2);
}

#[tokio::test]
async fn a_new_resume_point_forgives_earlier_attempts() {
    use unearth_audit::Position;
    let world = World::new().await;
    let run = world.running(1).await;
    let position = |epoch| Position {
        epoch,
        batch: 0,
        sweeps: 0,
        evaluations: 0,
    };
    let before = runs::set_resume_point(&world.db, &run, position(1), "resume/a").await;
    assert_eq!(before.unwrap(), None);
    let before = runs::set_resume_point(&world.db, &run, position(2), "resume/b").await;
    assert_eq!(before.unwrap().as_deref(), Some("resume/a"));
    let before = runs::set_resume_point(&world.db, &run, position(2), "resume/b").await;
    assert_eq!(before.unwrap(), None, "the blob in use must not go");

    let mut next = world.claim(51, 60).await;
    assert_eq!(next.fruitless_attempts, 1);
    assert_eq!(next.resume, Some((position(2), "resume/b".into())));
    let forgotten = runs::forget_resume_point(&world.db, &mut next).await;
    assert_eq!(forgotten.unwrap().as_deref(), Some("resume/b"));
    assert_eq!(next.resume, None);
    assert_eq!(world.claim(52, 120).await.resume, None);
}

#[tokio::test]
async fn the_end_of_the_training_forgives_earlier_attempts() {
    let world = World::new().await;
    let run = world.running(1).await;
    let outcome = TrainingOutcome {
        training_accuracy: 1.0,
        held_out_accuracy: None,
        fit_secs: 1.0,
        sweep_secs: 1.0,
        layers: vec![],
    };
    runs::set_outcome(&world.db, &run, &outcome).await.unwrap();
    let next = world.claim(51, 60).await;
    assert_eq!((next.attempt, next.fruitless_attempts), (2, 1));
    assert_eq!(next.outcome, Some(outcome));
}
