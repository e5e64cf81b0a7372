//! Decisions, their standings, and what is estimated from samples.

use crate::{service::Service, stage};
use serde_json::{Value, json};
use std::collections::HashSet;
use uuid::Uuid;

const EXAMPLES: usize = 23;

async fn audited(examples: usize) -> (Service, String) {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, examples).await;
    let audit = stage::finished_audit(&service, dataset, examples).await;
    (service, format!("/v1/audits/{audit}"))
}

async fn decide(service: &Service, audit: &str, body: Value) -> Value {
    let answer = service
        .post(&format!("{audit}/decisions"), body.to_string())
        .await;
    answer.expect(201).json()
}

async fn get(service: &Service, address: &str) -> Value {
    service.get(address).await.expect(200).json()
}

#[tokio::test]
async fn two_reviewers_who_differ_are_a_conflict_until_it_is_settled() {
    let (service, audit) = audited(EXAMPLES).await;
    let by = |reviewer: &str, decision: &str| json!({"reviewer": reviewer, "decision": decision, "examples": [4]});
    let first = decide(&service, &audit, by("ada", "keep")).await;
    let standing = json!([{"index": 4, "standing": "keep", "label": null, "reviewers": 1}]);
    assert_eq!(first["standings"], standing);
    let mut other = by("بوب", "relabel");
    other["label"] = json!("=dog()");
    let second = decide(&service, &audit, other.clone()).await;
    assert_eq!(second["standings"][0]["standing"], "conflict");

    let conflicts = get(&service, &format!("{audit}/examples?standing=conflict")).await;
    assert_eq!(
        (&conflicts["matching"], &conflicts["items"][0]["index"]),
        (&json!(1), &json!(4))
    );
    let example = get(&service, &format!("{audit}/examples/4")).await;
    let decisions = example["decisions"].as_array().unwrap();
    let who: Vec<&Value> = decisions
        .iter()
        .map(|decision| &decision["reviewer"])
        .collect();
    assert_eq!(who, ["بوب", "ada"]);

    other["settles"] = json!(true);
    other["reviewer"] = json!("cem");
    let settled = decide(&service, &audit, other).await;
    let standing = json!([{"index": 4, "standing": "relabel", "label": "=dog()", "reviewers": 1}]);
    assert_eq!(settled["standings"], standing);

    let undo = format!("{audit}/decisions/{}/undo", settled["id"].as_str().unwrap());
    let answer = service
        .post(&undo, json!({"reviewer": "ada"}).to_string())
        .await;
    answer.problem(409, "decision-not-yours");
    let answer = service
        .post(&undo, json!({"reviewer": "cem"}).to_string())
        .await;
    assert_eq!(
        answer.expect(201).json()["standings"][0]["standing"],
        "conflict"
    );

    let log = get(&service, &format!("{audit}/decisions?limit=2")).await;
    let items = log["items"].as_array().unwrap();
    assert_eq!(items[0]["undoes"], settled["id"]);
    assert_eq!(
        (&items[1]["is_undone"], &items[1]["label"]),
        (&json!(true), &json!("=dog()"))
    );
    let rest = log["next"].as_str().unwrap();
    let rest = get(&service, &format!("{audit}/decisions?after={rest}")).await;
    assert_eq!(rest["items"].as_array().unwrap().len(), 2);
    assert_eq!(rest["next"], Value::Null);
}

#[tokio::test]
async fn a_decision_sent_twice_is_taken_once() {
    let (service, audit) = audited(EXAMPLES).await;
    let body = json!({
        "id": Uuid::from_u128(77), "reviewer": "ada", "decision": "exclude", "examples": [1, 2, 2],
    });
    let first = decide(&service, &audit, body.clone()).await;
    assert_eq!(first["examples"], 2);
    assert_eq!(decide(&service, &audit, body).await, first);
    let other = json!({
        "id": Uuid::from_u128(77), "reviewer": "bob", "decision": "keep", "examples": [1],
    });
    let answer = service
        .post(&format!("{audit}/decisions"), other.to_string())
        .await;
    answer.problem(409, "decision-id-reused");
    let review = get(&service, &format!("{audit}/review")).await;
    let of = |standing: &str| {
        let standings = review["standings"].as_array().unwrap();
        let found = standings.iter().find(|it| it["standing"] == standing);
        found.unwrap()["examples"].as_i64().unwrap()
    };
    assert_eq!((of("exclude"), of("undecided"), of("conflict")), (2, 21, 0));
    assert_eq!(review["reviewers"], json!([{"name": "ada", "examples": 2}]));
    let groups = json!([
        {"name": "-fives", "examples": 5, "decided": 0},
        {"name": null, "examples": 18, "decided": 2},
    ]);
    assert_eq!(review["groups"], groups);
    let top = get(&service, &format!("{audit}/review/top?signal=vog&top=3")).await;
    assert_eq!(top, json!({"top": 3, "reviewed": 2, "changed": 2}));
}

