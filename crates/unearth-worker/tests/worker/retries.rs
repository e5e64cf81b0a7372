//! Attempts that fail.

use crate::{
    clock,
    trainer::Fake,
    world::{World, until},
};
use time::{Duration, OffsetDateTime};
use unearth_audit::{State, TrainingError};
use unearth_store::runs::FRUITLESS_ATTEMPTS_MAX;

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
