use crate::world::{World, assert_lease_lost, at, id};
use unearth_audit::Event;
use unearth_store::{EVENTS_CHANNEL, events, runs};

fn event(text: &str) -> Event {
    Event::Interrupted {
        reason: text.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_become_visible_in_order_without_gaps() {
    const WRITERS: i64 = 8;
    const EACH: i64 = 12;
    let world = World::new().await;
    let run = world.running(1).await;
    let before = events::after(&world.db, id(1), 0, 100).await.unwrap().len() as i64;
    let writers = (0..WRITERS).map(|writer| {
        let (db, run) = (world.db.clone(), run.clone());
        tokio::spawn(async move {
            for nth in 0..EACH {
                let event = event(&format!("{writer}/{nth}"));
                runs::tell(&db, &run, &event, at(nth)).await.unwrap();
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    // Meanwhile a reader continues from the last number it saw and must never miss one.
    let mut seen = Vec::new();
    while (seen.len() as i64) < before + WRITERS * EACH {
        let last = seen.len() as i64;
        let new = events::after(&world.db, id(1), last, 5).await.unwrap();
        seen.extend(new.iter().map(|stored| stored.seq));
        assert_eq!(seen, (1..=seen.len() as i64).collect::<Vec<_>>());
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(
        events::after(&world.db, id(1), seen.len() as i64, 5)
            .await
            .unwrap(),
        []
    );
}

#[tokio::test]
async fn listeners_hear_of_an_event_once_it_can_be_read() {
    let world = World::new().await;
    let (expired, run) = (world.running(1).await, world.running(2).await);
    world.claim(51, 60).await;
    let mut listener = world.db.listen(EVENTS_CHANNEL).await.unwrap();
    let last = events::after(&world.db, id(2), 0, 100).await.unwrap().len() as i64;

    // What is refused is not heard of: the first word is that of the event after it.
    let refused = runs::tell(&world.db, &expired, &event("refused"), at(61)).await;
    assert_lease_lost("tell", &refused);
    runs::tell(&world.db, &run, &event("told"), at(61))
        .await
        .unwrap();
    let heard = listener.recv().await.unwrap();
    assert_eq!(heard.payload(), id(2).to_string());
    let new = events::after(&world.db, id(2), last, 10).await.unwrap();
    assert_eq!(new.len(), 1);
    assert_eq!(
        (&new[0].event, new[0].at, new[0].seq),
        (&event("told"), at(61), last + 1)
    );

    runs::heartbeat(&world.db, &run, None, at(62), crate::world::LEASE)
        .await
        .unwrap();
    assert_eq!(listener.recv().await.unwrap().payload(), id(2).to_string());
}
