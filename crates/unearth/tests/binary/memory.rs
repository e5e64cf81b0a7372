//! A device that has too little memory for what was asked.

use crate::real::{Image, Unearth, blobs, home};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::json;
use std::fs;

/// Enough for a small batch of what is asked, not for the first layer of a large one.
const LEFT: u64 = 1_500 << 20;

#[test]
fn an_audit_that_needs_too_much_memory_ends_with_a_smaller_batch_and_says_so() {
    let (data, home) = (home(), home());
    let dataset = blobs(data.path(), 300, Image::GREY);
    let unearth = Unearth::start(home.path());
    // Whatever is loaded once is loaded.
    let small = json!({"model": "cnn-s", "epochs": 2, "checkpoints": [1, 2]});
    let audit = unearth.begin_audit(&dataset, &small);
    unearth.ranking(&audit, "vog");

    let worker = unearth.worker_if_any().expect("it worked just now");
    leave_memory(worker, LEFT);
    let large = json!({
        "model": "cnn-s", "epochs": 2, "checkpoints": [1, 2], "image_size": 128, "batch_size": 256, "lr": 0.2,
    });
    let audit = unearth.begin_audit(&dataset, &large);
    let ranking = unearth.ranking(&audit, "vog");
    assert_eq!(ranking.lines().count(), 301);
    assert_eq!(unearth.worker_if_any(), Some(worker), "it went on itself");

    let audit = unearth.get(&format!("/v1/audits/{audit}"));
    assert_eq!(audit["recipe_asked"]["batch_size"], 256, "{audit}");
    let batch = audit["recipe"]["batch_size"].as_u64().expect("a number");
    let lr = audit["recipe"]["lr"].as_f64().expect("a number");
    assert!((8..256).contains(&batch), "{audit}");
    assert!((lr - 0.2 * batch as f64 / 256.0).abs() < 1e-9, "{audit}");
    let warning = audit["result"]["warnings"][0].to_string();
    assert!(warning.contains("too little memory"), "{warning}");
    let events = audit["urls"]["events"].as_str().expect("an address");
    let events = unearth.get(events);
    let told = events["items"].as_array().expect("a list").iter();
    let halved = told.filter(|event| event["kind"] == "recipe").count();
    assert_eq!(256 >> halved, batch, "{events}");
}

/// Bounds what a process may take beyond what it has.
fn leave_memory(process: u32, bytes: u64) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let data = status.lines().find_map(|line| line.strip_prefix("VmData:"));
    let taken = data.and_then(|data| data.trim().strip_suffix(" kB"));
    let taken: u64 = taken.expect("a size").parse().expect("a number");
    let limit = Some((taken << 10) + bytes);
    let pid = Pid::from_raw(process as i32).expect("not zero");
    let limit = Rlimit {
        current: limit,
        maximum: limit,
    };
    prlimit(Some(pid), Resource::Data, limit).expect("it is ours");
}
