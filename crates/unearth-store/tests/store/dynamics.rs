use crate::world::{EXAMPLES, World, at, id, record};
use futures::TryStreamExt;
use unearth_audit::{CHUNK_EXAMPLES, EpochRecord, Event, LogitSource, chunk_range};
use unearth_store::{dynamics, events};

/// A record with values that are easily lost on the way.
fn odd(epoch: u32) -> EpochRecord {
    let mut record = record(epoch, LogitSource::InFlight, EXAMPLES);
    record.loss[0] = f32::from_bits(0x7fc0_1234);
    record.loss[255] = f32::INFINITY;
    record.loss[256] = -0.0;
    record.p_given[300] = f32::from_bits(0xffc0_0001);
    record.loss[EXAMPLES - 1] = f32::MIN_POSITIVE / 2.0;
    record.predicted[0] = -1;
    record.predicted[EXAMPLES - 1] = i32::MAX;
    record
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[tokio::test]
async fn records_come_back_bit_for_bit() {
    let world = World::new().await;
    let run = world.running(1).await;
    for epoch in 0..2 {
        dynamics::store(&world.db, &run, &odd(epoch), None, at(1))
            .await
            .unwrap();
    }
    let eval = record(1, LogitSource::EvalPass, EXAMPLES);
    dynamics::store(&world.db, &run, &eval, None, at(1))
        .await
        .unwrap();

    let stored: Vec<_> = dynamics::stream(&world.db, run.id, LogitSource::InFlight)
        .try_collect()
        .await
        .unwrap();
    let order: Vec<_> = stored.iter().map(|row| (row.chunk, row.epoch)).collect();
    assert_eq!(order, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]);
    for row in &stored {
        let expected = odd(row.epoch as u32);
        let range = chunk_range(row.chunk as usize, EXAMPLES);
        assert_eq!(bits(&row.loss), bits(&expected.loss[range.clone()]));
        assert_eq!(bits(&row.p_given), bits(&expected.p_given[range.clone()]));
        assert_eq!(row.predicted, expected.predicted[range]);
    }
    for index in [0, 255, 256, 300, EXAMPLES - 1] {
        let found = dynamics::of_example(&world.db, run.id, index, LogitSource::InFlight)
            .await
            .unwrap();
        assert_eq!(found.len(), 2);
        for (epoch, found) in found.iter().enumerate() {
            let expected = odd(epoch as u32);
            assert_eq!(found.epoch, epoch as i32);
            assert_eq!(found.loss.to_bits(), expected.loss[index].to_bits());
            assert_eq!(found.p_given.to_bits(), expected.p_given[index].to_bits());
            assert_eq!(found.predicted, expected.predicted[index]);
        }
    }
    let evaluated = dynamics::of_example(&world.db, run.id, 3, LogitSource::EvalPass);
    assert_eq!(evaluated.await.unwrap().len(), 1);
    const { assert!(!EXAMPLES.is_multiple_of(CHUNK_EXAMPLES)) };
}

#[tokio::test]
async fn a_record_that_comes_again_replaces_the_one_before() {
    let world = World::new().await;
    let run = world.running(1).await;
    let mut eval = record(2, LogitSource::EvalPass, EXAMPLES);
    dynamics::store(&world.db, &run, &eval, None, at(1))
        .await
        .unwrap();
    eval.loss[7] = 42.0;
    let event = Event::Epoch {
        epoch: 3,
        epochs: 3,
        loss: 0.5,
        accuracy: 0.25,
        examples_per_second: 10.0,
    };
    dynamics::store(&world.db, &run, &eval, Some(&event), at(2))
        .await
        .unwrap();
    let found = dynamics::of_example(&world.db, run.id, 7, LogitSource::EvalPass).await;
    let losses: Vec<f32> = found.unwrap().iter().map(|record| record.loss).collect();
    assert_eq!(losses, [42.0]);
    let told = events::after(&world.db, id(1), 0, 100).await.unwrap();
    assert_eq!(
        (told.last().unwrap().at, &told.last().unwrap().event),
        (at(2), &event)
    );
}
