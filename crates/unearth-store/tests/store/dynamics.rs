use crate::world::{EXAMPLES, World, at, id, record};
use futures::TryStreamExt;
use unearth_audit::{CHUNK_EXAMPLES, EpochRecord, Event, LogitSource, Record, chunk_range};
use unearth_store::{dynamics, events};

/// A record with values that are easily lost on the way.
fn odd(epoch: u32) -> EpochRecord {
    let mut record = record(epoch, LogitSource::InFlight, EXAMPLES);
    let values = &mut record.values;
    values.loss[0] = f32::from_bits(0x7fc0_1234);
    values.loss[255] = f32::INFINITY;
    values.loss[256] = -0.0;
    values.p_given[300] = f32::from_bits(0xffc0_0001);
    values.margin[255] = f32::NEG_INFINITY;
    values.el2n[300] = f32::from_bits(0x7fc0_0002);
    values.loss[EXAMPLES - 1] = f32::MIN_POSITIVE / 2.0;
    values.predicted[0] = -1;
    values.predicted[EXAMPLES - 1] = i32::MAX;
    values.best_other[256] = i32::MIN;
    record
}

/// Equal bits, which NaN has no equality for.
fn assert_same(a: &Record, b: &Record) {
    for (a, b) in [
        (&a.loss, &b.loss),
        (&a.p_given, &b.p_given),
        (&a.margin, &b.margin),
        (&a.el2n, &b.el2n),
    ] {
        assert_eq!(bits(a), bits(b));
    }
    assert_eq!(a.predicted, b.predicted);
    assert_eq!(a.best_other, b.best_other);
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

    let stored: Vec<_> = dynamics::stream(&world.db, run.id, LogitSource::InFlight, 0)
        .try_collect()
        .await
        .unwrap();
    let order: Vec<_> = stored.iter().map(|row| (row.chunk, row.epoch)).collect();
    assert_eq!(order, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]);
    for row in &stored {
        let range = chunk_range(row.chunk as usize, EXAMPLES);
        assert_same(&row.values, &odd(row.epoch as u32).values.piece(range));
    }
    for index in [0, 255, 256, 300, EXAMPLES - 1] {
        let found = dynamics::of_example(&world.db, run.id, index, LogitSource::InFlight)
            .await
            .unwrap();
        assert_eq!(found.len(), 2);
        for (epoch, found) in found.iter().enumerate() {
            let expected = odd(epoch as u32).values.piece(index..index + 1);
            assert_eq!(found.epoch, epoch as i32);
            assert_same(&found.values, &expected);
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
    eval.values.loss[7] = 42.0;
    let event = Event::Epoch {
        role: run.role,
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
    let losses: Vec<f32> = found
        .unwrap()
        .iter()
        .map(|record| record.values.loss[0])
        .collect();
    assert_eq!(losses, [42.0]);
    let told = events::after(&world.db, id(1), 0, 100).await.unwrap();
    assert_eq!(
        (told.last().unwrap().at, &told.last().unwrap().event),
        (at(2), &event)
    );
}
