use crate::world::{EXAMPLES, World, at, id, maps, record};
use futures::TryStreamExt;
use unearth_audit::{LogitSource, Position};
use unearth_store::{audits, dynamics, runs, runs::ClaimedRun, snapshots};

/// A failed audit with maps, records and a resume point.
async fn failed(world: &World, number: u128) -> ClaimedRun {
    let run = world.running(number).await;
    for checkpoint in 0..3 {
        world.store_maps(&run, checkpoint).await;
    }
    let record = record(0, LogitSource::InFlight, EXAMPLES);
    dynamics::store(&world.db, &run, &record, None, at(1))
        .await
        .unwrap();
    let position = Position {
        epoch: 1,
        batch: 0,
        sweeps: 3,
        evaluations: 0,
    };
    let blob = format!("resume/{number}");
    runs::set_resume_point(&world.db, &run, position, &blob)
        .await
        .unwrap();
    runs::fail(&world.db, &run, "it diverged", at(2))
        .await
        .unwrap();
    run
}

#[tokio::test]
async fn deletion_takes_everything_and_returns_the_space() {
    let world = World::new().await;
    let kept = failed(&world, 1).await;
    let gone = failed(&world, 2).await;
    let before = world.db.size_bytes().await.unwrap();
    let partition = format!(
        "select pg_total_relation_size('snapshot_chunks_run_{}')",
        gone.id
    );
    let taken = world.number(&partition).await as u64;
    assert!(taken > 60_000, "{taken}");

    let blobs = audits::delete(&world.db, id(2)).await.unwrap();
    assert_eq!(blobs, Some(vec!["resume/2".to_owned()]));
    let after = world.db.size_bytes().await.unwrap();
    // Postgres' own catalogues may grow by some pages meanwhile.
    let catalogues = taken / 4;
    assert!(
        after + taken <= before + catalogues,
        "{before} - {taken} -> {after}"
    );

    assert_eq!(audits::get(&world.db, id(2)).await.unwrap(), None);
    for (table, column) in [
        ("runs", "id"),
        ("snapshots", "run_id"),
        ("snapshot_chunks", "run_id"),
        ("dynamics_chunks", "run_id"),
    ] {
        let left = format!("select count(*) from {table} where {column} = {}", gone.id);
        assert_eq!(world.number(&left).await, 0, "{table}");
    }
    let left = "select count(*) from audit_events where audit_id <> '00000000-0000-0000-0000-000000000001'";
    assert_eq!(world.number(left).await, 0);
    assert_eq!(world.partitions().await, 1);
    assert_eq!(
        snapshots::complete(&world.db, kept.id).await.unwrap().len(),
        3
    );
    assert_eq!(audits::delete(&world.db, id(2)).await.unwrap(), None);
}

#[tokio::test]
async fn an_active_audit_stays() {
    let world = World::new().await;
    let run = world.running(1).await;
    world.store_maps(&run, 0).await;
    let before = world.dump().await;
    assert_eq!(audits::delete(&world.db, id(1)).await.unwrap(), None);
    assert_eq!(world.dump().await, before);
    assert_eq!(world.partitions().await, 1);
}

#[tokio::test]
async fn an_interrupted_deletion_is_completed_by_the_next_call() {
    let world = World::new().await;
    let remove_rows = "delete from audits where id = '00000000-0000-0000-0000-000000000001'";

    // Interrupted before the detachment.
    failed(&world, 1).await;
    world.execute(remove_rows).await;
    assert_eq!(audits::delete(&world.db, id(1)).await.unwrap(), None);
    assert_eq!(world.partitions().await, 0);

    // Between detaching and dropping.
    world.execute("delete from datasets").await;
    let run = failed(&world, 1).await;
    world.execute(remove_rows).await;
    let partition = format!("snapshot_chunks_run_{}", run.id);
    let detach = format!("alter table snapshot_chunks detach partition {partition} concurrently");
    world.execute(&detach).await;
    assert_eq!(world.partitions().await, 1);
    assert_eq!(audits::delete(&world.db, id(1)).await.unwrap(), None);
    assert_eq!(world.partitions().await, 0);

    // In the middle of detaching.
    world.execute("delete from datasets").await;
    let run = failed(&world, 1).await;
    let other = failed(&world, 2).await;
    world.execute(remove_rows).await;
    interrupt_detachment(&world, run.id).await;
    assert_eq!(world.partitions().await, 2);
    audits::delete(&world.db, id(2)).await.unwrap().unwrap();
    assert_eq!(world.partitions().await, 0);
    assert_ne!(run.id, other.id);
}

/// Leaves a partition that is marked as being detached, as a server that dies meanwhile does.
async fn interrupt_detachment(world: &World, run: i64) {
    let mut reader = world.sql.begin().await.unwrap();
    sqlx::query("select count(*) from snapshot_chunks")
        .execute(&mut *reader)
        .await
        .unwrap();
    let statement = format!(
        "alter table snapshot_chunks detach partition snapshot_chunks_run_{run} concurrently"
    );
    let detach = sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&world.sql);
    let interrupt = async {
        let begun = "select count(*) from pg_inherits where inhdetachpending";
        while world.number(begun).await == 0 {
            tokio::task::yield_now().await;
        }
        world
            .execute(
                "select pg_cancel_backend(pid) from pg_stat_activity
                 where datname = current_database()
                   and query like 'alter table snapshot_chunks detach%'",
            )
            .await;
    };
    let (detached, ()) = futures::join!(detach, interrupt);
    detached.unwrap_err();
    reader.rollback().await.unwrap();
}

#[tokio::test]
async fn several_are_deleted_at_once() {
    let world = World::new().await;
    for number in 1..=4 {
        failed(&world, number).await;
    }
    let deletions = (1..=4).map(|number| audits::delete(&world.db, id(number)));
    for deleted in futures::future::join_all(deletions).await {
        assert!(deleted.unwrap().is_some());
    }
    // One that others kept waiting for too long leaves its space to whoever comes next.
    snapshots::drop_orphans(&world.db).await.unwrap();
    assert_eq!(world.partitions().await, 0);
}

#[tokio::test]
async fn deletion_does_not_wait_for_a_sweep_nor_disturb_it() {
    let world = World::new().await;
    failed(&world, 1).await;
    let running = world.running(2).await;
    world.store_maps(&running, 0).await;
    let (sender, chunks) = tokio::sync::mpsc::channel(1);
    let chunks = tokio_stream::wrappers::ReceiverStream::new(chunks);
    let store = snapshots::store_checkpoint(&world.db, &running, 1, EXAMPLES, chunks, || at(3));
    let delete = async {
        for chunk in maps(1, EXAMPLES) {
            if chunk.chunk == 2 {
                // Rows have gone in and the last ones are yet to come.
                let blobs = audits::delete(&world.db, id(1)).await.unwrap();
                assert_eq!(blobs, Some(vec!["resume/1".to_owned()]));
                assert_eq!(audits::get(&world.db, id(1)).await.unwrap(), None);
                world.running(3).await;
            }
            sender.send(chunk).await.unwrap();
        }
        drop(sender);
    };
    let (stored, ()) = futures::join!(store, delete);
    stored.unwrap();
    snapshots::drop_orphans(&world.db).await.unwrap();
    assert_eq!(world.partitions().await, 2);
    let rows: Vec<_> = snapshots::stream(&world.db, running.id, &[0, 1])
        .try_collect()
        .await
        .unwrap();
    assert_eq!(rows.len(), 6);
}
