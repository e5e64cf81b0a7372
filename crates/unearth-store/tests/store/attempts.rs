//! What an attempt finds of those before it.

use crate::world::{EXAMPLES, World, at, environment, id, maps, record};
use futures::TryStreamExt;
use unearth_audit::{Event, LogitSource, Position};
use unearth_store::{dynamics, events, runs, snapshots};

async fn epochs(world: &World, run: i64, source: LogitSource) -> Vec<i32> {
    let chunks: Vec<_> = dynamics::stream(&world.db, run, source, 0)
        .try_collect()
        .await
        .unwrap();
    let first = chunks.iter().filter(|chunk| chunk.chunk == 0);
    first.map(|chunk| chunk.epoch).collect()
}

#[tokio::test]
async fn an_attempt_keeps_what_lies_before_its_resume_point_and_drops_the_rest() {
    let world = World::new().await;
    let run = world.running(1).await;
    let other = world.running(2).await;
    let mut records = vec![(2, LogitSource::EvalPass)];
    records.extend((0..3).map(|epoch| (epoch, LogitSource::InFlight)));
    for run in [&run, &other] {
        for checkpoint in 0..3 {
            world.store_maps(run, checkpoint).await;
        }
        for &(epoch, source) in &records {
            let record = record(epoch, source, EXAMPLES);
            dynamics::store(&world.db, run, &record, None, at(1))
                .await
                .unwrap();
        }
    }
    let position = Position {
        epoch: 2,
        batch: 5,
        sweeps: 1,
        evaluations: 0,
    };
    runs::set_resume_point(&world.db, &run, position, "resume/a")
        .await
        .unwrap();

    let next = world.claim(51, 60).await;
    assert_eq!(next.id, run.id);
    assert_eq!(next.resume, Some((position, "resume/a".into())));
    runs::begin_attempt(&world.db, &next, "host:2", &environment(), at(61))
        .await
        .unwrap();

    assert_eq!(
        snapshots::complete(&world.db, run.id).await.unwrap(),
        [(0, 1)]
    );
    let kept: Vec<_> = snapshots::stream(&world.db, run.id, &[0, 1, 2])
        .try_collect()
        .await
        .unwrap();
    let expected: Vec<_> = maps(0, EXAMPLES)
        .into_iter()
        .map(|chunk| chunk.maps)
        .collect();
    assert_eq!(
        kept.into_iter().map(|row| row.maps).collect::<Vec<_>>(),
        expected
    );
    assert_eq!(epochs(&world, run.id, LogitSource::InFlight).await, [0, 1]);
    assert_eq!(epochs(&world, run.id, LogitSource::EvalPass).await, [0; 0]);

    assert_eq!(
        epochs(&world, other.id, LogitSource::InFlight).await,
        [0, 1, 2]
    );
    assert_eq!(epochs(&world, other.id, LogitSource::EvalPass).await, [2]);
    assert_eq!(
        snapshots::complete(&world.db, other.id)
            .await
            .unwrap()
            .len(),
        3
    );

    let told = events::after(&world.db, id(1), 0, 100).await.unwrap();
    let started = Event::Started {
        role: next.role,
        worker: "host:2".into(),
        device: "cpu".into(),
        attempt: 2,
        from_epoch: 2,
    };
    assert_eq!(told.last().unwrap().event, started);

    // What was dropped is made again.
    world.store_maps(&next, 1).await;
    let last = world.claim(52, 120).await;
    assert_eq!(last.environment, Some(environment()));
}

#[tokio::test]
async fn a_fresh_start_drops_everything() {
    let world = World::new().await;
    let run = world.running(1).await;
    world.store_maps(&run, 0).await;
    let record = record(0, LogitSource::InFlight, EXAMPLES);
    dynamics::store(&world.db, &run, &record, None, at(1))
        .await
        .unwrap();
    let next = world.claim(51, 60).await;
    world.begin(&next, 61).await;
    for table in ["snapshots", "snapshot_chunks", "dynamics_chunks"] {
        assert_eq!(
            world.number(&format!("select count(*) from {table}")).await,
            0,
            "{table}"
        );
    }
}

#[tokio::test]
async fn a_finished_training_is_told_to_the_next_attempt() {
    let world = World::new().await;
    let run = world.running(1).await;
    let outcome = unearth_audit::TrainingOutcome {
        training_accuracy: 0.75,
        held_out_accuracy: Some(0.5),
        fit_secs: 3.0,
        sweep_secs: 1.5,
        layers: vec![],
    };
    runs::set_outcome(&world.db, &run, &outcome).await.unwrap();
    assert_eq!(world.claim(51, 60).await.outcome, Some(outcome));
}
