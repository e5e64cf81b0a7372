//! Everything at once. Postgres breaks a deadlock by failing one of those in it, so an error that is
//! not a lost lease is one.

use crate::world::{EXAMPLES, LEASE, World, at, environment, id, maps, record};
use futures::future::BoxFuture;
use serde_json::json;
use std::sync::Arc;
use unearth_audit::{Event, LogitSource, Position, ScoreKey, Signal};
use unearth_store::{
    StoreError,
    audits::{self, AuditResult},
    dynamics,
    runs::{self, ClaimedRun, Ending, GivenBack},
    score_sets::{self, NewScore, Scored},
    snapshots, workers,
};

const AUDIT: u128 = 1;

fn scored(scoring: &str) -> Scored {
    let row = |index| NewScore {
        rank: index + 1,
        index,
        label: 0,
        value: Some(1.0),
        value_reason: None,
        normalised: None,
        normalised_reason: None,
        percentile: None,
    };
    Scored {
        signal: Signal::Vog,
        scoring: scoring.to_owned(),
        info: json!({}),
        statistics: json!({}),
        rows: (0..2_000).map(row).collect(),
    }
}

type Action = fn(Arc<World>, ClaimedRun, u32) -> BoxFuture<'static, Result<(), StoreError>>;

/// What workers, people and supervisors do to one audit; each takes the number of its turn.
const ACTIONS: [(&str, Action); 12] = [
    ("heartbeat", |world, run, _| {
        Box::pin(async move {
            runs::heartbeat(&world.db, &run, None, at(0), LEASE).await?;
            Ok(())
        })
    }),
    ("tell", |world, run, _| {
        Box::pin(async move {
            let event = Event::Interrupted { reason: "x".into() };
            runs::tell(&world.db, &run, &event, at(0)).await
        })
    }),
    ("resume point", |world, run, _| {
        Box::pin(async move {
            let position = Position {
                epoch: 0,
                batch: 0,
                sweeps: 0,
                evaluations: 0,
            };
            runs::set_resume_point(&world.db, &run, position, "b").await?;
            Ok(())
        })
    }),
    ("record", |world, run, task| {
        Box::pin(async move {
            let record = record(task, LogitSource::InFlight, EXAMPLES);
            let event = Event::Interrupted { reason: "y".into() };
            dynamics::store(&world.db, &run, &record, Some(&event), at(0)).await
        })
    }),
    ("checkpoint", |world, run, task| {
        Box::pin(async move {
            let checkpoint = task % 3;
            let chunks = futures::stream::iter(maps(checkpoint, EXAMPLES));
            snapshots::store_checkpoint(&world.db, &run, checkpoint, EXAMPLES, chunks, || at(0))
                .await
        })
    }),
    ("scores", |world, run, task| {
        Box::pin(async move {
            let scored = scored(["std:all", "std:early"][task as usize % 2]);
            score_sets::store(&world.db, &run, &scored, at(0)).await
        })
    }),
    ("rescore", |world, _, _| {
        Box::pin(async move {
            let db = &world.db;
            let key = ScoreKey::from_key("std:late").unwrap();
            score_sets::request(db, id(AUDIT), &[key], at(0)).await?;
            let Some(claimed) = score_sets::claim(db, id(2), id(90), at(0), LEASE).await? else {
                return Ok(());
            };
            score_sets::finish(db, &claimed, &scored("std:late"), at(0)).await
        })
    }),
    ("cancel", |world, _, _| {
        Box::pin(async move { audits::cancel(&world.db, id(AUDIT), at(0)).await.map(drop) })
    }),
    ("retry", |world, _, _| {
        Box::pin(async move { audits::retry(&world.db, id(AUDIT), at(0)).await.map(drop) })
    }),
    ("retire", |world, _, _| {
        Box::pin(async move { workers::retire(&world.db, id(1), at(0)).await.map(drop) })
    }),
    ("give back", |world, run, _| {
        Box::pin(
            async move { runs::give_back(&world.db, &run, "x", GivenBack::Leaving, at(0)).await },
        )
    }),
    ("succeed", |world, run, task| {
        Box::pin(async move {
            if task == 0 {
                return runs::cancelled(&world.db, &run, at(0)).await;
            }
            let result = AuditResult {
                training_accuracy: Some(1.0),
                held_out_accuracy: None,
                warnings: vec![],
                environment: Some(environment()),
                fit_secs: Some(1.0),
                sweep_secs: Some(1.0),
                wall_secs: 1.0,
                database_bytes: Some(5_000),
                runs: vec![],
            };
            runs::succeed_with_audit(&world.db, &run, Ending::Succeeded, &result, at(0)).await?;
            Ok(())
        })
    }),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_in_a_circle() {
    const ROUNDS: i64 = 12;
    let world = Arc::new(World::with_connections(24).await);
    let dataset = world.dataset(1, 0).await;
    for round in 0..ROUNDS {
        world.audit(AUDIT, dataset).await;
        let run = world.claim(50, 0).await;
        world.begin(&run, 0).await;
        let twice = (0..2).flat_map(|turn| ACTIONS.map(|(name, action)| (turn, name, action)));
        let tasks: Vec<_> = twice
            .map(|(turn, name, action)| {
                (name, tokio::spawn(action(world.clone(), run.clone(), turn)))
            })
            .collect();
        for (name, task) in tasks {
            match task.await.unwrap() {
                Ok(()) | Err(StoreError::LeaseLost) => {}
                Err(error) => panic!("round {round}, {name}: {error:?}"),
            }
        }
        end(&world).await;
    }
}

/// Ends the audit, whatever it came to, and removes it.
async fn end(world: &World) {
    // A transaction of a lost lease is rolled back in the background, and until then nobody is given its run.
    while audits::delete(&world.db, id(AUDIT))
        .await
        .unwrap()
        .is_none()
    {
        if let Some(run) = world.try_claim(51, 1_000).await {
            runs::fail(&world.db, &run, "enough", at(1_000))
                .await
                .unwrap();
        }
    }
}
