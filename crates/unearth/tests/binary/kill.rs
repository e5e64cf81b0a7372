//! Kill any process at any moment: the ranking is that of an undisturbed audit, byte for byte.

use crate::real::{Image, Unearth, blobs, home, runtime};
use serde_json::{Value, json};
use sqlx::Connection as _;
use std::{path::Path, time::Duration};

fn recipe() -> Value {
    json!({"model": "cnn-s", "epochs": 4, "checkpoints": [1, 3, 4], "augment": "crop"})
}

const SIGNALS: [&str; 3] = ["vog", "final_loss", "mean_loss"];

fn rankings(unearth: &Unearth, audit: &str) -> Vec<String> {
    SIGNALS
        .iter()
        .map(|signal| unearth.ranking(audit, signal))
        .collect()
}

#[test]
fn killed_at_any_moment_the_ranking_is_the_same() {
    let data = home();
    let dataset = blobs(data.path(), 2_000, Image::GREY);

    let undisturbed = {
        let home = home();
        let unearth = Unearth::start(home.path());
        let audit = unearth.begin_audit(&dataset, &recipe());
        rankings(&unearth, &audit)
    };
    assert_eq!(undisturbed[0].lines().count(), 2_001);

    let home = home();
    let unearth = Unearth::start(home.path());
    let audit = unearth.begin_audit(&dataset, &recipe());

    until_epoch(&unearth, &audit, 1);
    unearth.kill_worker();

    until_copying(home.path());
    unearth.kill_worker();

    until_epoch(&unearth, &audit, 3);
    unearth.kill_everything();

    let unearth = Unearth::start(home.path());
    let disturbed = rankings(&unearth, &audit);
    for ((signal, disturbed), undisturbed) in SIGNALS.iter().zip(&disturbed).zip(&undisturbed) {
        assert!(disturbed == undisturbed, "the ranking by {signal} differs");
    }
    let attempts = unearth.get(&format!("/v1/audits/{audit}"))["attempts"].as_i64();
    assert!(attempts >= Some(3), "it was interrupted: {attempts:?}");
}

fn until_epoch(unearth: &Unearth, audit: &str, epoch: u64) {
    unearth.wait_for(&format!("/v1/audits/{audit}/events?limit=1000"), |events| {
        let items = events["items"].as_array().into_iter().flatten();
        items
            .filter(|event| event["kind"] == "epoch")
            .any(|event| event["epoch"].as_u64() >= Some(epoch))
    });
}

/// Returns while gradient maps are on their way into the database.
fn until_copying(home: &Path) {
    let url = unearth_postgres::connect_running(&home.join("postgres")).expect("Postgres runs");
    runtime().block_on(async {
        let mut connection = sqlx::PgConnection::connect(&url).await.expect("it lets us in");
        loop {
            let copying: bool = sqlx::query_scalar(
                "select exists (select 1 from pg_stat_activity where query like 'copy snapshot_chunks%' and state <> 'idle')",
            )
            .fetch_one(&mut connection)
            .await
            .expect("it answers");
            if copying {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
}