#[tokio::test]
async fn a_bulk_decision_is_of_exactly_what_its_reviewer_saw() {
    let (service, audit) = audited(EXAMPLES).await;
    let bulk = |count: i64| {
        json!({
            "reviewer": "ada", "decision": "exclude",
            "matching": {"query": "signal=vog&label=cat&standing=undecided", "count": count},
        })
    };
    let address = format!("{audit}/decisions");
    let answer = service.post(&address, bulk(13).to_string()).await;
    assert!(
        answer.problem(409, "count-changed")["detail"]
            .to_string()
            .contains("12")
    );
    let taken = decide(&service, &audit, bulk(12)).await;
    assert_eq!(
        (&taken["examples"], &taken["standings"]),
        (&json!(12), &json!([]))
    );
    let decided = get(&service, &format!("{audit}/examples?standing=decided")).await;
    assert_eq!(decided["matching"], 12);
    let undo = format!("{audit}/decisions/{}/undo", taken["id"].as_str().unwrap());
    let answer = service
        .post(&undo, json!({"reviewer": "ada"}).to_string())
        .await;
    assert_eq!(answer.expect(201).json()["examples"], 12);
    let open = get(&service, &format!("{audit}/examples?open_to=ada")).await;
    assert_eq!(open["matching"], 23);
    // Example 0 alone has a suggestion.
    let all = json!({
        "reviewer": "ada", "decision": "suggestion", "matching": {"query": "", "count": 23},
    });
    assert_eq!(decide(&service, &audit, all).await["examples"], 1);
}

#[tokio::test]
async fn what_cannot_be_decided_is_refused_with_its_field() {
    let (service, audit) = audited(EXAMPLES).await;
    let address = format!("{audit}/decisions");
    let named = json!([1]);
    for (body, field) in [
        (
            json!({"reviewer": " ", "decision": "keep", "examples": named}),
            "reviewer",
        ),
        (
            json!({"reviewer": "a\u{7}", "decision": "keep", "examples": named}),
            "reviewer",
        ),
        (
            json!({"reviewer": "ada", "decision": "burn", "examples": named}),
            "decision",
        ),
        (
            json!({"reviewer": "ada", "decision": "relabel", "examples": named}),
            "label",
        ),
        (
            json!({"reviewer": "ada", "decision": "relabel", "label": "cow", "examples": named}),
            "label",
        ),
        (
            json!({"reviewer": "ada", "decision": "keep", "label": "cat", "examples": named}),
            "label",
        ),
        (json!({"reviewer": "ada", "decision": "keep"}), "examples"),
        (
            json!({"reviewer": "ada", "decision": "keep", "examples": []}),
            "examples",
        ),
        (
            json!({"reviewer": "ada", "decision": "keep", "examples": [23]}),
            "examples",
        ),
        (
            json!({"reviewer": "ada", "decision": "keep", "examples": [-1]}),
            "examples",
        ),
        (
            json!({"reviewer": "ada", "decision": "keep", "examples": named,
                   "matching": {"query": "", "count": 23}}),
            "examples",
        ),
        (
            json!({"reviewer": "ada", "decision": "keep", "matching": {"query": "limit=3", "count": 3}}),
            "limit",
        ),
    ] {
        let answer = service.post(&address, body.to_string()).await;
        let problem = answer.problem(422, "invalid-request");
        assert_eq!(problem["errors"][0]["field"], field, "{body}");
    }
    let answer = service
        .get(&format!("{audit}/examples?standing=maybe"))
        .await;
    let problem = answer.problem(422, "invalid-request");
    assert_eq!(problem["errors"][0]["field"], "standing");
    let undo = format!("{address}/{}/undo", Uuid::from_u128(9));
    let answer = service
        .post(&undo, json!({"reviewer": "ada"}).to_string())
        .await;
    answer.problem(404, "decision-not-found");
    let lost =
        json!({"reviewer": "ada", "decision": "keep", "examples": named, "sample": Uuid::nil()});
    let answer = service.post(&address, lost.to_string()).await;
    answer.problem(404, "sample-not-found");
}

