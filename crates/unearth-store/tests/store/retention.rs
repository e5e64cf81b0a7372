//! Gradient maps that are not kept.

use crate::world::{World, at, id};
use unearth_audit::{Event, State};
use unearth_store::{
    audits, events,
    retention::{self, GivenUp},
    runs::{self, ClaimedRun, Ending},
    snapshots,
};

async fn with_maps(world: &World, number: u128) -> ClaimedRun {
    let run = world.running(number).await;
    for checkpoint in 0..3 {
        world.store_maps(&run, checkpoint).await;
    }
    run
}

async fn succeed(world: &World, run: &ClaimedRun) {
    let result = crate::fencing::result();
    runs::succeed_with_audit(&world.db, run, Ending::Succeeded, &result, at(2))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_audit_that_does_not_keep_its_maps_gives_their_space_back_when_it_succeeds() {
    let world = World::new().await;
    let (kept, gone) = (with_maps(&world, 1).await, with_maps(&world, 2).await);
    world
        .execute(&format!(
            "update audits set keep_snapshots = false where id = '{}'",
            id(2)
        ))
        .await;
    succeed(&world, &kept).await;
    succeed(&world, &gone).await;
    let partition = format!(
        "select pg_total_relation_size('snapshot_chunks_run_{}')",
        gone.id
    );
    let taken = world.number(&partition).await as u64;
    let before = world.db.size_bytes().await.unwrap();
    snapshots::drop_orphans(&world.db).await.unwrap();
    let after = world.db.size_bytes().await.unwrap();
    // Postgres' own catalogues may grow by some pages meanwhile.
    assert!(
        after + taken <= before + taken / 4,
        "{before} - {taken} -> {after}"
    );
    assert_eq!(world.partitions().await, 1);
    assert_eq!(
        snapshots::complete(&world.db, kept.id).await.unwrap().len(),
        3
    );
    assert_eq!(snapshots::complete(&world.db, gone.id).await.unwrap(), []);
    let dropped = |audit: audits::Audit| (audit.keep_snapshots, audit.snapshots_dropped_at);
    let of = async |number| audits::get(&world.db, id(number)).await.unwrap().unwrap();
    assert_eq!(dropped(of(1).await), (true, None));
    assert_eq!(dropped(of(2).await), (false, Some(at(2))));
}

#[tokio::test]
async fn maps_are_given_up_later_but_not_of_an_audit_that_needs_them() {
    let world = World::new().await;
    let run = with_maps(&world, 1).await;
    let give_up = || retention::give_up(&world.db, id(1), at(9));
    assert_eq!(give_up().await.unwrap(), GivenUp::No(State::Running));
    assert_eq!(world.partitions().await, 1);
    succeed(&world, &run).await;
    let events = events::after(&world.db, id(1), 0, 100).await.unwrap();
    assert!(matches!(
        events.last().unwrap().event,
        Event::State {
            state: State::Succeeded,
            ..
        }
    ));

    let old = |second| retention::keeping_since(&world.db, at(second));
    assert!(old(2).await.unwrap().is_empty());
    assert_eq!(old(3).await.unwrap(), [id(1)]);
    assert_eq!(give_up().await.unwrap(), GivenUp::Yes);
    assert_eq!(world.partitions().await, 0);
    assert!(old(3).await.unwrap().is_empty());
    let missing = retention::give_up(&world.db, id(7), at(9)).await;
    assert_eq!(missing.unwrap(), GivenUp::NotFound);
}
