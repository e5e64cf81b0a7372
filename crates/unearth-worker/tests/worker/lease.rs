//! A lease that somebody else holds now.

use crate::{
    clock,
    trainer::{Fake, report_epoch, until_stopped},
    world::{LEASE, World, environment, until},
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use time::Duration;
use unearth_store::runs::{self, Claimant};
use uuid::Uuid;

#[tokio::test]
async fn a_worker_that_lost_its_lease_writes_nothing_more() {
    let world = World::new().await;
    let lost = Arc::new(AtomicBool::new(false));
    let trainer = Fake::new({
        let lost = Arc::clone(&lost);
        move |_, examples, sink| {
            report_epoch(0, examples, sink)?;
            while !lost.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            report_epoch(1, examples, sink)?;
            until_stopped(sink)
        }
    });
    let working = world.work(trainer.clone());
    let dataset = world.dataset().await;
    let audit = world.audit(dataset).await;
    until("the first epoch is stored", async || {
        (epochs(&world, audit).await == 1).then_some(())
    })
    .await;

    // For the other worker the lease has run out.
    let later = clock::now() + LEASE + Duration::SECOND;
    let environment = environment();
    let claimant = Claimant {
        worker: Uuid::new_v4(),
        environment: &environment,
    };
    // A run that is renewed at this moment is passed over.
    let taken = until("another worker has the run", async || {
        let claimed = runs::claim(&world.db, claimant, Uuid::new_v4(), later, LEASE);
        claimed.await.unwrap()
    })
    .await;
    assert_eq!(taken.audit_id, audit);
    let before = written(&world, audit).await;
    lost.store(true, Ordering::SeqCst);
    until("training was stopped", async || {
        (trainer.ended() == 1).then_some(())
    })
    .await;
    working.leave().await;
    assert_eq!(written(&world, audit).await, before);
}

async fn epochs(world: &World, audit: Uuid) -> i64 {
    let (epochs,): (i64,) = world
        .row(
            "select count(distinct epoch) from dynamics_chunks join runs on runs.id = run_id
             where audit_id = $1",
            audit,
        )
        .await;
    epochs
}

/// Everything that a run writes, as text.
async fn written(world: &World, audit: Uuid) -> (String, i64) {
    let (rows,): (String,) = world
        .row(
            "select audits::text || runs::text
                    || (select count(*) from audit_events where audit_id = audits.id)
             from audits join runs on runs.audit_id = audits.id where audits.id = $1",
            audit,
        )
        .await;
    (rows, epochs(world, audit).await)
}
