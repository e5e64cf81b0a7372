//! Samples, and rankings filtered by what was decided.

use crate::world::{World, at, id};
use serde_json::json;
use std::collections::HashSet;
use unearth_audit::{SampleRequest, Signal, Standing, Verdict};
use unearth_store::{
    decisions::{self, Done, Holding, Judgement, Manner, NewAction, Which},
    runs::ClaimedRun,
    samples::{self, Found, Ranking},
    score_sets::{self, NewScore, Scored},
    scores::{self, Beside, Bounds, Filter, Order, Part, Within},
    suggestions::{self, Suggestion},
};
use uuid::Uuid;

const EXAMPLES: usize = 60;
const FIRST: Part = Part {
    order: Order::HardestFirst,
    after: None,
    limit: 100,
};

/// An audit whose example i has rank i + 1.
async fn ranked() -> (World, ClaimedRun, i64) {
    let world = World::new().await;
    let dataset = world.dataset(1, EXAMPLES).await;
    world.audit(1, dataset).await;
    let run = world.claim(50, 0).await;
    let row = |index: i32| NewScore {
        rank: index + 1,
        index,
        label: index % 10,
        value: Some(f64::from(60 - index)),
        value_reason: None,
        normalised: None,
        normalised_reason: None,
        percentile: None,
    };
    let scored: Scored = Scored {
        signal: Signal::FinalLoss,
        scoring: "default".into(),
        info: json!({}),
        statistics: json!({}),
        rows: (0..EXAMPLES as i32).map(row).collect(),
    };
    score_sets::store(&world.db, &run, &scored, at(1))
        .await
        .unwrap();
    let set = score_sets::get(&world.db, id(1), "final_loss", "default").await;
    let set = set.unwrap().unwrap();
    (world, run, set.id)
}

fn request(examples: u64, by_group: bool, seed: u64) -> SampleRequest {
    SampleRequest {
        examples,
        edges: vec![0.1, 0.5],
        by_group,
        seed,
    }
}

async fn draw(world: &World, run: &ClaimedRun, set: i64, number: u128, request: &SampleRequest) {
    let ranking = Ranking {
        audit: id(1),
        dataset: run.dataset_id,
        score_set: set,
        signal: "final_loss",
        scoring: "default",
    };
    samples::draw(&world.db, id(number), ranking, request, at(2))
        .await
        .unwrap();
}

fn action(number: u128, seconds: i64) -> NewAction {
    NewAction {
        id: id(number),
        audit: id(1),
        reviewer: "ada".into(),
        now: at(seconds),
    }
}

async fn decide(
    world: &World,
    run: &ClaimedRun,
    sample: Option<Uuid>,
    number: u128,
    verdict: Verdict,
    index: i32,
) -> Uuid {
    let action = action(number, 3);
    let manner = Manner {
        settles: false,
        sample,
    };
    let label = (verdict == Verdict::Relabel).then_some((index + 1) % 10);
    let (judgement, which) = (Judgement::Verdict(verdict, label), [index]);
    let which = Which::Indices(&which);
    let done =
        decisions::decide(&world.db, run.dataset_id, &action, judgement, manner, which).await;
    assert_eq!(done.unwrap(), Done::Yes(1));
    action.id
}

async fn order(world: &World, sample: u128) -> Vec<i32> {
    let open = samples::open(&world.db, id(sample), 100).await.unwrap();
    for (place, (position, _)) in open.iter().enumerate() {
        assert_eq!(*position, place as i32);
    }
    open.into_iter().map(|(_, index)| index).collect()
}

