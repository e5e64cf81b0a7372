//! Stopped on purpose, with work and readers at hand.

use crate::real::{Image, Unearth, blobs, home, up};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    time::Duration,
};

/// Ten seconds are promised, of a machine that has time for it. What takes longer than this hangs.
const DEADLINE: Duration = Duration::from_secs(45);

#[test]
fn stopping_hands_the_run_back_and_waits_for_no_reader() {
    let (data, home) = (home(), home());
    let dataset = blobs(data.path(), 2_000, Image::GREY);
    let said = home.path().join("said");
    let mut up = up(home.path(), "127.0.0.1:0");
    up.stderr(File::create(&said).expect("it is ours"));
    let unearth = Unearth::ready(&mut up, home.path());
    let recipe = json!({"model": "cnn-s", "epochs": 60, "checkpoints": [1, 60]});
    let audit = unearth.begin_audit(&dataset, &recipe);
    let events = format!("/v1/audits/{audit}/events");
    // A sweep is preceded by a resume point.
    unearth.wait_for(&events, |events| has(events, "checkpoint"));
    let reader = unearth.ask_and_stall(&events, "text/event-stream");
    assert!(reader.is_some());

    let took = unearth.stop();
    drop(reader);
    println!("stopped in {:.1} s", took.as_secs_f64());
    assert!(took < DEADLINE, "{took:?}");
    let said = fs::read_to_string(said).expect("it is text");
    assert!(!said.contains("requests did not end in time"), "{said}");

    let unearth = Unearth::start(home.path());
    let told = unearth.wait_for(&events, |events| has(events, "interrupted"));
    let items = told["items"].as_array().expect("a list");
    let interrupted = items.iter().find(|event| event["kind"] == "interrupted");
    // Not "its worker was lost", which is what the next worker says of a lease that ran out.
    let reason = &interrupted.expect("just seen")["reason"];
    assert_eq!(reason, "the worker is shutting down");
    unearth.wait_for(&events, |events| {
        let items = events["items"].as_array().into_iter().flatten();
        items
            .filter(|event| event["kind"] == "started")
            .any(|event| event["from_epoch"].as_u64() >= Some(1))
    });
}

fn has(events: &Value, kind: &str) -> bool {
    let mut items = events["items"].as_array().into_iter().flatten();
    items.any(|event| event["kind"] == kind)
}
