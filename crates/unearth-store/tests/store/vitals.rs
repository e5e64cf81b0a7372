use crate::world::{LEASE, World, at};
use unearth_store::vitals;

#[tokio::test]
async fn who_waits_and_who_has_gone_silent_is_counted() {
    let world = World::new().await;
    let dataset = world.dataset(1, 4).await;
    world.audit(1, dataset).await;
    world.audit(2, dataset).await;
    let first = world.claim(50, 10).await;
    world.begin(&first, 10).await;
    let vitals = vitals::read(&world.db, at(11)).await.unwrap();
    assert_eq!((vitals.queued, vitals.running, vitals.expired), (1, 1, 0));
    assert!(vitals.queue_age_seconds > 0.0);

    let late = 11 + LEASE.whole_seconds();
    let vitals = vitals::read(&world.db, at(late)).await.unwrap();
    assert_eq!((vitals.expired, vitals.lease_expiries), (1, 0));
    world.claim(51, late).await;
    world.claim(52, late).await;
    let vitals = vitals::read(&world.db, at(late + 1)).await.unwrap();
    assert_eq!((vitals.queued, vitals.running, vitals.expired), (0, 2, 0));
    assert_eq!((vitals.lease_expiries, vitals.queue_age_seconds), (1, 0.0));
    assert!(vitals.database_bytes > 1 << 20);
}