#[tokio::test]
async fn a_sample_is_drawn_evenly_from_bands_and_groups() {
    let (world, run, set) = ranked().await;
    draw(&world, &run, set, 100, &request(12, false, 7)).await;
    let sample = samples::get(&world.db, id(1), id(100))
        .await
        .unwrap()
        .unwrap();
    let strata: Vec<_> = sample
        .strata
        .iter()
        .map(|it| (it.first_rank, it.last_rank, it.examples, it.drawn))
        .collect();
    assert_eq!(strata, [(1, 6, 6, 4), (7, 30, 24, 4), (31, 60, 30, 4)]);
    let drawn = order(&world, 100).await;
    let distinct: HashSet<i32> = drawn.iter().copied().collect();
    assert_eq!(distinct.len(), 12);
    let of_first = drawn.iter().filter(|&&index| index < 6).count();
    assert_eq!(of_first, 4);
    // Reviewed in an order that mixes the strata.
    assert!(!drawn.is_sorted());

    draw(&world, &run, set, 101, &request(12, false, 7)).await;
    assert_eq!(
        order(&world, 101).await,
        drawn,
        "a draw is a function of its seed"
    );
    draw(&world, &run, set, 102, &request(12, false, 8)).await;
    assert_ne!(order(&world, 102).await, drawn);

    draw(&world, &run, set, 103, &request(18, true, 7)).await;
    let sample = samples::get(&world.db, id(1), id(103))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(sample.strata.len(), 9);
    assert!(sample.strata.iter().all(|stratum| stratum.drawn == 2));
    let groups: Vec<_> = sample.strata[..3]
        .iter()
        .map(|it| it.group.as_deref())
        .collect();
    assert_eq!(groups, [Some("a"), Some("b"), None]);
    assert_eq!(samples::list(&world.db, id(1)).await.unwrap().len(), 4);
}

#[tokio::test]
async fn every_example_is_drawn_equally_often() {
    let (world, run, set) = ranked().await;
    let mut drawn = [0_u32; EXAMPLES];
    for seed in 0..120 {
        draw(
            &world,
            &run,
            set,
            1_000 + u128::from(seed),
            &request(12, false, seed),
        )
        .await;
        for index in order(&world, 1_000 + u128::from(seed)).await {
            drawn[index as usize] += 1;
        }
    }
    // 4 of 6, of 24, of 30, 120 times: within four standard deviations.
    for (band, share) in [(0..6, 4.0 / 6.0), (6..30, 4.0 / 24.0), (30..60, 4.0 / 30.0)] {
        let (mean, spread) = (120.0 * share, (120.0 * share * (1.0_f64 - share)).sqrt());
        for index in band {
            let off = (f64::from(drawn[index]) - mean).abs();
            assert!(
                off < 4.0 * spread,
                "example {index}: {} times",
                drawn[index]
            );
        }
    }
}

#[tokio::test]
async fn what_was_found_counts_decisions_in_the_sample_alone() {
    let (world, run, set) = ranked().await;
    draw(&world, &run, set, 100, &request(12, false, 7)).await;
    let drawn = order(&world, 100).await;
    let of_first: Vec<i32> = drawn.iter().copied().filter(|&index| index < 6).collect();
    let sample = Some(id(100));
    decide(&world, &run, None, 1, Verdict::Exclude, of_first[0]).await;
    assert_eq!(
        order(&world, 100).await,
        drawn,
        "a decision elsewhere saw the suggestion"
    );
    decide(&world, &run, sample, 2, Verdict::Keep, of_first[0]).await;
    decide(&world, &run, sample, 3, Verdict::Relabel, of_first[1]).await;
    decide(&world, &run, sample, 4, Verdict::CannotJudge, of_first[2]).await;
    let undone = decide(&world, &run, sample, 5, Verdict::Exclude, of_first[3]).await;
    let back = action(6, 4);
    decisions::undo(&world.db, &back, undone).await.unwrap();
    let stored = samples::get(&world.db, id(1), id(100))
        .await
        .unwrap()
        .unwrap();
    let found = samples::found(&world.db, &stored).await.unwrap();
    let first = Found {
        judged: 2,
        wrong: 1,
        unjudged: 1,
    };
    assert_eq!(found, [first, Found::default(), Found::default()]);
    assert_eq!(order_of_open(&world).await, drawn.len() - 3);
    assert!(samples::holds(&world.db, id(100), &drawn).await.unwrap());
    let other = (0..60).find(|index| !drawn.contains(index)).unwrap();
    assert!(
        !samples::holds(&world.db, id(100), &[drawn[0], other])
            .await
            .unwrap()
    );
}

async fn order_of_open(world: &World) -> usize {
    samples::open(&world.db, id(100), 100).await.unwrap().len()
}

