use crate::{service::Service, stage};
use serde_json::{Value, json};

const EXAMPLES: usize = 23;

async fn audited() -> (Service, String) {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, EXAMPLES).await;
    let audit = stage::finished_audit(&service, dataset, EXAMPLES).await;
    (service, format!("/v1/audits/{audit}/examples"))
}

/// The indices of all pages.
async fn indices(service: &Service, path: &str, query: &str) -> Vec<i64> {
    let mut indices = Vec::new();
    let mut after = String::new();
    loop {
        let page = service
            .get(&format!("{path}?limit=4&{query}{after}"))
            .await
            .expect(200)
            .json();
        let items = page["items"].as_array().unwrap();
        indices.extend(items.iter().map(|item| item["index"].as_i64().unwrap()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return indices,
        }
    }
}

#[tokio::test]
async fn paging_shows_every_row_once_in_order() {
    let (service, path) = audited().await;
    let all: Vec<i64> = (0..EXAMPLES as i64).collect();
    assert_eq!(indices(&service, &path, "").await, all);
    assert_eq!(indices(&service, &path, "order=desc").await, all);
    // From the easy end the two without a value are left out.
    let easiest: Vec<i64> = (0..EXAMPLES as i64 - 2).rev().collect();
    assert_eq!(indices(&service, &path, "order=asc").await, easiest);
}

#[tokio::test]
async fn the_order_goes_by_value_also_where_low_is_hard() {
    let (service, path) = audited().await;
    let all: Vec<i64> = (0..EXAMPLES as i64).collect();
    for hardest in ["", "&order=asc", "&order=hardest"] {
        let query = format!("signal=confidence{hardest}");
        assert_eq!(indices(&service, &path, &query).await, all, "{query}");
    }
    let easiest: Vec<i64> = (0..EXAMPLES as i64 - 2).rev().collect();
    for order in ["desc", "easiest"] {
        let query = format!("signal=confidence&order={order}");
        assert_eq!(indices(&service, &path, &query).await, easiest, "{query}");
    }
    assert_eq!(indices(&service, &path, "order=hardest").await, all);
}

#[tokio::test]
async fn filters_leave_what_they_say() {
    let (service, path) = audited().await;
    let keep = |keep: fn(&i64) -> bool| (0..EXAMPLES as i64).filter(keep).collect::<Vec<_>>();
    assert_eq!(
        indices(&service, &path, "label=cat").await,
        keep(|i| i % 2 == 0)
    );
    assert_eq!(
        indices(&service, &path, "split=test").await,
        keep(|i| i % 3 == 2)
    );
    assert_eq!(
        indices(&service, &path, "group=-fives").await,
        keep(|i| i % 5 == 0)
    );
    assert_eq!(
        indices(&service, &path, "min=102&max=102.5").await,
        [3, 4, 5, 6, 7]
    );
    let page = service
        .get(&format!("{path}?label=%3Ddog()&split=test&limit=1"))
        .await
        .json();
    assert_eq!((&page["total"], &page["matching"]), (&json!(23), &json!(3)));
}

#[tokio::test]
async fn a_row_has_its_rank_score_and_addresses() {
    let (service, path) = audited().await;
    let page = service
        .get(&format!("{path}?limit=1"))
        .await
        .expect(200)
        .json();
    insta::assert_json_snapshot!(page, @r##"
    {
      "items": [
        {
          "category": null,
          "excerpt": null,
          "group": "-fives",
          "image_url": "/v1/datasets/00000000-0000-0000-0000-000000000001/examples/0/image",
          "index": 0,
          "key": "a, \"b\"/0.png",
          "label": "cat",
          "modal_classes": null,
          "over_seeds": null,
          "percentile": 100.0,
          "rank": 1,
          "split": "train",
          "standing": {
            "label": null,
            "reviewers": 0,
            "standing": "undecided"
          },
          "suggested_label": "=dog()",
          "suggested_probability": 0.75,
          "url": "/v1/audits/00000000-0000-0000-0000-000000000004/examples/0",
          "value": 102.875,
          "value_normalised": 51.4375,
          "value_normalised_reason": null,
          "value_reason": null
        }
      ],
      "matching": 23,
      "next": "1",
      "signal": {
        "checkpoints": [
          1,
          2
        ],
        "direction": "high-harder",
        "formula": "mean over pixels of the standard deviation over checkpoints (ddof 0) of the channel mean of ∂z_p/∂x",
        "grouping": "global",
        "grouping_formula": null,
        "level": null,
        "logits": "eval mode, not augmented, pre-softmax",
        "name": "vog",
        "purpose": "finds difficult and atypical examples; it is not a detector of wrong labels",
        "range": "0 and up",
        "scoring": "std:all",
        "source": "Agarwal, D'souza, Hooker: Estimating Example Difficulty using Variance of Gradients, CVPR 2022, arXiv 2008.11600, as in the authors' code",
        "title": "Variance of Gradients",
        "unit": "logit per unit of normalised input"
      },
      "total": 23
    }
    "##);
    let last: Value = service.get(&format!("{path}?after=22")).await.json();
    insta::assert_json_snapshot!(last["items"][0], @r##"
    {
      "category": null,
      "excerpt": null,
      "group": null,
      "image_url": "/v1/datasets/00000000-0000-0000-0000-000000000001/examples/22/image",
      "index": 22,
      "key": "a, \"b\"/22.png",
      "label": "cat",
      "modal_classes": null,
      "over_seeds": null,
      "percentile": null,
      "rank": 23,
      "split": "train",
      "standing": {
        "label": null,
        "reviewers": 0,
        "standing": "undecided"
      },
      "suggested_label": null,
      "suggested_probability": null,
      "url": "/v1/audits/00000000-0000-0000-0000-000000000004/examples/22",
      "value": null,
      "value_normalised": null,
      "value_normalised_reason": "not-seen",
      "value_reason": "not-seen"
    }
    "##);
}

#[tokio::test]
async fn wrong_queries_name_their_field() {
    let (service, path) = audited().await;
    for (query, field) in [
        ("signal=vgo", "signal"),
        ("window=latest", "window"),
        ("signal=confidence&window=all", "window"),
        ("order=up", "order"),
        ("min=nan", "min"),
        ("limit=100000", "limit"),
        ("after=x", "after"),
        ("label=dgo", "label"),
        ("sort=vog", "sort"),
    ] {
        let problem = service
            .get(&format!("{path}?{query}"))
            .await
            .problem(422, "invalid-request");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
}

#[tokio::test]
async fn what_was_not_scored_says_how_to_score_it() {
    let (service, path) = audited().await;
    let problem = service
        .get(&format!("{path}?window=0-1"))
        .await
        .problem(404, "scores-not-found");
    assert!(
        problem["hint"].as_str().unwrap().contains("/scores"),
        "{problem}"
    );
    service
        .get(&format!("{path}?variant=paper"))
        .await
        .problem(404, "scores-not-found");
    service
        .get(&format!("{path}?population=held_out"))
        .await
        .problem(404, "scores-not-found");
    service
        .get(&format!("{path}?signal=mean_loss"))
        .await
        .problem(404, "scores-not-found");
}

#[tokio::test]
async fn an_unfinished_audit_has_no_ranking() {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, 6).await;
    let audit = stage::queued_audit(&service, dataset).await;
    let answer = service.get(&format!("/v1/audits/{audit}/examples")).await;
    assert_eq!(
        answer.problem(409, "audit-not-finished")["detail"],
        "it is queued"
    );
}

#[tokio::test]
async fn statistics_name_their_classes() {
    let (service, path) = audited().await;
    let path = path.replace("/examples", "/statistics");
    let mut statistics = service.get(&path).await.expect(200).json();
    assert_eq!(statistics["signal"].take()["name"], "vog");
    insta::assert_json_snapshot!(statistics, @r##"
    {
      "budgets": null,
      "classes": [
        {
          "examples": 3,
          "label": "cat",
          "mean": 1.5,
          "median": 1.25,
          "std": 0.5
        },
        {
          "examples": 1,
          "label": "=dog()",
          "mean": null,
          "median": null,
          "std": null
        }
      ],
      "examples": 23,
      "held_out_error_by_decile": null,
      "histogram": {
        "counts": [
          1,
          2
        ],
        "edges": [
          0.0,
          1.0,
          2.0
        ]
      },
      "scored": 21,
      "signal": null,
      "stability": null
    }
    "##);
}
