use crate::{service::Service, stage};

async fn audited() -> (Service, String) {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, 6).await;
    let audit = stage::finished_audit(&service, dataset, 6).await;
    (service, format!("/v1/audits/{audit}/examples"))
}

#[tokio::test]
async fn an_example_shows_scores_trajectory_and_gradients() {
    let (service, path) = audited().await;
    let example = service.get(&format!("{path}/0")).await.expect(200).json();
    insta::assert_json_snapshot!(example, @r##"
    {
      "category": null,
      "decisions": [],
      "exemplars": [],
      "gradients": [
        {
          "checkpoint": 0,
          "epoch": 1,
          "max_abs": 0.5,
          "url": "/v1/audits/00000000-0000-0000-0000-000000000004/examples/0/gradients/0.png"
        },
        {
          "checkpoint": 1,
          "epoch": 2,
          "max_abs": 1.0,
          "url": "/v1/audits/00000000-0000-0000-0000-000000000004/examples/0/gradients/1.png"
        }
      ],
      "group": "-fives",
      "image_url": "/v1/datasets/00000000-0000-0000-0000-000000000001/examples/0/image",
      "index": 0,
      "key": "a, \"b\"/0.png",
      "label": "cat",
      "p_given": 0.25,
      "predicted": "=dog()",
      "scores": [
        {
          "direction": "high-harder",
          "over_seeds": null,
          "percentile": 100.0,
          "rank": 1,
          "scoring": "std:all",
          "signal": "vog",
          "title": "Variance of Gradients",
          "total": 6,
          "value": 100.75,
          "value_normalised": 50.375,
          "value_normalised_reason": null,
          "value_reason": null
        },
        {
          "direction": "low-harder",
          "over_seeds": null,
          "percentile": 100.0,
          "rank": 1,
          "scoring": "default",
          "signal": "confidence",
          "title": "Confidence",
          "total": 6,
          "value": 99.25,
          "value_normalised": 49.625,
          "value_normalised_reason": null,
          "value_reason": null
        }
      ],
      "snapshots_dropped_at": null,
      "split": "train",
      "standing": {
        "label": null,
        "reviewers": 0,
        "standing": "undecided"
      },
      "suggestion": {
        "label": "=dog()",
        "probability": 0.75,
        "runner_up": "cat",
        "runner_up_probability": 0.25
      },
      "text": null,
      "trajectory": {
        "epochs": [
          1,
          2
        ],
        "loss": [
          null,
          0.5
        ],
        "p_given": [
          null,
          0.25
        ],
        "predicted": [
          null,
          "=dog()"
        ]
      }
    }
    "##);
    service
        .get(&format!("{path}/6"))
        .await
        .problem(404, "example-not-found");
}

#[tokio::test]
async fn a_gradient_is_drawn_on_a_scale_over_all_checkpoints() {
    let (service, path) = audited().await;
    // The largest magnitude is 1, at the second checkpoint: half of it is half way to red.
    for (checkpoint, colour) in [(0, [217, 140, 149]), (1, [33, 102, 172])] {
        let picture = service
            .get(&format!("{path}/0/gradients/{checkpoint}.png?scale=3"))
            .await
            .expect(200);
        assert_eq!(picture.header("content-type"), "image/png");
        let pixels = image::load_from_memory(&picture.body).unwrap().to_rgb8();
        assert_eq!(pixels.dimensions(), (12, 12));
        assert!(
            pixels.pixels().all(|pixel| pixel.0 == colour),
            "{:?}",
            pixels.get_pixel(0, 0)
        );
    }
}

#[tokio::test]
async fn other_pictures_are_refused() {
    let (service, path) = audited().await;
    for file in ["2.png", "0.jpg", "x.png"] {
        service
            .get(&format!("{path}/0/gradients/{file}"))
            .await
            .problem(404, "checkpoint-not-found");
    }
    service
        .get(&format!("{path}/0/gradients/0.png?scale=33"))
        .await
        .problem(422, "invalid-request");
    service
        .get(&format!("{path}/6/gradients/0.png"))
        .await
        .problem(404, "example-not-found");
}
