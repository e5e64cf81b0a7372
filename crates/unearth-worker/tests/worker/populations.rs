//! Audits of populations whose trainings do not all end well.

use crate::{
    trainer::{Fake, learn},
    world::{World, until},
};
use std::sync::atomic::{AtomicBool, Ordering};
use unearth_audit::{Event, Level, PieRequest, State, TrainingError};
use unearth_store::{events, exemplars, runs};
use uuid::Uuid;

/// Two models, unpruned and at a sparsity of one half.
fn two_models(population_min: u32) -> PieRequest {
    PieRequest {
        sparsities: Some(vec![0.5]),
        population: Some(2),
        population_min: Some(population_min),
        ..PieRequest::default()
    }
}

/// The seed of the run at a position of the audit.
async fn seed(world: &World, audit: Uuid, ordinal: usize) -> u64 {
    runs::list(&world.db, audit).await.unwrap()[ordinal].seed
}

#[tokio::test]
async fn an_audit_finishes_without_a_model_that_fails_last_and_says_so() {
    let world = World::new().await;
    let dataset = world.validated().await;
    let audit = world.audit_of_populations(dataset, &two_models(1)).await;
    let failing = seed(&world, audit, 3).await;
    let working = world.work(Fake::new(move |job, examples, sink| {
        if job.seed == failing {
            return Err(TrainingError::Unsuitable("it cannot be trained".into()));
        }
        learn(job, examples, sink)
    }));
    let done = world.reached(audit, State::Succeeded).await;
    let warnings = done.result.unwrap().warnings;
    let missing = "1 of the 2 models of the population 0.5 are missing";
    assert!(
        warnings.iter().any(|it| it.starts_with(missing)),
        "{warnings:?}"
    );
    let report = exemplars::report(&world.db, audit).await.unwrap().unwrap();
    assert!(report.is_complete && report.notes[0].starts_with(missing));
    let models: Vec<(String, u32)> = report
        .trained
        .levels
        .iter()
        .map(|level| (level.level.to_string(), level.models))
        .collect();
    assert_eq!(models, [("unpruned".to_owned(), 2), ("0.5".to_owned(), 1)]);
    let told = events::after(&world.db, audit, 0, 100).await.unwrap();
    let missing = told
        .iter()
        .filter(|stored| matches!(stored.event, Event::Missing { .. }));
    assert_eq!(missing.count(), 1);
    working.leave().await;
}

#[tokio::test]
async fn a_failed_model_is_trained_alone_when_the_audit_is_tried_again() {
    static FAILS: AtomicBool = AtomicBool::new(true);
    let world = World::new().await;
    let dataset = world.validated().await;
    let audit = world.audit_of_populations(dataset, &two_models(2)).await;
    let failing = seed(&world, audit, 3).await;
    let trainer = Fake::new(move |job, examples, sink| {
        if job.seed == failing && FAILS.load(Ordering::SeqCst) {
            return Err(TrainingError::Unsuitable("it cannot be trained".into()));
        }
        learn(job, examples, sink)
    });
    let working = world.work(trainer.clone());
    let failed = world.reached(audit, State::Failed).await;
    assert_eq!(failed.reason.as_deref(), Some("it cannot be trained"));
    // What every population has by then was reported already.
    let so_far = exemplars::report(&world.db, audit).await.unwrap().unwrap();
    assert!(!so_far.is_complete);
    assert!(so_far.trained.levels.iter().all(|level| level.models == 1));

    FAILS.store(false, Ordering::SeqCst);
    let begun = trainer.begun();
    unearth_store::audits::retry(&world.db, audit, crate::clock::now())
        .await
        .unwrap();
    world.reached(audit, State::Succeeded).await;
    assert_eq!(trainer.begun(), begun + 1);
    let report = exemplars::report(&world.db, audit).await.unwrap().unwrap();
    assert!(report.trained.levels.iter().all(|level| level.models == 2));
    assert_eq!(report.trained.levels[0].level, Level::Unpruned);
    working.leave().await;
}

#[tokio::test]
async fn cancelling_stops_every_training_of_a_population() {
    let world = World::new().await;
    let dataset = world.validated().await;
    let audit = world.audit_of_populations(dataset, &two_models(2)).await;
    let trainer = Fake::new(|_, _, sink| crate::trainer::until_stopped(sink));
    let working = world.work(trainer.clone());
    until("training has begun", async || {
        (trainer.begun() == 1).then_some(())
    })
    .await;
    unearth_store::audits::cancel(&world.db, audit, crate::clock::now())
        .await
        .unwrap();
    world.reached(audit, State::Cancelled).await;
    let listed = runs::list(&world.db, audit).await.unwrap();
    assert!(listed.iter().all(|run| run.state == State::Cancelled));
    assert_eq!(trainer.begun(), 1);
    working.leave().await;
}
