//! Attempts that fail.

use crate::{
    clock,
    trainer::{Fake, learn},
    world::{World, until},
};
use time::{Duration, OffsetDateTime};
use unearth_audit::{Event, PieRequest, State, TrainingError};
use unearth_store::{events, runs, runs::FRUITLESS_ATTEMPTS_MAX, score_sets};

#[tokio::test]
async fn a_failing_backend_is_tried_again_ever_later_and_then_given_up() {
    let world = World::new().await;
    let trainer = Fake::new(|_, _, _| Err(TrainingError::Backend("it is broken".into())));
    let working = world.work(trainer.clone());
    let dataset = world.dataset().await;
    let audit = world.audit(dataset).await;

    for attempt in 1..=FRUITLESS_ATTEMPTS_MAX {
        let run_after = until("the attempt has failed", async || {
            let (state, attempts, run_after): (String, i32, OffsetDateTime) = world
                .row(
                    "select state, attempts, run_after from runs where audit_id = $1",
                    audit,
                )
                .await;
            (state == "queued" && attempts == attempt).then_some(run_after)
        })
        .await;
        let back_off = run_after - clock::now();
        assert_eq!(back_off, Duration::seconds(1 << attempt));
        assert_eq!(trainer.begun(), attempt as usize);
        clock::pass(back_off);
        world.wake_workers().await;
    }

    let failed = world.reached(audit, State::Failed).await;
    assert_eq!(
        failed.reason.as_deref(),
        Some(
            "given up after 3 attempts without progress; the last one ended with: \
             libtorch failed: it is broken"
        )
    );
    assert_eq!(trainer.begun(), FRUITLESS_ATTEMPTS_MAX as usize);
    working.leave().await;
}

#[tokio::test]
async fn what_fails_the_same_way_each_time_is_not_tried_again() {
    let world = World::new().await;
    let trainer = Fake::new(|_, _, _| {
        Err(TrainingError::Diverged {
            epoch: 1,
            what: "the loss is NaN".into(),
        })
    });
    let working = world.work(trainer.clone());
    let dataset = world.dataset().await;
    let audit = world.audit(dataset).await;
    let failed = world.reached(audit, State::Failed).await;
    let reason = failed.reason.unwrap();
    assert!(reason.contains("lower `recipe.lr`"), "{reason}");
    assert_eq!((failed.attempts, trainer.begun()), (1, 1));
    working.leave().await;
}

fn out_of_memory() -> TrainingError {
    TrainingError::OutOfMemory {
        device: "cuda:0".into(),
    }
}

#[tokio::test]
async fn a_device_without_enough_memory_is_given_half_the_batch_and_the_audit_says_so() {
    let world = World::new().await;
    let trainer = Fake::new(|job, examples, sink| {
        if job.recipe.batch_size > 8 {
            return Err(out_of_memory());
        }
        learn(job, examples, sink)
    });
    let dataset = world.validated().await;
    let audit = world.audit(dataset).await;
    let asked = world.get(audit).await;
    let working = world.work(trainer.clone());
    let done = world.reached(audit, State::Succeeded).await;

    let (before, after) = (
        asked.origin.recipe().unwrap(),
        done.origin.recipe().unwrap(),
    );
    assert_eq!((before.batch_size, after.batch_size), (16, 8));
    assert!((after.lr - before.lr / 2.0).abs() < 1e-12);
    assert_eq!(done.recipe_asked.as_ref(), Some(before));
    assert_eq!(done.recipe_hash, after.hash());
    assert_ne!(done.recipe_hash, asked.recipe_hash);
    let warnings = done.result.unwrap().warnings;
    assert!(warnings[0].contains("batches of 8 "), "{warnings:?}");
    assert_eq!(trainer.begun(), 2);
    let told = events::after(&world.db, audit, 0, 100).await.unwrap();
    let told: Vec<_> = told
        .iter()
        .filter_map(|stored| match &stored.event {
            Event::Recipe {
                reason, batch_size, ..
            } => Some((reason.as_str(), *batch_size)),
            _ => None,
        })
        .collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].0.starts_with("cuda:0 ran out of memory"));
    assert_eq!(told[0].1, 8);
    working.leave().await;
}

#[tokio::test]
async fn a_batch_is_not_halved_for_ever() {
    let world = World::new().await;
    let trainer = Fake::new(|_, _, _| Err(out_of_memory()));
    let working = world.work(trainer.clone());
    let dataset = world.dataset().await;
    let audit = world.audit(dataset).await;
    let failed = world.reached(audit, State::Failed).await;
    let reason = failed.reason.unwrap();
    assert!(reason.contains("`recipe.image_size`"), "{reason}");
    // 16, 8.
    assert_eq!(trainer.begun(), 2);
    working.leave().await;
}

#[tokio::test]
async fn trainings_that_are_compared_all_get_the_smaller_batch() {
    let world = World::new().await;
    let validating = world.work(Fake::new(learn));
    let dataset = world.dataset().await;
    validating.leave().await;
    let asked = PieRequest {
        sparsities: Some(vec![0.5]),
        population: Some(2),
        ..PieRequest::default()
    };
    let audit = world.audit_of_populations(dataset, &asked).await;
    let planned = runs::list(&world.db, audit).await.unwrap();
    let last = planned.last().unwrap().seed;
    let fake = Fake::new(move |job, examples, sink| {
        if job.seed == last && job.recipe.batch_size > 8 {
            return Err(out_of_memory());
        }
        learn(job, examples, sink)
    });
    let working = world.work(fake.clone());
    world.reached(audit, State::Succeeded).await;
    assert_eq!(fake.begun(), 2 * planned.len());
    let (trained,): (i64,) = world
        .row(
            "select count(*) from runs where audit_id = $1 and state = 'succeeded'
               and recipe->>'batch_size' = '8'",
            audit,
        )
        .await;
    assert_eq!(trained as usize, planned.len());
    let sets = score_sets::list(&world.db, audit).await.unwrap();
    assert!(sets.iter().all(|set| set.state == "ready"), "{sets:?}");
    working.leave().await;
}