#[tokio::test]
async fn a_ranking_is_filtered_by_what_was_decided() {
    let (world, run, set) = ranked().await;
    decide(&world, &run, None, 1, Verdict::Keep, 3).await;
    decide(&world, &run, None, 2, Verdict::Exclude, 5).await;
    let filter = |standings: &[Standing], open_to: Option<&str>| Filter {
        holding: Some(Holding {
            audit: id(1),
            standings: standings.to_vec(),
            open_to: open_to.map(str::to_owned),
        }),
        ..Filter::default()
    };
    let count = async |filter: &Filter| {
        let dataset = run.dataset_id;
        let matching = scores::count(&world.db, set, dataset, filter)
            .await
            .unwrap();
        let page = scores::page(
            &world.db,
            set,
            dataset,
            filter,
            Beside::all(run.audit_id),
            FIRST,
        );
        assert_eq!(page.await.unwrap().len() as i64, matching);
        matching
    };
    assert_eq!(count(&filter(&[Standing::Undecided], None)).await, 58);
    assert_eq!(count(&filter(&[Standing::Keep], None)).await, 1);
    assert_eq!(
        count(&filter(&[Standing::Keep, Standing::Exclude], None)).await,
        2
    );
    assert_eq!(
        count(&filter(&[Standing::Undecided, Standing::Exclude], None)).await,
        59
    );
    assert_eq!(count(&filter(&[], Some("ada"))).await, 58);
    assert_eq!(count(&filter(&[Standing::Keep], Some("bob"))).await, 1);
    let decided = filter(&[Standing::Keep, Standing::Exclude], None);
    let page = scores::page(
        &world.db,
        set,
        run.dataset_id,
        &decided,
        Beside::all(run.audit_id),
        FIRST,
    );
    let page = page.await.unwrap();
    let standings: Vec<_> = page
        .iter()
        .map(|row| (row.index, row.standing.as_deref()))
        .collect();
    assert_eq!(standings, [(3, Some("keep")), (5, Some("exclude"))]);
}

#[tokio::test]
async fn a_bulk_decision_names_its_number_and_is_undone_as_one() {
    let (world, run, set) = ranked().await;
    let suggestion = |index: i32| Suggestion {
        index,
        // Every other one is held to be right.
        label: (index + index % 2) % 10,
        probability: 0.9,
        runner_up: 0,
        runner_up_probability: 0.1,
    };
    suggestions::store(&world.db, &run, (0..20).map(suggestion))
        .await
        .unwrap();
    let bounds = Bounds {
        score_set: set,
        low: Some(31.0),
        high: None,
    };
    let filter = Filter {
        within: Within::find(&world.db, set, &[bounds]).await.unwrap(),
        ..Filter::default()
    };
    let decide = async |number, judgement, expected| {
        let action = action(number, 3);
        let manner = Manner {
            settles: false,
            sample: None,
        };
        let which = Which::Filtered {
            score_set: set,
            filter: &filter,
            expected,
        };
        decisions::decide(&world.db, run.dataset_id, &action, judgement, manner, which)
            .await
            .unwrap()
    };
    let exclude = Judgement::Verdict(Verdict::Exclude, None);
    assert_eq!(decide(10, exclude, 29).await, Done::Otherwise(30));
    assert_eq!(world.number("select count(*) from review_actions").await, 0);
    assert_eq!(decide(10, exclude, 30).await, Done::Yes(30));
    assert_eq!(
        world
            .number("select count(*) from standings where standing = 'exclude'")
            .await,
        30
    );
    let back = action(11, 4);
    let undone = decisions::undo(&world.db, &back, id(10)).await.unwrap();
    assert_eq!(undone, Done::Yes(30));
    assert_eq!(world.number("select count(*) from standings").await, 0);
    // Those without a suggestion are left undecided.
    assert_eq!(decide(12, Judgement::Suggestion, 30).await, Done::Yes(20));
    let kept = "select count(*) from standings where standing = 'keep'";
    assert_eq!(world.number(kept).await, 10);
    let odd = decisions::of_examples(&world.db, id(1), &[1])
        .await
        .unwrap();
    assert_eq!(
        (odd[0].standing, odd[0].label),
        (Standing::Relabel, Some(2))
    );
}
