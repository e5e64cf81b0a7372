use crate::world::{World, at};
use serde_json::json;
use unearth_audit::{Condition, End, Population, ScoreKey, Signal, Subset};
use unearth_store::{
    runs::ClaimedRun,
    score_sets::{self, NewScore, Scored},
    subsets::{self, Unavailable},
};

const EXAMPLES: usize = 60;

/// Stores a ranking whose hardest is the last of `easiest_first`.
async fn rank(world: &World, run: &ClaimedRun, signal: Signal, easiest_first: &[(i32, f64)]) {
    let hardest_first = easiest_first.iter().rev().enumerate();
    let rows = hardest_first.map(|(place, &(index, value))| NewScore {
        rank: place as i32 + 1,
        index,
        label: index % 10,
        value: Some(value),
        value_reason: None,
        normalised: None,
        normalised_reason: None,
        percentile: None,
    });
    let scored: Scored = Scored {
        signal,
        scoring: "default".into(),
        info: json!({}),
        statistics: json!({}),
        rows: rows.collect(),
    };
    score_sets::store(&world.db, run, &scored, at(1))
        .await
        .unwrap();
}

async fn count(
    world: &World,
    run: &ClaimedRun,
    conditions: &[Condition],
) -> Result<i64, Unavailable> {
    let (audit, dataset) = (run.audit_id, run.dataset_id);
    let trained = Population::Trained;
    let membership = subsets::find(&world.db, audit, dataset, trained, conditions)
        .await
        .unwrap()?;
    let base = subsets::base(&world.db, audit, trained).await.unwrap();
    let counted = subsets::count(&world.db, base.unwrap(), &membership).await;
    Ok(counted.unwrap())
}

#[tokio::test]
async fn conditions_hold_together_and_from_either_end() {
    let world = World::new().await;
    let dataset = world.dataset(1, EXAMPLES).await;
    world.audit(1, dataset).await;
    let run = world.claim(50, 0).await;
    // Variability falls with the index, confidence rises up to index 29 and falls again.
    let by_variability: Vec<_> = (0..60).rev().map(|i| (i, f64::from(60 - i))).collect();
    rank(&world, &run, Signal::Variability, &by_variability).await;
    let mut by_confidence: Vec<_> = (0..60_i32)
        .map(|i| (i, f64::from((i - 29).abs())))
        .collect();
    by_confidence.sort_by(|a, b| a.1.total_cmp(&b.1));
    rank(&world, &run, Signal::Confidence, &by_confidence).await;
    let correct: Vec<_> = (0..60).rev().map(|i| (i, f64::from(i / 4))).collect();
    rank(&world, &run, Signal::Correctness, &correct).await;

    let half = 0.5;
    let easy = count(&world, &run, &Subset::Easy.conditions(half)).await;
    // Indices 14 to 43 are the confident half, 30 to 59 hardly vary.
    assert_eq!(easy, Ok(14));
    let ambiguous = count(&world, &run, &Subset::Ambiguous.conditions(0.33)).await;
    assert_eq!(ambiguous, Ok(20));
    let never_learned = count(&world, &run, &Subset::NeverLearned.conditions(1.0)).await;
    assert_eq!(never_learned, Ok(4));
    let none_of_them = [
        Condition::Within {
            signal: Signal::Variability,
            end: End::Hardest,
            share: half,
        },
        Condition::Within {
            signal: Signal::Variability,
            end: End::Easiest,
            share: half,
        },
    ];
    assert_eq!(count(&world, &run, &none_of_them).await, Ok(0));
}

#[tokio::test]
async fn what_a_rule_needs_and_is_not_there_is_said() {
    let world = World::new().await;
    let run = world.running(1).await;
    let top_vog = Subset::TopVog.conditions(0.05);
    let unavailable = |reason: &str| Err(Unavailable(reason.into()));
    assert_eq!(
        count(&world, &run, &top_vog).await,
        unavailable("the audit has no vog, which its rule needs")
    );
    let key = ScoreKey::from_key("std:all").unwrap();
    score_sets::request(&world.db, run.audit_id, &[key], at(2))
        .await
        .unwrap();
    assert_eq!(
        count(&world, &run, &top_vog).await,
        unavailable("vog std:all, which its rule needs, waits for a worker")
    );
    let pixels = Subset::SamePixelsOtherLabel.conditions(1.0);
    assert_eq!(
        count(&world, &run, &pixels).await,
        unavailable("the dataset has no list of examples with equal pixels")
    );
    let trained = Population::Trained;
    let base = subsets::base(&world.db, run.audit_id, trained).await;
    assert_eq!(base.unwrap(), None);
}
