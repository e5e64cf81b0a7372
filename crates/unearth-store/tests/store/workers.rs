use crate::world::{LEASE, World, assert_lease_lost, at, environment, id};
use unearth_audit::{CudaState, DeviceInfo, Model, ModelPace, Precision, ScoreKey};
use unearth_store::{
    WORK_CHANNEL, audits, datasets, runs, score_sets,
    workers::{self, Worker},
};
use uuid::Uuid;

fn worker(worker: Uuid, seconds: i64) -> Worker {
    Worker {
        id: worker,
        name: "host:1".into(),
        environment: environment(),
        devices: DeviceInfo {
            cuda: CudaState::NoLibraries("not installed".into()),
            gpus: vec![],
            driver: None,
            torch: "2.11.0".into(),
            threads: 1,
        },
        paces: vec![],
        heartbeat_at: at(seconds),
    }
}

#[tokio::test]
async fn workers_are_known_while_they_show_signs_of_life() {
    let world = World::new().await;
    workers::heartbeat(&world.db, &worker(id(1), 0))
        .await
        .unwrap();
    workers::heartbeat(&world.db, &worker(id(2), 5))
        .await
        .unwrap();
    workers::heartbeat(&world.db, &worker(id(1), 20))
        .await
        .unwrap();
    let alive = workers::alive(&world.db, at(6)).await.unwrap();
    assert_eq!(alive, [worker(id(1), 20)]);
    let measured = Worker {
        paces: vec![ModelPace {
            model: Model::CnnS,
            precision: Precision::F32,
            side: 32,
            trained_per_second: 1_000.0,
            swept_per_second: 2_000.0,
        }],
        ..worker(id(1), 20)
    };
    workers::heartbeat(&world.db, &measured).await.unwrap();
    let alive = workers::alive(&world.db, at(6)).await.unwrap();
    assert_eq!(alive, [measured]);
    workers::heartbeat(&world.db, &worker(id(1), 20))
        .await
        .unwrap();
    let both = workers::alive(&world.db, at(0)).await.unwrap();
    assert_eq!(both, [worker(id(2), 5), worker(id(1), 20)]);
    workers::forget(&world.db, at(6)).await.unwrap();
    assert_eq!(workers::alive(&world.db, at(0)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_retired_worker_hands_everything_back_at_once() {
    let world = World::new().await;
    let db = &world.db;
    workers::heartbeat(db, &worker(id(1), 0)).await.unwrap();
    let done = world.running(1).await;
    let run = world.running(2).await;
    assert_eq!(
        audits::get(db, id(2))
            .await
            .unwrap()
            .unwrap()
            .worker
            .as_deref(),
        Some("host:1")
    );
    runs::fail(db, &done, "done", at(1)).await.unwrap();
    let key = ScoreKey::from_key("std:late").unwrap();
    score_sets::request(db, id(1), &[key], at(1)).await.unwrap();
    let scoring = score_sets::claim(db, id(1), id(60), at(1), LEASE)
        .await
        .unwrap()
        .unwrap();
    let dataset = world.upload(3).await;
    datasets::claim(db, id(1), id(61), at(1), LEASE)
        .await
        .unwrap()
        .unwrap();
    world.upload(4).await;
    datasets::claim(db, id(2), id(62), at(1), LEASE)
        .await
        .unwrap()
        .unwrap();

    let mut work = db.listen(WORK_CHANNEL).await.unwrap();
    assert_eq!(workers::retire(db, id(1), at(2)).await.unwrap(), 3);
    work.recv().await.unwrap();
    assert_eq!(workers::alive(db, at(0)).await.unwrap(), []);

    // Time has not passed, and others take over.
    assert_eq!(world.claim(70, 2).await.id, run.id);
    let validation = datasets::claim(db, id(2), id(71), at(2), LEASE)
        .await
        .unwrap();
    assert_eq!(validation.unwrap().id, dataset);
    assert_eq!(
        datasets::claim(db, id(2), id(72), at(2), LEASE)
            .await
            .unwrap(),
        None
    );
    let rescoring = score_sets::claim(db, id(2), id(73), at(2), LEASE)
        .await
        .unwrap();
    assert_eq!(rescoring.unwrap().id, scoring.id);
    let beat = runs::heartbeat(db, &run, None, at(2), LEASE).await;
    assert_lease_lost("heartbeat", &beat);
    assert_eq!(workers::retire(db, id(9), at(2)).await.unwrap(), 0);
}
