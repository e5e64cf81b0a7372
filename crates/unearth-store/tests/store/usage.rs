use crate::world::{EXAMPLES, World, at, recipe, record};
use serde_json::json;
use unearth_audit::{LogitSource, Signal};
use unearth_store::{
    dynamics,
    score_sets::{self, NewScore, Scored},
    usage,
};
use uuid::Uuid;

async fn bytes(world: &World, audit: Uuid) -> usize {
    usage::of_audit(&world.db, audit).await.unwrap() as usize
}

fn scored() -> Scored {
    let row = |index| NewScore {
        rank: index + 1,
        index,
        label: 0,
        value: Some(f64::from(-index)),
        value_reason: None,
        normalised: Some(0.0),
        normalised_reason: None,
        percentile: Some(1.0),
    };
    Scored {
        signal: Signal::FinalLoss,
        scoring: "default".into(),
        info: json!({}),
        statistics: json!({}),
        rows: (0..EXAMPLES as i32).map(row).collect(),
    }
}

#[tokio::test]
async fn an_audit_takes_what_was_stored_for_it() {
    let world = World::new().await;
    let (run, other) = (world.running(1).await, world.running(2).await);
    let empty = bytes(&world, run.audit_id).await;
    assert_eq!(empty, bytes(&world, other.audit_id).await);

    for checkpoint in 0..3 {
        world.store_maps(&run, checkpoint).await;
    }
    let with_maps = bytes(&world, run.audit_id).await;
    let maps = 3 * EXAMPLES * (recipe().map_bytes() + 4);
    assert!(with_maps >= empty + maps, "{empty} {with_maps}");

    let epoch = record(0, LogitSource::InFlight, EXAMPLES);
    dynamics::store(&world.db, &run, &epoch, None, at(1))
        .await
        .unwrap();
    let with_records = bytes(&world, run.audit_id).await;
    assert!(with_records > with_maps, "{with_maps} {with_records}");

    score_sets::store(&world.db, &run, &scored(), at(1))
        .await
        .unwrap();
    let with_scores = bytes(&world, run.audit_id).await;
    let values = EXAMPLES * (8 + 4 + 4 + 4 + 8 + 8 + 8);
    assert!(
        with_scores >= with_records + values,
        "{with_records} {with_scores}"
    );
    assert_eq!(empty, bytes(&world, other.audit_id).await);
}
