//! Rankings while a training runs.

use crate::{
    service::{NOW, Service},
    stage,
};
use serde_json::{Value, json};
use unearth_audit::{EpochRecord, LogitSource, Record};
use unearth_store::dynamics;

/// More than a chunk.
const EXAMPLES: usize = 300;

fn record(epoch: u32, loss: impl Fn(usize) -> f32) -> EpochRecord {
    let mut values = Record::unseen(EXAMPLES);
    values.loss = (0..EXAMPLES).map(loss).collect();
    EpochRecord {
        epoch,
        source: LogitSource::InFlight,
        values,
        probes: Record::unseen(0),
    }
}

fn places(ranking: &Value) -> Vec<(i64, f64)> {
    let items = ranking["items"].as_array().unwrap();
    let place = |it: &Value| {
        (
            it["index"].as_i64().unwrap(),
            it["mean_loss"].as_f64().unwrap(),
        )
    };
    items.iter().map(place).collect()
}

#[tokio::test]
async fn it_is_the_mean_loss_of_the_epochs_so_far() {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, EXAMPLES).await;
    let audit = stage::queued_audit(&service, dataset).await;
    let run = stage::begun_run(&service).await;
    let address = format!("/v1/audits/{audit}/provisional?limit=3");
    let before = service.get(&address).await.expect(200).json();
    assert_eq!(before, json!({"epochs": 0, "examples": 0, "items": []}));

    // What is in the split `test` is not trained on.
    let trained = |index: usize| index % 3 != 2;
    let hard = |index: usize| if index == 270 { 9.0 } else { 1.0 };
    let first = record(0, |index| {
        if trained(index) {
            hard(index)
        } else {
            f32::NAN
        }
    });
    dynamics::store(&service.app.db, &run, &first, None, NOW)
        .await
        .unwrap();
    let one = service.get(&address).await.expect(200).json();
    assert_eq!((&one["epochs"], &one["examples"]), (&json!(1), &json!(200)));
    assert_eq!(places(&one), [(270, 9.0), (0, 1.0), (1, 1.0)]);

    let second = record(1, |index| match index {
        4 => 20.0,
        index if trained(index) => 0.5,
        _ => f32::NAN,
    });
    dynamics::store(&service.app.db, &run, &second, None, NOW)
        .await
        .unwrap();
    let two = service.get(&address).await.expect(200).json();
    assert_eq!(two["epochs"], 2);
    assert_eq!(places(&two), [(4, 10.5), (270, 4.75), (0, 0.75)]);
    let hardest = &two["items"][0];
    assert_eq!(
        (&hardest["rank"], &hardest["label"], &hardest["key"]),
        (&json!(1), &json!("cat"), &json!("a, \"b\"/4.png"))
    );
    service
        .get(&format!("/v1/audits/{audit}/provisional?limit=201"))
        .await
        .problem(422, "invalid-request");
}
