//! The data map, and rankings filtered by a part of it.

use crate::{service::Service, stage};
use serde_json::{Value, json};

const EXAMPLES: usize = 42;

/// Confidence is the index modulo 7; the last two examples have no score of VoG.
async fn audited() -> (Service, String) {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, EXAMPLES).await;
    let audit = stage::finished_audit(&service, dataset, EXAMPLES).await;
    confidence_is(&service, "index % 7").await;
    (service, format!("/v1/audits/{audit}"))
}

/// Gives every example a confidence: rows and columns, low values first.
async fn confidence_is(service: &Service, value: &str) {
    let confidence = "(select id from score_sets where signal = 'confidence')";
    let taken_out = format!("delete from scores where score_set_id = {confidence}");
    let rows = format!(
        "insert into scores (score_set_id, rank, index, label, value)
         select {confidence}, row_number() over (order by value, index), index, label, value
         from (select index, label, {value} as value from examples) as valued"
    );
    let columns = format!(
        r#"update score_columns
           set (indices, "values") =
               (select string_agg(int4send(index), ''::bytea order by rank),
                       string_agg(float8send(value), ''::bytea order by rank)
                from scores where scores.score_set_id = score_columns.score_set_id)
           where score_set_id = {confidence}"#
    );
    let mut sql = service.sql().await;
    for statement in [taken_out, rows, columns] {
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .execute(&mut sql)
            .await
            .unwrap();
    }
}

fn cell(x: i64, y: i64, examples: i64) -> Value {
    json!({"x": x, "y": y, "examples": examples})
}

#[tokio::test]
async fn every_example_with_both_scores_is_in_one_cell() {
    let (service, audit) = audited().await;
    let map = service
        .get(&format!("{audit}/map?x=confidence&y=vog"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&map["x"]["low"], &map["x"]["high"]),
        (&json!(0.0), &json!(6.0))
    );
    assert_eq!(map["y"]["signal"]["name"], "vog");
    let cells = map["cells"].as_array().unwrap();
    let examples: i64 = cells
        .iter()
        .map(|it| it["examples"].as_i64().unwrap())
        .sum();
    assert_eq!(examples, EXAMPLES as i64 - 2);
    // The hardest, index 0, is at the upper bound of VoG; index 39 (4 modulo 7) at the lower one.
    let side = map["side"].as_i64().unwrap();
    assert_eq!(cells.first(), Some(&cell(side * 4 / 6, 0, 1)));
    assert_eq!(cells.last(), Some(&cell(0, side - 1, 1)));

    let diagonal = service
        .get(&format!("{audit}/map?x=confidence&y=confidence"))
        .await
        .expect(200)
        .json();
    let cells = diagonal["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 7);
    assert!(cells.iter().all(|it| it["x"] == it["y"]));
}

#[tokio::test]
async fn a_signal_with_one_value_is_a_line() {
    let (service, audit) = audited().await;
    confidence_is(&service, "3").await;
    let map = service
        .get(&format!("{audit}/map?x=confidence&y=vog"))
        .await
        .expect(200)
        .json();
    let cells = map["cells"].as_array().unwrap();
    assert!(!cells.is_empty() && cells.iter().all(|it| it["x"] == 0));
}

#[tokio::test]
async fn a_part_of_the_map_filters_rankings_and_files() {
    let (service, audit) = audited().await;
    for (within, expected) in [
        (
            "confidence:5..6",
            vec![5, 6, 12, 13, 19, 20, 26, 27, 33, 34, 40, 41],
        ),
        (
            "confidence:5..",
            vec![5, 6, 12, 13, 19, 20, 26, 27, 33, 34, 40, 41],
        ),
        ("confidence:5..5,vog:103..", vec![5, 12]),
        ("confidence:..0,vog:..101", vec![35]),
    ] {
        let listing = service
            .get(&format!("{audit}/examples?within={within}"))
            .await
            .expect(200)
            .json();
        let items = listing["items"].as_array().unwrap();
        let indices: Vec<u64> = items
            .iter()
            .map(|item| item["index"].as_u64().unwrap())
            .collect();
        assert_eq!(indices, expected, "{within}");
        assert_eq!(listing["matching"], json!(expected.len()));
        let file = service
            .get(&format!("{audit}/ranking.jsonl?within={within}"))
            .await
            .expect(200);
        assert_eq!(file.text().lines().count(), expected.len());
    }
    let problem = service
        .get(&format!("{audit}/examples?within=sureness:0..1"))
        .await
        .problem(422, "invalid-request");
    assert_eq!(problem["errors"][0]["field"], "within");
    service
        .get(&format!("{audit}/examples?within=el2n:0..1"))
        .await
        .problem(404, "scores-not-found");
}
