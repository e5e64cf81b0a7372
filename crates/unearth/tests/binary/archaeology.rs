//! Metadata archaeology with real training: probes, pilot, vote, and what the API says of it.

use crate::real::{Image, Unearth, blobs, home};
use serde_json::{Value, json};
use std::path::Path;

const EXAMPLES: usize = 480;

fn recipe() -> Value {
    json!({ "epochs": 6, "batch_size": 32, "checkpoints": 2, "lr": 0.05 })
}

/// Begins an audit of the blobs with an archaeology, and waits for its end.
fn audited(unearth: &Unearth, dataset: &Value, archaeology: &Value) -> Value {
    let body = json!({
        "dataset_id": dataset, "recipe": recipe(), "seed": 7, "archaeology": archaeology
    });
    let audit = unearth.post("/v1/audits", body.to_string().into());
    let id = audit["id"].as_str().unwrap_or_else(|| panic!("{audit}"));
    unearth.wait_for(&format!("/v1/audits/{id}"), |audit| {
        match audit["state"].as_str() {
            Some("failed" | "cancelled") => panic!("{audit}"),
            state => state == Some("succeeded"),
        }
    })
}

/// An audit without archaeology that is done, and its dataset.
fn plain_audit(unearth: &Unearth, file: &Path) -> (String, Value) {
    let plain = unearth.begin_audit(file, &recipe());
    unearth.ranking(&plain, "final_loss");
    let dataset = unearth.get(&format!("/v1/audits/{plain}"))["dataset_id"].clone();
    (plain, dataset)
}

#[test]
fn examples_are_told_apart_by_probes_that_nobody_else_sees() {
    let home = home();
    let file = blobs(home.path(), EXAMPLES, Image::GREY);
    let unearth = Unearth::start(&home.path().join("data"));
    let (plain, dataset) = plain_audit(&unearth, &file);

    let none = unearth.get(&format!("/v1/audits/{plain}/archaeology"));
    assert_eq!(none["report"], Value::Null);
    assert!(
        none["report_reason"]
            .as_str()
            .is_some_and(|why| why.contains("asked for"))
    );

    let audit = audited(&unearth, &dataset, &json!({}));
    assert_eq!(
        (&audit["runs"], &audit["runs_done"]),
        (&json!(2), &json!(2))
    );
    let id = audit["id"].as_str().expect("an id");
    let report = unearth.get(&format!("/v1/audits/{id}/archaeology"))["report"].clone();
    let categories = report["categories"].as_array().expect("categories");
    let names: Vec<&str> = categories
        .iter()
        .filter_map(|category| category["name"].as_str())
        .collect();
    assert_eq!(
        names,
        ["typical", "atypical", "random_outputs", "corrupted"]
    );
    for category in categories {
        assert_eq!(category["fitted"], 10, "{category}");
        assert_eq!(category["held_out"], 10, "{category}");
        let trajectory = category["trajectory"].as_array().expect("a trajectory");
        assert_eq!(trajectory.len(), 6);
        assert!(trajectory.iter().all(Value::is_f64));
    }
    // Labels drawn at random are what these blobs cannot be mistaken for.
    assert!(
        categories[2]["recall"].as_f64() > Some(0.6),
        "{}",
        categories[2]
    );
    assert!(categories[1]["contamination"].is_f64());

    // Probes are in no ranking, count or export, and every example has a vote.
    let csv = unearth.ranking(id, "final_loss");
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let header = rows.headers().expect("a header").clone();
    let at = |name: &str| header.iter().position(|column| column == name).expect("it");
    let (category, tied, index) = (at("category"), at("category_tied"), at("index"));
    let shares: Vec<usize> = names.iter().map(|name| at(&format!("p_{name}"))).collect();
    let rows: Vec<csv::StringRecord> = rows.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), EXAMPLES);
    let mut called = vec![0; names.len()];
    for row in &rows {
        assert!(
            row[index]
                .parse::<usize>()
                .is_ok_and(|index| index < EXAMPLES)
        );
        let shares: Vec<f64> = shares
            .iter()
            .map(|&at| row[at].parse().expect("a share"))
            .collect();
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let position = names
            .iter()
            .position(|name| *name == &row[category])
            .expect("one");
        let most = shares.iter().copied().fold(0.0, f64::max);
        assert!(shares[position] >= most);
        let leading = shares.iter().filter(|&&share| share >= most).count();
        assert_eq!(&row[tied], (leading > 1).to_string());
        called[position] += 1;
    }

    // Report, subsets and filters count alike.
    let subsets = unearth.get(&format!("/v1/audits/{id}/subsets"));
    for (position, name) in names.iter().enumerate() {
        assert_eq!(categories[position]["called"], called[position]);
        let filtered = unearth.get(&format!("/v1/audits/{id}/examples?category={name}&limit=1"));
        assert_eq!(filtered["matching"], called[position]);
        let subset = subsets["items"].as_array().expect("subsets").iter();
        let subset = subset.clone().find(|subset| subset["name"] == **name);
        assert_eq!(subset.expect("a subset")["count"], called[position]);
    }
    let example = unearth.get(&format!("/v1/audits/{id}/examples/{}", &rows[0][index]));
    assert_eq!(example["category"]["category"], rows[0][category]);
}

#[test]
fn the_published_procedure_and_suites_of_one_s_own() {
    let home = home();
    let file = blobs(home.path(), EXAMPLES, Image::GREY);
    let unearth = Unearth::start(&home.path().join("data"));
    let (_, dataset) = plain_audit(&unearth, &file);
    let keys: Vec<String> = unearth.get(&format!(
        "/v1/datasets/{}/examples?limit=40",
        dataset.as_str().expect("an id")
    ))["items"]
        .as_array()
        .expect("examples")
        .iter()
        .map(|example| example["key"].as_str().expect("a key").to_owned())
        .collect();

    let suite = |keys: &[String]| json!({ "variant": "authors", "custom": [{ "name": "first ones", "keys": keys }] });
    let refused = json!({ "dataset_id": dataset, "archaeology": suite(&["nobody".into()]) });
    let refused = unearth.post("/v1/audits", refused.to_string().into());
    assert_eq!(refused["errors"][0]["field"], "archaeology.custom[0].keys");
    assert!(
        refused.to_string().contains("no example `nobody`"),
        "{refused}"
    );

    let audit = audited(&unearth, &dataset, &suite(&keys));
    let id = audit["id"].as_str().expect("an id");
    let report = unearth.get(&format!("/v1/audits/{id}/archaeology"))["report"].clone();
    assert_eq!(report["logits"], "eval_pass");
    let own = &report["categories"][4];
    assert_eq!(
        (&own["name"], &own["fitted"]),
        (&json!("first ones"), &json!(20))
    );
    let filtered = unearth.get(&format!(
        "/v1/audits/{id}/examples?category=first%20ones&limit=1"
    ));
    assert_eq!(filtered["matching"], own["called"]);
}
