use crate::{service::Service, stage};
use serde_json::{Value, json};

const EXAMPLES: usize = 23;

/// VoG and confidence are scored: rankings by index, without a value for the last two.
async fn audited() -> (Service, String) {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, EXAMPLES).await;
    let audit = stage::finished_audit(&service, dataset, EXAMPLES).await;
    (service, format!("/v1/audits/{audit}"))
}

async fn indices(service: &Service, audit: &str, query: &str) -> Vec<i64> {
    let page = service
        .get(&format!("{audit}/examples?{query}"))
        .await
        .expect(200)
        .json();
    let items = page["items"].as_array().unwrap();
    assert_eq!(page["matching"], items.len(), "{page}");
    let index = |item: &Value| item["index"].as_i64().unwrap();
    items.iter().map(index).collect()
}

#[tokio::test]
async fn the_list_says_rule_size_and_what_cannot_be_told() {
    let (service, audit) = audited().await;
    let list = service
        .get(&format!("{audit}/subsets"))
        .await
        .expect(200)
        .json();
    assert_eq!(list["total"], 23);
    let named = |name: &str| {
        let items = list["items"].as_array().unwrap();
        items.iter().find(|item| item["name"] == name).unwrap()
    };
    let vog = named("top_vog");
    // 5 % of the 21 that have a value.
    assert_eq!(
        (&vog["count"], &vog["threshold"]),
        (&json!(2), &json!(0.05))
    );
    assert_eq!(vog["share"], json!(2.0 / 23.0));
    assert_eq!(
        vog["rule"],
        "the hardest 5 % by Variance of Gradients over all checkpoints"
    );
    assert_eq!(
        vog["examples_url"],
        format!("{audit}/examples?subset=top_vog")
    );
    let pixels = named("same_pixels_other_label");
    assert_eq!(
        (&pixels["count"], &pixels["threshold"]),
        (&json!(2), &Value::Null)
    );
    for (name, needed) in [
        ("label_issues", "label_issue"),
        ("never_learned", "correctness"),
        ("easy", "variability"),
    ] {
        let missing = named(name);
        assert_eq!(
            (&missing["count"], &missing["share"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(
            missing["unavailable"],
            format!("the audit has no {needed}, which its rule needs")
        );
    }
}

#[tokio::test]
async fn a_subset_filters_rankings_and_files_at_any_threshold() {
    let (service, audit) = audited().await;
    assert_eq!(indices(&service, &audit, "subset=top_vog").await, [0, 1]);
    assert_eq!(
        indices(&service, &audit, "subset=top_vog&share=0.2&label=cat").await,
        [0, 2, 4]
    );
    assert_eq!(
        indices(
            &service,
            &audit,
            "subset=same_pixels_other_label&signal=confidence"
        )
        .await,
        [1, 4]
    );
    let file = service
        .get(&format!("{audit}/ranking.csv?subset=top_vog&share=0.1"))
        .await
        .expect(200)
        .text();
    let rows: Vec<&str> = file
        .split("\r\n")
        .skip(1)
        .map(|row| &row[..row.len().min(3)])
        .collect();
    assert_eq!(rows, ["1,0", "2,1", "3,2", ""]);

    let one = service
        .get(&format!("{audit}/subsets/top_vog?share=0.2"))
        .await
        .expect(200)
        .json();
    assert_eq!((&one["count"], &one["threshold"]), (&json!(5), &json!(0.2)));
    let address = one["examples_url"].as_str().unwrap();
    let query = address.split_once('?').unwrap().1;
    assert_eq!(indices(&service, &audit, query).await, [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn what_cannot_be_filtered_by_says_why() {
    let (service, audit) = audited().await;
    for (query, field) in [
        ("subset=hard", "subset"),
        ("share=0.1", "share"),
        ("subset=top_vog&share=0", "share"),
        ("subset=top_vog&share=nan", "share"),
        ("subset=never_learned&share=0.1", "share"),
    ] {
        for resource in ["examples", "ranking.csv"] {
            let problem = service
                .get(&format!("{audit}/{resource}?{query}"))
                .await
                .problem(422, "invalid-request");
            assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        }
    }
    service
        .get(&format!("{audit}/examples?subset=never_learned"))
        .await
        .problem(409, "subset-unavailable");
    service
        .get(&format!("{audit}/subsets/hard"))
        .await
        .problem(404, "subset-not-found");
    service
        .get(&format!("{audit}/subsets?population=held_out"))
        .await
        .problem(404, "scores-not-found");
}
