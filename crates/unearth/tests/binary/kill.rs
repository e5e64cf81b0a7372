//! Kill any process at any moment: the ranking is that of an undisturbed audit, byte for byte.

use crate::real::{Image, Unearth, Worker, blobs, home, runtime, write};
use serde_json::{Value, json};
use sqlx::Connection as _;
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

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

/// An audit of four runs: main, pilot and two more seeds.
fn several_runs() -> Value {
    json!({
        "recipe": {"model": "cnn-s", "epochs": 4, "checkpoints": [2, 4]},
        "seeds": 3,
        "archaeology": {"suite_size": 40},
        "seed": 7,
    })
}

/// Everything that several runs make together.
fn results(unearth: &Unearth, audit: &str) -> Vec<String> {
    let mut results: Vec<String> = ["vog", "label_issue"]
        .iter()
        .map(|signal| unearth.ranking(audit, signal))
        .collect();
    let statistics = format!("/v1/audits/{audit}/statistics?signal=label_issue");
    results.push(unearth.get(&statistics)["stability"].to_string());
    results.push(
        unearth
            .get(&format!("/v1/audits/{audit}/archaeology"))
            .to_string(),
    );
    results
}

#[test]
fn an_audit_of_several_runs_outlives_both_its_workers() {
    let data = home();
    let dataset = blobs(data.path(), 600, Image::GREY);

    let undisturbed = {
        let home = home();
        let unearth = Unearth::start(home.path());
        let audit = unearth.begin(&dataset, several_runs());
        results(&unearth, &audit)
    };
    let columns = undisturbed[1].lines().next().expect("a header");
    assert!(columns.contains("category"), "{columns}");
    assert!(undisturbed[2].contains("correlation"), "{}", undisturbed[2]);

    let home = home();
    let unearth = Unearth::start(home.path());
    let other = Worker::start(home.path());
    until(home.path(), "select count(*) = 2 from workers");
    let audit = unearth.begin(&dataset, several_runs());
    // Both train; then the one that nobody looks after is gone, and its lease must run out.
    until(
        home.path(),
        "select count(*) = 2 from runs where state = 'running'",
    );
    other.kill();
    unearth.kill_worker();
    until(
        home.path(),
        "select count(*) >= 2 from runs where state = 'succeeded'",
    );
    unearth.kill_everything();

    let unearth = Unearth::start(home.path());
    let disturbed = results(&unearth, &audit);
    for (disturbed, undisturbed) in disturbed.iter().zip(&undisturbed) {
        assert!(
            disturbed == undisturbed,
            "{disturbed}\n\ndiffers from\n\n{undisturbed}"
        );
    }
}

/// Posts losses of an external run and waits for its ranking.
fn post_losses(unearth: &Unearth, folder: &Path) {
    const EPOCHS: usize = 300;
    const EXAMPLES: usize = 3_000;
    let losses = (0..EPOCHS * EXAMPLES).map(|at| {
        let (epoch, example) = (at / EXAMPLES, at % EXAMPLES);
        (example * 7919 % 1_000) as f32 / (epoch + 1) as f32
    });
    let file = folder.join("losses.npz");
    let mut npz = npyz::npz::NpzWriter::create(&file).expect("the file can be made");
    let shape = [EPOCHS as u64, EXAMPLES as u64];
    write(&mut npz, "loss", &shape, losses.collect());
    drop(npz);
    unearth.external(&[
        "--dynamics",
        file.to_str().expect("a plain path"),
        "--logits",
        "in-flight",
        "--out",
        &format!("mean_loss={}", folder.join("ranked.csv").display()),
    ]);
}

#[test]
fn killed_while_posted_batches_are_put_in_order_the_ranking_is_the_same() {
    let undisturbed = {
        let home = home();
        let unearth = Unearth::start(&home.path().join("data"));
        post_losses(&unearth, home.path());
        fs::read_to_string(home.path().join("ranked.csv")).expect("the ranking is there")
    };
    assert_eq!(undisturbed.lines().count(), 3_001);

    let home = home();
    let data = home.path().join("data");
    let unearth = Unearth::start(&data);
    std::thread::scope(|scope| {
        let posting = scope.spawn(|| post_losses(&unearth, home.path()));
        let in_order =
            |epochs: u32| format!("select count(distinct epoch) >= {epochs} from dynamics_chunks");
        // More often than a run may be tried without progress.
        for epochs in [20, 80, 140, 200, 250] {
            until(&data, &in_order(epochs));
            unearth.kill_worker();
        }
        posting.join().expect("the command goes on");
    });
    let disturbed = fs::read_to_string(home.path().join("ranked.csv"));
    assert!(disturbed.expect("the ranking is there") == undisturbed);
}

/// Returns once a query answers true; a test that waits in vain fails.
fn until(home: &Path, query: &str) {
    const GIVEN_UP_AFTER: Duration = Duration::from_mins(4);
    let began = Instant::now();
    let url = unearth_postgres::connect_running(&home.join("postgres")).expect("Postgres runs");
    runtime().block_on(async {
        let mut connection = sqlx::PgConnection::connect(&url)
            .await
            .expect("it lets us in");
        loop {
            let asked = sqlx::query_scalar(sqlx::AssertSqlSafe(query));
            let holds: bool = asked.fetch_one(&mut connection).await.expect("it answers");
            if holds {
                return;
            }
            assert!(began.elapsed() < GIVEN_UP_AFTER, "waited in vain: {query}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
}

/// Returns while gradient maps are on their way into the database.
fn until_copying(home: &Path) {
    until(
        home,
        "select exists (select 1 from pg_stat_activity where query like 'copy snapshot_chunks%' and state <> 'idle')",
    );
}
