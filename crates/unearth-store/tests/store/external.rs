//! Batches of external runs: kept once, never while the posting ends, and gone with their order.

use crate::world::{LEASE, World, assert_lease_lost, at, id};
use futures::TryStreamExt as _;
use unearth_audit::{
    Estimate, ExternalRequest, LogitSource, Quantity, Record, Scoring, Signal, State,
};
use unearth_store::{
    audits,
    external::{self, Completing, NewExternal, NewMaps, NewRecords, Put, Stretch},
};

const EXAMPLES: usize = 6;

/// An external audit of six examples with one epoch and two checkpoints of maps of one pixel.
async fn receiving(world: &World) {
    let dataset = world.dataset(1, EXAMPLES).await;
    let request = ExternalRequest {
        epochs: 1,
        logits: Some(LogitSource::InFlight),
        checkpoints: vec![10, 20],
        map_height: Some(1),
        map_width: Some(1),
        classes: None,
    };
    let new = NewExternal {
        id: id(1),
        dataset_id: dataset,
        run: request.resolve(&["a".into(), "b".into()]).unwrap(),
        probes: vec![],
        archaeology: None,
        keep_snapshots: true,
        scorings: vec![Scoring::DEFAULT],
        estimate: Estimate {
            seconds: 1.0,
            database_bytes: 1,
            blob_bytes: 0,
        },
    };
    external::insert(&world.db, &new, at(0)).await.unwrap();
}

async fn put_losses(world: &World, chunk: u32, indices: &[u32]) -> Put {
    let mut values = Record::unseen(indices.len());
    values.loss = indices.iter().map(|&index| index as f32).collect();
    let batch = NewRecords {
        epoch: 0,
        chunk,
        content_hash: *blake3::hash(&[indices.len() as u8]).as_bytes(),
        indices,
        quantities: &[Quantity::Loss],
        values: &values,
    };
    external::put_records(&world.db, id(1), &batch, at(1))
        .await
        .unwrap()
}

/// Maps whose two bytes and scale tell their example and checkpoint.
async fn put_maps(world: &World, checkpoint: u32, chunk: u32, indices: &[u32]) -> Put {
    let scales: Vec<f32> = indices.iter().map(|&index| index as f32).collect();
    let maps: Vec<u8> = indices
        .iter()
        .flat_map(|&index| [index as u8, checkpoint as u8])
        .collect();
    let batch = NewMaps {
        checkpoint,
        chunk,
        content_hash: [0; 32],
        indices,
        scales: &scales,
        maps: &maps,
    };
    external::put_maps(&world.db, id(1), &batch, at(1))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_batch_is_kept_once_and_nobody_claims_the_run_meanwhile() {
    let world = World::new().await;
    receiving(&world).await;
    let audit = audits::get(&world.db, id(1)).await.unwrap().unwrap();
    assert_eq!(audit.state, State::Receiving);
    assert_eq!(put_losses(&world, 3, &[0, 4]).await, Put::New);
    assert_eq!(put_losses(&world, 3, &[0, 4]).await, Put::Same);
    assert_eq!(put_losses(&world, 3, &[0, 4, 5]).await, Put::Differs);
    assert_eq!(world.try_claim(50, 100).await, None);
    let received = external::received(&world.db, id(1)).await.unwrap();
    assert_eq!(received.records.len(), 1);
    assert_eq!(received.records[0].examples, 2);
    let removed = external::remove_records(&world.db, id(1), 0, 3)
        .await
        .unwrap();
    assert_eq!(removed, Some(true));
    let removed = external::remove_records(&world.db, id(1), 0, 3)
        .await
        .unwrap();
    assert_eq!(removed, Some(false));
}

#[tokio::test]
async fn no_batch_comes_while_the_posting_ends() {
    let world = World::new().await;
    receiving(&world).await;
    put_losses(&world, 0, &[0, 1, 2, 3, 4, 5]).await;
    let mut completing = Completing::begin(&world.db, id(1)).await.unwrap().unwrap();
    let late = put_losses(&world, 1, &[0]);
    let ending = async {
        world.somebody_waits_for_a_lock().await;
        let batches: Vec<_> = completing.records().try_collect().await.unwrap();
        assert_eq!(batches.len(), 1);
        assert_eq!(batches[0].indices, [0, 1, 2, 3, 4, 5]);
        assert_eq!(batches[0].quantities, [Quantity::Loss]);
        completing.finish(&[Signal::MeanLoss], at(2)).await.unwrap();
    };
    let (late, ()) = tokio::join!(late, ending);
    assert_eq!(late, Put::NotReceiving);
    assert!(Completing::begin(&world.db, id(1)).await.unwrap().is_none());
    let audit = audits::get(&world.db, id(1)).await.unwrap().unwrap();
    assert_eq!(
        (audit.state, audit.signals),
        (State::Queued, vec![Signal::MeanLoss])
    );
}

#[tokio::test]
async fn batches_come_back_in_any_order_and_only_their_holder_forgets_them() {
    let world = World::new().await;
    receiving(&world).await;
    put_losses(&world, 9, &[1, 3, 5]).await;
    put_losses(&world, 2, &[0, 2, 4]).await;
    put_maps(&world, 1, 7, &[0, 1, 5]).await;
    put_maps(&world, 1, 8, &[2, 3, 4]).await;
    let completing = Completing::begin(&world.db, id(1)).await.unwrap().unwrap();
    completing.finish(&[Signal::Vog], at(2)).await.unwrap();

    let run = world.try_claim(50, 3).await.unwrap();
    assert!(run.shape.is_external);
    let records: Vec<_> = external::records(&world.db, run.id, 0)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(records[0].indices, [0, 2, 4]);
    assert_eq!(records[1].loss, Some(vec![1.0, 3.0, 5.0]));
    assert_eq!(records[1].margin, None);
    let places: Vec<_> = external::places(&world.db, run.id, 1)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(places[0].indices, [0, 1, 5]);
    let stretch = |chunk, from, count| Stretch { chunk, from, count };
    let stretches = [stretch(8, 1, 2), stretch(7, 2, 1), stretch(7, 0, 1)];
    let (scales, maps) = external::maps(&world.db, run.id, 1, &stretches, 2)
        .await
        .unwrap();
    assert_eq!(maps, [3, 1, 4, 1, 5, 1, 0, 1]);
    let expected: Vec<u8> = [3f32, 4.0, 5.0, 0.0].map(f32::to_le_bytes).concat();
    assert_eq!(scales, expected);
    let beyond = external::maps(&world.db, run.id, 1, &[stretch(7, 2, 2)], 2).await;
    assert!(beyond.is_err());

    world
        .try_claim(51, 3 + LEASE.whole_seconds())
        .await
        .unwrap();
    let before = world.dump().await;
    let lost = external::forget_records(&world.db, &run, 0).await;
    assert_lease_lost("forget_records", &lost);
    let lost = external::forget_maps(&world.db, &run, 1).await;
    assert_lease_lost("forget_maps", &lost);
    assert_eq!(world.dump().await, before);
}
