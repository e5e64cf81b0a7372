//! Several seeds of one recipe: ranges of every score and rank, agreement of every signal.

use crate::real::{Image, Unearth, blobs, home};
use serde_json::{Value, json};

const EXAMPLES: usize = 64;

#[test]
fn every_score_has_its_range_over_seeds() {
    let home = home();
    let file = blobs(home.path(), EXAMPLES, Image::GREY);
    let unearth = Unearth::start(&home.path().join("data"));
    let recipe = json!({ "model": "mlp", "epochs": 3, "batch_size": 16, "checkpoints": 2 });
    let alone = unearth.begin_audit(&file, &recipe);
    let of_one_seed = unearth.ranking(&alone, "aum");
    let dataset = unearth.get(&format!("/v1/audits/{alone}"))["dataset_id"].clone();

    let body = json!({ "dataset_id": dataset, "recipe": recipe, "seed": 7, "seeds": 3 });
    let audit = unearth.post("/v1/audits", body.to_string().into());
    let id = audit["id"].as_str().unwrap_or_else(|| panic!("{audit}"));
    assert_eq!((&audit["runs"], &audit["seeds"]), (&json!(3), &json!(3)));
    let of_three = unearth.ranking(id, "aum");
    let first_columns = |csv: &str| -> Vec<String> {
        let rows = csv
            .lines()
            .map(|line| line.split(',').take(9).collect::<Vec<_>>());
        rows.map(|cells| cells.join(",")).collect()
    };
    assert_eq!(
        first_columns(&of_three),
        first_columns(&of_one_seed),
        "the ranking is the first seed's"
    );

    for (signal, population) in [("aum", "aum"), ("vog", "vog&window=early")] {
        let path = format!("/v1/audits/{id}/examples?signal={population}&limit=1000");
        let rows = unearth.get(&path)["items"].clone();
        let rows = rows.as_array().expect("rows");
        assert_eq!(rows.len(), EXAMPLES);
        let mut moved = 0;
        for row in rows {
            let over = &row["over_seeds"];
            let rank = row["rank"].as_i64();
            assert!(over["rank_low"].as_i64() <= rank && rank <= over["rank_high"].as_i64());
            let value = row["value"].as_f64();
            assert!(over["value_low"].as_f64() <= value && value <= over["value_high"].as_f64());
            moved += usize::from(over["value_low"] != over["value_high"]);
        }
        let one = unearth.get(rows[0]["url"].as_str().expect("an address"));
        let places = one["scores"].as_array().expect("scores");
        let same = |place: &&Value| place["value"] == rows[0]["value"];
        let place = places.iter().find(same).expect("its place in the ranking");
        assert_eq!(place["over_seeds"], rows[0]["over_seeds"]);
        assert!(moved > EXAMPLES / 2, "{signal}: seeds differ");

        let statistics = unearth.get(&format!("/v1/audits/{id}/statistics?signal={population}"));
        let stability = &statistics["stability"];
        assert_eq!(stability["seeds"], 3);
        let correlation = &stability["correlation"];
        assert!(correlation["min"].as_f64() <= correlation["mean"].as_f64());
        let tops = stability["overlap"].as_array().expect("budgets");
        let of_all = tops
            .iter()
            .find(|top| top["top"] == "100")
            .expect("a budget");
        assert_eq!(of_all["share"]["mean"], 1.0, "all of {EXAMPLES}");
    }
    let alone = unearth.get(&format!("/v1/audits/{alone}/examples?signal=aum&limit=1"));
    assert_eq!(alone["items"][0]["over_seeds"], Value::Null);

    let refused = json!({ "dataset_id": dataset, "seeds": 0 });
    let refused = unearth.post("/v1/audits", refused.to_string().into());
    assert_eq!(refused["errors"][0]["field"], "seeds");
}
