//! How runs end: well, on request, or with their worker.

use crate::{
    clock,
    trainer::{Fake, learn, until_stopped},
    world::{EXAMPLES, World, until},
};
use sqlx::{Postgres, Transaction};
use time::OffsetDateTime;
use unearth_audit::{Signal, State, TrainingError};
use unearth_store::{
    audits::{self, Changed},
    score_sets,
    scores::{self, Beside, Filter, Order, Part},
};
use uuid::Uuid;

#[tokio::test]
async fn a_run_succeeds_and_every_signal_is_scored() {
    let world = World::new().await;
    let working = world.work(Fake::new(learn));
    let dataset = world.dataset().await;
    let audit = world.audit(dataset).await;
    let done = world.reached(audit, State::Succeeded).await;
    let result = done.result.unwrap();
    assert_eq!(result.training_accuracy, Some(1.0));
    assert_eq!(done.attempts, 1);

    let sets = score_sets::list(&world.db, audit).await.unwrap();
    assert!(sets.iter().all(|set| set.state == "ready"), "{sets:?}");
    let mut signals: Vec<&str> = sets.iter().map(|set| set.signal.as_str()).collect();
    signals.sort_unstable();
    let mut wanted: Vec<&str> = Signal::of_one_training()
        .map(|signal| signal.info().name)
        .collect();
    wanted.sort_unstable();
    assert_eq!(signals, wanted);

    let vog = sets.iter().find(|set| set.signal == "vog").unwrap();
    let (filter, beside) = (Filter::default(), Beside::all(audit));
    let all = Part {
        order: Order::HardestFirst,
        after: None,
        limit: EXAMPLES as i64,
    };
    let rows = scores::page(&world.db, vog.id, dataset, &filter, beside, all)
        .await
        .unwrap();
    let hardest_first: Vec<i32> = rows.iter().map(|row| row.index).collect();
    assert_eq!(hardest_first, [5, 4, 3, 2, 1, 0]);
    working.leave().await;
}

/// Seed of an audit whose training does not end by itself.
const STOPPED: u64 = 1;

#[tokio::test]
async fn cancelling_stops_the_training_and_frees_the_worker() {
    let world = World::new().await;
    let trainer = Fake::new(|job, examples, sink| {
        if job.seed == STOPPED {
            until_stopped(sink)
        } else {
            learn(job, examples, sink)
        }
    });
    let working = world.work(trainer.clone());
    let dataset = world.dataset().await;
    let audit = world.audit_with_seed(dataset, STOPPED).await;
    until("training has begun", async || {
        (trainer.begun() == 1).then_some(())
    })
    .await;

    let cancelled = audits::cancel(&world.db, audit, clock::now()).await;
    assert_eq!(cancelled.unwrap(), Changed::Yes);
    let stopped = world.reached(audit, State::Cancelled).await;
    assert_eq!(stopped.reason.as_deref(), Some("cancelled on request"));
    assert_eq!(trainer.ended(), 1);

    let next = world.audit(dataset).await;
    world.reached(next, State::Succeeded).await;
    working.leave().await;
}

#[tokio::test]
async fn a_training_that_stops_at_once_is_still_the_next_workers() {
    const WORKERS: i32 = 20;
    let world = World::new().await;
    let first = world.work(Fake::new(learn));
    let dataset = world.dataset().await;
    first.leave().await;
    let audit = world.audit(dataset).await;
    for attempts in 1..=WORKERS {
        let trainer = Fake::new(|_, _, sink| {
            while sink.check().is_ok() {
                std::hint::spin_loop();
            }
            Err(TrainingError::Stopped)
        });
        let working = world.work(trainer.clone());
        until("training has begun", async || {
            (trainer.begun() == 1).then_some(())
        })
        .await;
        working.leave().await;
        let left = world.get(audit).await;
        assert_eq!((left.state, left.attempts), (State::Queued, attempts));
    }
}

#[tokio::test]
async fn a_leaving_worker_hands_its_run_to_the_next() {
    let world = World::new().await;
    let trainer = Fake::new(|_, _, sink| until_stopped(sink));
    let working = world.work(trainer.clone());
    let dataset = world.dataset().await;
    let audit = world.audit(dataset).await;
    until("training has begun", async || {
        (trainer.begun() == 1).then_some(())
    })
    .await;

    working.leave().await;
    assert_eq!(trainer.ended(), 1);
    assert_eq!(world.get(audit).await.state, State::Queued);
    let (state, fruitless, leased, run_after): (String, i32, bool, OffsetDateTime) = world
        .row(
            "select state, fruitless_attempts, lease_token is not null, run_after from runs
             where audit_id = $1",
            audit,
        )
        .await;
    assert_eq!((state.as_str(), fruitless, leased), ("queued", 0, false));
    assert_eq!(run_after, clock::now());

    let next = world.work(Fake::new(learn));
    let done = world.reached(audit, State::Succeeded).await;
    assert_eq!(done.attempts, 2);
    next.leave().await;
}

/// An audit whose rankings wait to be stored until the transaction is over.
async fn held_up(world: &World, dataset: Uuid) -> (Uuid, Transaction<'static, Postgres>) {
    let mut held = world.sql.begin().await.unwrap();
    sqlx::query("lock table scores in access exclusive mode")
        .execute(&mut *held)
        .await
        .unwrap();
    let audit = world.audit(dataset).await;
    until("a ranking waits to be stored", async || {
        let (waits,): (bool,) = world
            .row(
                "select exists (select 1 from pg_stat_activity
                                where datname = current_database() and query like 'copy scores %'
                                  and wait_event_type = 'Lock')
                 from audits where id = $1",
                audit,
            )
            .await;
        waits.then_some(())
    })
    .await;
    (audit, held)
}

#[tokio::test]
async fn cancelling_stops_a_scoring_and_frees_the_worker() {
    let world = World::new().await;
    let working = world.work(Fake::new(learn));
    let dataset = world.dataset().await;
    let (audit, held) = held_up(&world, dataset).await;
    let cancelled = audits::cancel(&world.db, audit, clock::now()).await;
    assert_eq!(cancelled.unwrap(), Changed::Yes);
    world.reached(audit, State::Cancelled).await;
    held.rollback().await.unwrap();
    let next = world.audit_with_seed(dataset, 8).await;
    world.reached(next, State::Succeeded).await;
    working.leave().await;
}

#[tokio::test]
async fn a_worker_leaves_a_scoring_at_once() {
    let world = World::new().await;
    let trainer = Fake::new(learn);
    let working = world.work(trainer.clone());
    let dataset = world.dataset().await;
    let (audit, held) = held_up(&world, dataset).await;

    working.leave().await;
    let left = world.get(audit).await;
    assert_eq!((left.state, left.attempts), (State::Queued, 1));
    held.rollback().await.unwrap();
    let next = world.work(trainer.clone());
    let done = world.reached(audit, State::Succeeded).await;
    assert_eq!(done.attempts, 2);
    assert_eq!(trainer.begun(), 1, "it is not trained again");
    next.leave().await;
}