#[tokio::test]
async fn a_sample_hides_the_suggestion_and_estimates_from_what_was_drawn() {
    let (service, audit) = audited(EXAMPLES).await;
    let draw = json!({"examples": 9, "edges": [0.2, 0.5], "by_group": false, "seed": 3});
    let samples = format!("{audit}/samples");
    let sample = service
        .post(&format!("{samples}?signal=vog"), draw.to_string())
        .await;
    let sample = sample.expect(201).json();
    assert_eq!(sample["strata"].as_array().unwrap().len(), 3);
    assert_eq!(
        (&sample["examples"], &sample["wrong"]),
        (&json!(9), &Value::Null)
    );
    let id = sample["id"].as_str().unwrap();
    let open = get(&service, &format!("{samples}/{id}/open")).await;
    let items = open["items"].as_array().unwrap();
    assert_eq!(items.len(), 9);
    assert!(!open.to_string().contains("suggest"));

    let wrong = |index: i64| index < 5;
    for item in items {
        let index = item["index"].as_i64().unwrap();
        let decision = if wrong(index) { "exclude" } else { "keep" };
        let body = json!({
            "reviewer": "ada", "decision": decision, "examples": [index], "sample": id,
        });
        decide(&service, &audit, body).await;
    }
    let open = get(&service, &format!("{samples}/{id}/open")).await;
    assert_eq!(open["items"], json!([]));
    let sample = get(&service, &format!("{samples}/{id}")).await;
    assert_eq!(sample["judged"], 9);
    assert_eq!(sample["strata"][0]["estimate"]["examples"], 5.0);
    let left = sample["left"]["examples"].as_f64().unwrap();
    assert!(
        (left - 2.0).abs() < 1e-9,
        "of 5 wrong ones 3 were found: {sample}"
    );

    let other = (0..23).find(|index| items.iter().all(|item| item["index"] != *index));
    let stray = json!({
        "reviewer": "ada", "decision": "keep", "examples": [other.unwrap()], "sample": id,
    });
    let answer = service
        .post(&format!("{audit}/decisions"), stray.to_string())
        .await;
    answer.problem(422, "invalid-request");
    let listed = get(&service, &samples).await;
    assert_eq!(listed["items"][0]["id"], *id);
    let answer = service
        .post(&samples, json!({"edges": [2.0]}).to_string())
        .await;
    answer.problem(422, "invalid-request");
}

/// Somebody who knows which labels are wrong works the queue again and again.
#[tokio::test]
async fn intervals_cover_the_truth_about_as_often_as_they_say() {
    const MANY: usize = 1_200;
    const TIMES: u32 = 200;
    let (service, audit) = audited(MANY).await;
    // Common among the hardest, rare among the rest.
    let wrong = |index: i64| {
        let every = if index < 60 {
            2
        } else if index < 240 {
            5
        } else {
            13
        };
        index % every == 0
    };
    let truth = (0..MANY as i64).filter(|&index| wrong(index)).count() as f64;
    let mut excluded = HashSet::new();
    let (mut covered, mut left_covered, mut strata, mut strata_covered) = (0, 0, 0, 0);
    for seed in 0..TIMES {
        let draw = json!({"examples": 120, "by_group": false, "seed": seed});
        let address = format!("{audit}/samples?signal=vog");
        let sample = service
            .post(&address, draw.to_string())
            .await
            .expect(201)
            .json();
        let id = sample["id"].as_str().unwrap();
        let open = get(&service, &format!("{audit}/samples/{id}/open?limit=200")).await;
        let drawn = open["items"].as_array().unwrap().iter();
        let (bad, good): (Vec<i64>, Vec<i64>) = drawn
            .map(|item| item["index"].as_i64().unwrap())
            .partition(|&index| wrong(index));
        for (decision, examples) in [("exclude", &bad), ("keep", &good)] {
            let body = json!({
                "reviewer": "oracle", "decision": decision, "examples": examples, "sample": id,
            });
            decide(&service, &audit, body).await;
        }
        let sample = get(&service, &format!("{audit}/samples/{id}")).await;
        let holds = |estimate: &Value, truth: f64| {
            let limit = |name: &str| estimate[name].as_f64().unwrap();
            i32::from((limit("low")..=limit("high")).contains(&truth))
        };
        covered += holds(&sample["wrong"], truth);
        excluded.extend(bad);
        left_covered += holds(&sample["left"], truth - excluded.len() as f64);
        for stratum in sample["strata"].as_array().unwrap() {
            let rank = |name: &str| stratum[name].as_i64().unwrap();
            let ranks = rank("first_rank")..=rank("last_rank");
            let truth = ranks.filter(|rank| wrong(rank - 1)).count() as f64;
            strata += 1;
            strata_covered += holds(&stratum["estimate"], truth);
        }
    }
    let share = |covered: i32, of: u32| f64::from(covered) / f64::from(of);
    let all = share(covered, TIMES);
    let of_strata = share(strata_covered, strata);
    eprintln!(
        "covered: {all} of all, {} of what is left, {of_strata} by stratum",
        share(left_covered, TIMES)
    );
    // Two standard errors of 200 draws at 95 % are 3 %.
    assert!((0.92..=0.99).contains(&all), "{all}");
    assert!(left_covered >= covered, "nobody found what is not wrong");
    assert!((0.92..=1.0).contains(&of_strata), "{of_strata}");
}
