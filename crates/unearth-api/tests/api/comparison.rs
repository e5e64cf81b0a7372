//! Two audits side by side.

use crate::{service::Service, stage};
use serde_json::{Value, json};
use uuid::Uuid;

const EXAMPLES: usize = 42;
const TOP: usize = 10;

/// Two audits with the same ranking, of two datasets.
async fn audited() -> (Service, [Uuid; 2]) {
    let service = Service::start().await;
    let mut audits = [Uuid::nil(); 2];
    for audit in &mut audits {
        let dataset = stage::dataset(&service, EXAMPLES).await;
        *audit = stage::finished_audit(&service, dataset, EXAMPLES).await;
    }
    (service, audits)
}

async fn compare(service: &Service, [here, there]: [Uuid; 2]) -> Value {
    let address = format!("/v1/audits/{here}/compare/{there}?top={TOP}");
    service.get(&address).await.expect(200).json()
}

/// Moves every scored example of VoG down by three ranks, the last three to the top.
async fn rotate(service: &Service, audit: Uuid) {
    let mut sql = service.sql().await;
    let statements = format!(
        "create temporary table moved as select scores.* from scores join score_sets on id = score_set_id
         where audit_id = '{audit}' and signal = 'vog';
         delete from scores where score_set_id in (select score_set_id from moved);
         update moved set rank = (rank + 2) % 40 + 1 where value is not null;
         update moved set value = 100 - rank where value is not null;
         insert into scores select * from moved;"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements))
        .execute(&mut sql)
        .await
        .unwrap();
}

fn indices(moved: &Value, field: &str) -> Vec<i64> {
    let moved = moved.as_array().unwrap();
    moved.iter().map(|it| it[field].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn the_same_ranking_agrees_with_itself() {
    let (service, audits) = audited().await;
    let same = compare(&service, audits).await;
    assert_eq!(same["matched_by"], "index");
    assert_eq!(
        (&same["both"], &same["shared"]),
        (&json!(EXAMPLES), &json!(TOP))
    );
    assert_eq!(same["correlation"], json!(1.0));
    assert_eq!((&same["entered"], &same["left"]), (&json!([]), &json!([])));
    let names: Vec<&Value> = same["classes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|class| &class["label"])
        .collect();
    assert_eq!(names, ["=dog()", "cat"]);
}

#[tokio::test]
async fn what_entered_and_left_the_top_is_told_with_both_ranks() {
    let (service, [here, there]) = audited().await;
    rotate(&service, here).await;
    let changed = compare(&service, [here, there]).await;
    assert_eq!(changed["shared"], 7);
    assert_eq!(indices(&changed["entered"], "index"), [37, 38, 39]);
    assert_eq!(indices(&changed["left"], "index"), [7, 8, 9]);
    let left = &changed["left"][0];
    assert_eq!(
        (&left["rank"], &left["other_rank"], &left["label"]),
        (&json!(11), &json!(8), &json!("=dog()"))
    );
    let correlation = changed["correlation"].as_f64().unwrap();
    assert!((0.3..0.9).contains(&correlation), "{correlation}");
    let cats = &changed["classes"][1];
    assert_eq!(
        (&cats["top_here"], &cats["top_there"], &cats["shared"]),
        (&json!(5), &json!(5), &json!(4))
    );
    // The other way round.
    let back = compare(&service, [there, here]).await;
    assert_eq!(indices(&back["left"], "index"), [37, 38, 39]);
}

#[tokio::test]
async fn other_datasets_are_matched_by_key() {
    let (service, [here, there]) = audited().await;
    let mut sql = service.sql().await;
    // As if the hardest had been taken out and the second been renamed: both are here alone.
    let clean = format!(
        "update datasets set content_hash = 'cleaned' where id = (select dataset_id from audits where id = '{there}');
         update examples set key = 'renamed' where index = 1
             and dataset_id = (select dataset_id from audits where id = '{there}');
         delete from scores where index = 0
             and score_set_id in (select id from score_sets where audit_id = '{there}');"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(clean))
        .execute(&mut sql)
        .await
        .unwrap();
    let compared = compare(&service, [here, there]).await;
    assert_eq!(compared["matched_by"], "key");
    assert_eq!(
        (
            &compared["both"],
            &compared["only_here"],
            &compared["only_there"]
        ),
        (&json!(40), &json!(2), &json!(1))
    );
    assert_eq!(indices(&compared["entered"], "index"), [0, 1]);
    assert_eq!(compared["entered"][0]["other_rank"], Value::Null);
    assert_eq!(compared["left"][0]["key"], "renamed");
}

#[tokio::test]
async fn wrong_tops_and_absent_audits_are_refused() {
    let (service, [here, there]) = audited().await;
    for top in ["0", "1001", "-3"] {
        let address = format!("/v1/audits/{here}/compare/{there}?top={top}");
        service.get(&address).await.problem(422, "invalid-request");
    }
    let address = format!("/v1/audits/{here}/compare/{}", Uuid::nil());
    service.get(&address).await.problem(404, "audit-not-found");
}
