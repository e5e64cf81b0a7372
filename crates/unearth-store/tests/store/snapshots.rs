use crate::world::{EXAMPLES, World, at, maps, recipe};
use futures::{TryStreamExt, stream};
use unearth_audit::{CHUNK_EXAMPLES, MapChunk};
use unearth_store::{StoreError, snapshots};

#[tokio::test]
async fn maps_come_back_byte_for_byte() {
    let world = World::new().await;
    let run = world.running(1).await;
    for checkpoint in 0..3 {
        world.store_maps(&run, checkpoint).await;
    }
    let complete = snapshots::complete(&world.db, run.id).await.unwrap();
    assert_eq!(complete, [(0, 1), (1, 2), (2, 3)]);
    let stored: Vec<_> = snapshots::stream(&world.db, run.id, &[0, 2])
        .try_collect()
        .await
        .unwrap();
    let mut expected: Vec<MapChunk> = [0, 2].map(|at| maps(at, EXAMPLES)).concat();
    expected.sort_by_key(|chunk| (chunk.chunk, chunk.checkpoint));
    assert_eq!(stored.len(), expected.len());
    for (stored, expected) in stored.iter().zip(&expected) {
        assert_eq!(stored.chunk, expected.chunk as i32);
        assert_eq!(stored.checkpoint, expected.checkpoint as i32);
        let scales: Vec<u8> = expected
            .scales
            .iter()
            .flat_map(|s| s.to_le_bytes())
            .collect();
        assert_eq!(stored.scales, scales);
        assert_eq!(stored.maps, expected.maps);
    }
}

#[tokio::test]
async fn one_examples_maps_are_its_slice_of_the_chunk() {
    let world = World::new().await;
    let run = world.running(1).await;
    world.store_maps(&run, 0).await;
    world.store_maps(&run, 1).await;
    let map_bytes = recipe().map_bytes();
    for index in [0, 1, 255, 256, 300, 511, 512, EXAMPLES - 1] {
        let found = snapshots::of_example(&world.db, run.id, index, map_bytes)
            .await
            .unwrap();
        assert_eq!(found.len(), 2, "example {index}");
        let within = index % CHUNK_EXAMPLES;
        for (checkpoint, found) in found.iter().enumerate() {
            let chunk = &maps(checkpoint as u32, EXAMPLES)[index / CHUNK_EXAMPLES];
            assert_eq!(found.checkpoint, checkpoint as i32);
            assert_eq!(found.epoch, checkpoint as i32 + 1);
            assert_eq!(found.scale.to_bits(), chunk.scales[within].to_bits());
            assert_eq!(found.map, chunk.maps[within * map_bytes..][..map_bytes]);
        }
    }
    let beyond = snapshots::of_example(&world.db, run.id, EXAMPLES, map_bytes).await;
    assert!(
        matches!(beyond, Err(StoreError::Inconsistent { .. })),
        "{beyond:?}"
    );
}

/// Streams that are not the whole checkpoint in order.
fn broken() -> Vec<(&'static str, Vec<MapChunk>)> {
    let whole = || maps(1, EXAMPLES);
    let mut swapped = whole();
    swapped.swap(1, 2);
    let mut mixed = whole();
    mixed[2].checkpoint = 2;
    let mut longer = whole();
    longer.push(MapChunk {
        chunk: 3,
        ..whole().remove(0)
    });
    vec![
        ("nothing", vec![]),
        ("ends early", whole().drain(..2).collect()),
        ("out of order", swapped),
        ("another checkpoint", mixed),
        ("too long", longer),
    ]
}

#[tokio::test]
async fn a_checkpoint_is_stored_whole_or_not_at_all() {
    // One connection, so that what a failure leaves behind is met by the next statement.
    let world = World::with_connections(1).await;
    let run = world.running(1).await;
    world.store_maps(&run, 0).await;
    let before = world.dump().await;
    for (what, chunks) in broken() {
        let chunks = stream::iter(chunks);
        let stored =
            snapshots::store_checkpoint(&world.db, &run, 1, EXAMPLES, chunks, || at(2)).await;
        assert!(
            matches!(stored, Err(StoreError::Inconsistent { .. })),
            "{what}: {stored:?}"
        );
        assert_eq!(
            snapshots::complete(&world.db, run.id).await.unwrap(),
            [(0, 1)],
            "{what}"
        );
        assert_eq!(world.dump().await, before, "{what}");
    }
    world.store_maps(&run, 1).await;
}

#[tokio::test]
async fn an_abandoned_checkpoint_leaves_nothing() {
    let world = World::with_connections(1).await;
    let run = world.running(1).await;
    let before = world.dump().await;
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let chunks = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let db = world.db.clone();
    let writer = tokio::spawn({
        let run = run.clone();
        async move { snapshots::store_checkpoint(&db, &run, 0, EXAMPLES, chunks, || at(2)).await }
    });
    for chunk in maps(0, EXAMPLES).into_iter().take(2) {
        sender.send(chunk).await.unwrap();
    }
    writer.abort();
    assert!(writer.await.unwrap_err().is_cancelled());
    assert_eq!(snapshots::complete(&world.db, run.id).await.unwrap(), []);
    assert_eq!(world.dump().await, before);
    world.store_maps(&run, 0).await;
}

#[tokio::test]
async fn partitions_are_attached_once_and_read_through_the_table() {
    let world = World::new().await;
    let run = world.running(1).await;
    world.begin(&run, 1).await;
    let attached = "select count(*) from pg_inherits where inhparent = 'snapshot_chunks'::regclass";
    assert_eq!(world.number(attached).await, 1);
    let kept = format!(
        "select count(*) from pg_attribute
         where attrelid = 'snapshot_chunks_run_{}'::regclass and attname = 'maps' and attstorage = 'e'",
        run.id
    );
    assert_eq!(world.number(&kept).await, 1, "maps do not compress");
}
