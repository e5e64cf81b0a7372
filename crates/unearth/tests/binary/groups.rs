//! Groups side by side: a small one that is hard and clean, and one with three wrong labels in ten.

use crate::real::{Unearth, home, noise, write};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const SIDE: usize = 16;
const PLAIN: usize = 600;
const HARD: usize = 60;
const NOISY: usize = 140;
const EXAMPLES: usize = PLAIN + HARD + NOISY;

fn group_of(index: usize) -> &'static str {
    const GROUPS: [&str; 3] = ["plain", "hard", "noisy"];
    GROUPS[usize::from(index >= PLAIN) + usize::from(index >= PLAIN + HARD)]
}

/// Three of ten in the noisy group.
fn is_wrong(index: usize) -> bool {
    group_of(index) == "noisy" && index % 10 < 3
}

/// Four quadrants, one of them brighter; the hard group's is little brighter than its noise.
fn dataset(folder: &Path) -> PathBuf {
    let mut noise = noise();
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for index in 0..EXAMPLES {
        let class = index % 4;
        let other = (class + 1 + index / 10 % 3) % 4;
        let given = if is_wrong(index) { other } else { class };
        labels.push(given as i64);
        let bright = if group_of(index) == "hard" { 72 } else { 110 };
        for at in 0..SIDE * SIDE {
            let quadrant = (at / SIDE / (SIDE / 2)) * 2 + (at % SIDE) / (SIDE / 2);
            let signal = if quadrant == class { bright } else { 60 };
            pixels.push((signal + noise() % 120) as u8);
        }
    }
    let groups: Vec<i64> = (0..EXAMPLES)
        .map(|index| i64::from(index >= PLAIN) + i64::from(index >= PLAIN + HARD))
        .collect();
    let path = folder.join("groups.npz");
    let mut npz = npyz::npz::NpzWriter::create(&path).expect("the file can be made");
    let n = EXAMPLES as u64;
    write(&mut npz, "x", &[n, SIDE as u64, SIDE as u64], pixels);
    write(&mut npz, "y", &[n], labels);
    write(&mut npz, "group", &[n], groups);
    path
}

/// Share of a group's examples among the first `top` of a ranking, and of its wrong labels.
fn flagged(unearth: &Unearth, audit: &str, grouping: &str, group: &str) -> (f64, f64) {
    let top = 64;
    let path =
        format!("/v1/audits/{audit}/examples?signal=label_issue&grouping={grouping}&limit={top}");
    let items = unearth.get(&path)["items"].clone();
    let rows = items.as_array().expect("rows");
    let indices = rows
        .iter()
        .map(|row| row["index"].as_u64().expect("an index") as usize);
    let of_group: Vec<usize> = indices.filter(|&index| group_of(index) == group).collect();
    let all = (0..EXAMPLES).filter(|&index| group_of(index) == group);
    let wrong = all.clone().filter(|&index| is_wrong(index)).count();
    let found = of_group.iter().filter(|&&index| is_wrong(index)).count();
    (
        of_group.len() as f64 / all.count() as f64,
        found as f64 / wrong.max(1) as f64,
    )
}

#[test]
fn a_hard_clean_group_is_not_flooded_and_a_noisy_one_not_hidden() {
    let home = home();
    let file = dataset(home.path());
    let unearth = Unearth::start(&home.path().join("data"));
    let recipe = json!({ "epochs": 8, "batch_size": 32, "checkpoints": 2, "lr": 0.05 });
    let plain = unearth.begin_audit(&file, &recipe);
    unearth.ranking(&plain, "label_issue");
    let dataset = unearth.get(&format!("/v1/audits/{plain}"))["dataset_id"].clone();
    let body = json!({
        "dataset_id": dataset, "recipe": recipe, "seed": 7, "archaeology": { "suite_size": 150 }
    });
    let audit = unearth.post("/v1/audits", body.to_string().into());
    let audit = audit["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{audit}"))
        .to_owned();
    unearth.ranking(&audit, "label_issue");

    let hard = |grouping| flagged(&unearth, &audit, grouping, "hard").0;
    let noisy = |grouping| flagged(&unearth, &audit, grouping, "noisy").1;
    let figures = ["global", "within_group", "shrunken"].map(|it| (it, hard(it), noisy(it)));
    println!("grouping, share of the hard group flagged, recall in the noisy one: {figures:?}");
    let [
        (_, global, found_global),
        (_, within, found_within),
        (_, shrunken, found),
    ] = figures;
    assert!(
        global > 0.25,
        "the hard group is flooded globally: {figures:?}"
    );
    assert!(shrunken <= 0.5 * global, "and no more: {figures:?}");
    assert!(within <= 0.5 * global, "{figures:?}");
    assert!(
        found >= 0.75 * found_global,
        "the noisy group is not hidden: {figures:?}"
    );
    assert!(found_within < found, "as it is within groups: {figures:?}");

    // The table says the same, and what probes find in each group.
    let table = unearth.get(&format!("/v1/audits/{audit}/groups?share=0.08"));
    let groups = table["items"].as_array().expect("groups");
    let names: Vec<&Value> = groups.iter().map(|group| &group["name"]).collect();
    assert_eq!(names, ["0", "1", "2"]);
    for group in groups {
        let flagged = group["flagged"].as_array().expect("three rankings");
        assert_eq!(flagged.len(), 3);
        for rate in ["planted", "clean"] {
            let rate = &group[rate];
            let enough = rate["probes"].as_u64() >= Some(30);
            assert_eq!(rate["rate"].is_f64(), enough, "{rate}");
            assert_eq!(rate["reason"].is_string(), !enough, "{rate}");
        }
    }
    let of_hard = &groups[1]["flagged"][2];
    assert_eq!(of_hard["grouping"], "shrunken");
    assert!(
        of_hard["share"]
            .as_f64()
            .is_some_and(|share| (share - shrunken).abs() < 1e-9)
    );
}
