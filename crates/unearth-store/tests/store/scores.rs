use crate::world::{World, assert_lease_lost, at, id};
use futures::TryStreamExt;
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::json;
use unearth_audit::{ScoreKey, Signal};
use unearth_store::{
    StoreError,
    runs::ClaimedRun,
    score_sets::{self, NewScore, Scored},
    scores::{self, Beside, Bounds, Filter, Order, Part, Within},
    suggestions::{self, Suggestion},
};

const EXAMPLES: usize = 60;
/// How many of them the other ranking holds.
const OTHERS: usize = 45;

fn scored(values: &[Option<f64>]) -> Scored {
    let mut order: Vec<usize> = (0..values.len()).collect();
    let key = |&index: &usize| (values[index].is_none(), -values[index].unwrap_or(0.0));
    order.sort_by(|a, b| key(a).partial_cmp(&key(b)).unwrap());
    let row = |(rank, &index): (usize, &usize)| NewScore {
        rank: rank as i32 + 1,
        index: index as i32,
        label: (index % 10) as i32,
        value: values[index],
        value_reason: values[index].is_none().then_some("not trained on"),
        normalised: values[index].map(|value| value / 2.0),
        normalised_reason: values[index].is_none().then_some("no value"),
        percentile: values[index].map(|_| 100.0 - rank as f64),
    };
    Scored {
        signal: Signal::Vog,
        scoring: "std:all".into(),
        info: json!({ "unit": "logit" }),
        statistics: json!({ "bins": [1, 2] }),
        rows: order.iter().enumerate().map(row).collect(),
    }
}

async fn store(world: &World, run: &ClaimedRun, scored: &Scored) -> i64 {
    score_sets::store(&world.db, run, scored, at(1))
        .await
        .unwrap();
    let set = score_sets::get(&world.db, run.audit_id, "vog", &scored.scoring).await;
    set.unwrap().unwrap().id
}

async fn scored_world() -> (World, ClaimedRun) {
    let world = World::new().await;
    let dataset = world.dataset(1, EXAMPLES).await;
    world.audit(1, dataset).await;
    let run = world.claim(50, 0).await;
    (world, run)
}

#[tokio::test]
async fn a_score_set_comes_back_and_is_replaced_whole() {
    let (world, run) = scored_world().await;
    let mut values: Vec<_> = (0..EXAMPLES).map(|i| Some(i as f64)).collect();
    values[7] = None;
    let first = scored(&values);
    let set = store(&world, &run, &first).await;
    let listed = score_sets::list(&world.db, id(1)).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((&*listed[0].signal, &*listed[0].state), ("vog", "ready"));
    assert_eq!(listed[0].info, Some(first.info.clone()));
    let statistics = score_sets::statistics(&world.db, set).await.unwrap();
    assert_eq!(statistics, Some(first.statistics.clone()));

    let stored: Vec<_> = scores::stream(
        &world.db,
        set,
        run.dataset_id,
        &Filter::default(),
        Beside::all(run.audit_id),
        7,
    )
    .try_concat()
    .await
    .unwrap();
    assert_eq!(stored.len(), first.rows.len());
    for (stored, given) in stored.iter().zip(&first.rows) {
        assert_eq!((stored.rank, stored.index), (given.rank, given.index));
        assert_eq!(stored.key, format!("{}.png", given.index));
        assert_eq!(stored.label, given.label);
        assert_eq!(
            (stored.value, stored.normalised),
            (given.value, given.normalised)
        );
        assert_eq!(stored.percentile, given.percentile);
        assert_eq!(stored.value_reason.as_deref(), given.value_reason);
        assert_eq!(stored.normalised_reason.as_deref(), given.normalised_reason);
    }

    let shorter = scored(&values[..20]);
    let replaced = store(&world, &run, &shorter).await;
    assert_eq!(score_sets::list(&world.db, id(1)).await.unwrap().len(), 1);
    assert_eq!(world.number("select count(*) from scores").await, 20);
    let count = scores::count(&world.db, replaced, run.dataset_id, &Filter::default()).await;
    assert_eq!(count.unwrap(), 20);
}

#[tokio::test]
async fn a_ranking_that_is_gone_is_no_empty_file() {
    let (world, run) = scored_world().await;
    let (dataset, filter) = (run.dataset_id, Filter::default());
    let gone = scores::stream(
        &world.db,
        4_711,
        dataset,
        &filter,
        Beside::all(run.audit_id),
        7,
    );
    let found: Result<Vec<_>, _> = gone.try_concat().await;
    assert!(matches!(found, Err(StoreError::Deleted("the ranking"))));

    let values: Vec<_> = (0..EXAMPLES).map(|i| Some(i as f64)).collect();
    let set = store(&world, &run, &scored(&values)).await;
    let nothing = Filter {
        label: Some(4_711),
        ..Filter::default()
    };
    let none = scores::stream(
        &world.db,
        set,
        dataset,
        &nothing,
        Beside::all(run.audit_id),
        7,
    );
    assert_eq!(none.try_concat().await.unwrap(), []);
}

#[tokio::test]
async fn one_example_is_found_in_every_ready_set() {
    let (world, run) = scored_world().await;
    let values: Vec<_> = (0..EXAMPLES).map(|i| Some(i as f64)).collect();
    store(&world, &run, &scored(&values)).await;
    let late = Scored {
        scoring: "std:late".into(),
        ..scored(&values[..10])
    };
    store(&world, &run, &late).await;
    let key = ScoreKey::from_key("std:early").unwrap();
    score_sets::request(&world.db, id(1), &[key], at(2))
        .await
        .unwrap();

    let found = scores::of_example(&world.db, id(1), 3).await.unwrap();
    let places: Vec<_> = found
        .iter()
        .map(|score| (&*score.scoring, score.rank))
        .collect();
    assert_eq!(places, [("std:all", 57), ("std:late", 7)]);
    assert_eq!(
        scores::of_example(&world.db, id(1), 10)
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_request_asks_once_and_again_after_a_failure() {
    let (world, _) = scored_world().await;
    let keys = ["std:early", "std:late"].map(|key| ScoreKey::from_key(key).unwrap());
    for _ in 0..2 {
        score_sets::request(&world.db, id(1), &keys, at(2))
            .await
            .unwrap();
    }
    assert_eq!(score_sets::list(&world.db, id(1)).await.unwrap().len(), 2);
    let lease = crate::world::LEASE;
    let claimed = score_sets::claim(&world.db, id(1), id(60), at(2), lease).await;
    let claimed = claimed.unwrap().unwrap();
    assert_eq!(claimed.scoring, "std:early");
    score_sets::fail(&world.db, &claimed, "no maps", at(3))
        .await
        .unwrap();
    let failed = score_sets::get(&world.db, id(1), "vog", "std:early")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (&*failed.state, failed.error.as_deref()),
        ("failed", Some("no maps"))
    );

    score_sets::request(&world.db, id(1), &keys[..1], at(4))
        .await
        .unwrap();
    let again = score_sets::get(&world.db, id(1), "vog", "std:early")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((&*again.state, again.error), ("queued", None));
    // The one that has waited longest comes first.
    let next = score_sets::claim(&world.db, id(1), id(61), at(5), lease)
        .await
        .unwrap();
    assert_eq!(next.unwrap().scoring, "std:late");
}

/// What the page must show, computed from the rows in memory.
fn expected(scored: &Scored, asked: &Asked, order: Order) -> Vec<(i32, i32)> {
    let filter = &asked.filter;
    let fits = |row: &&NewScore| {
        let index = row.index as usize;
        let example = crate::world::example(index, "");
        filter.label.is_none_or(|label| row.label == label)
            && filter
                .split
                .as_deref()
                .is_none_or(|split| example.split == Some(split))
            && filter
                .group
                .as_deref()
                .is_none_or(|group| example.group == Some(group))
            && fits_bounds(row.value, asked.own)
            && fits_bounds(value_in_other(index), asked.other)
    };
    let rows = scored.rows.iter().filter(fits);
    let mut places: Vec<_> = match order {
        Order::HardestFirst => rows.map(|row| (row.rank, row.index)).collect(),
        Order::EasiestFirst => rows
            .filter(|row| row.value.is_some())
            .map(|row| (row.rank, row.index))
            .collect(),
    };
    if order == Order::EasiestFirst {
        places.reverse();
    }
    places
}

/// A filter, with bounds of the ranking's own scores and of those of another ranking.
#[derive(Debug, Clone)]
struct Asked {
    filter: Filter,
    own: (Option<f64>, Option<f64>),
    other: (Option<f64>, Option<f64>),
}

fn fits_bounds(value: Option<f64>, bounds: (Option<f64>, Option<f64>)) -> bool {
    match (value, bounds) {
        (_, (None, None)) => true,
        (None, _) => false,
        (Some(value), (low, high)) => {
            low.is_none_or(|low| value >= low) && high.is_none_or(|high| value <= high)
        }
    }
}

/// Scores of the other ranking: of the first examples alone, and every third has none.
fn value_in_other(index: usize) -> Option<f64> {
    (index < OTHERS && !index.is_multiple_of(3)).then_some((index * 7 % 20) as f64)
}

fn asked() -> impl Strategy<Value = Asked> {
    use proptest::option::of;
    let word = |words: &'static [&'static str]| of(proptest::sample::select(words));
    let bound = || of((0..20).prop_map(f64::from));
    (
        of(0..11),
        word(&["train", "test", "none"]),
        word(&["a", "b", "c"]),
        (bound(), bound()),
        (bound(), bound()),
    )
        .prop_map(|(label, split, group, own, other)| Asked {
            filter: Filter {
                label,
                split: split.map(str::to_owned),
                group: group.map(str::to_owned),
                ..Filter::default()
            },
            own,
            other,
        })
}

#[test]
fn paging_shows_each_fitting_row_once() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (world, run) = runtime.block_on(scored_world());
    let values = proptest::collection::vec(
        proptest::option::weighted(0.8, (0..20).prop_map(f64::from)),
        0..EXAMPLES,
    );
    let orders = proptest::sample::select(vec![Order::HardestFirst, Order::EasiestFirst]);
    let other = runtime.block_on(async {
        let values: Vec<_> = (0..OTHERS).map(value_in_other).collect();
        let other = Scored {
            scoring: "std:late".into(),
            ..scored(&values)
        };
        store(&world, &run, &other).await
    });
    let cases = (values, asked(), orders, 1..9i64);
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(64)
    };
    TestRunner::new(config)
        .run(&cases, |(values, asked, order, limit)| {
            let scored = scored(&values);
            let (paged, streamed, count) = runtime.block_on(async {
                let set = store(&world, &run, &scored).await;
                let bounds: Vec<_> = [(set, asked.own), (other, asked.other)]
                    .into_iter()
                    .filter(|(_, bounds)| *bounds != (None, None))
                    .map(|(score_set, (low, high))| Bounds {
                        score_set,
                        low,
                        high,
                    })
                    .collect();
                let filter = Filter {
                    within: Within::find(&world.db, set, &bounds).await.unwrap(),
                    ..asked.filter.clone()
                };
                let paged = all_pages(&world, set, &run, &filter, order, limit).await;
                let (dataset, beside) = (run.dataset_id, Beside::all(run.audit_id));
                let rows = scores::stream(&world.db, set, dataset, &filter, beside, 3);
                let streamed: Vec<_> = rows.try_concat().await.unwrap();
                let count = scores::count(&world.db, set, run.dataset_id, &filter).await;
                (paged, streamed, count.unwrap())
            });
            prop_assert_eq!(paged, expected(&scored, &asked, order));
            let hardest_first = expected(&scored, &asked, Order::HardestFirst);
            prop_assert_eq!(count, hardest_first.len() as i64);
            let streamed: Vec<_> = streamed.iter().map(|row| (row.rank, row.index)).collect();
            prop_assert_eq!(streamed, hardest_first);
            Ok(())
        })
        .unwrap();
}

async fn all_pages(
    world: &World,
    set: i64,
    run: &ClaimedRun,
    filter: &Filter,
    order: Order,
    limit: i64,
) -> Vec<(i32, i32)> {
    let mut seen: Vec<(i32, i32)> = Vec::new();
    loop {
        let after = seen.last().map(|&(rank, _)| rank);
        let part = Part {
            order,
            after,
            limit,
        };
        let page = scores::page(
            &world.db,
            set,
            run.dataset_id,
            filter,
            Beside::all(run.audit_id),
            part,
        )
        .await
        .unwrap();
        assert!(page.len() as i64 <= limit);
        if page.is_empty() {
            return seen;
        }
        seen.extend(page.iter().map(|row| (row.rank, row.index)));
    }
}

#[tokio::test]
async fn suggestions_stand_beside_their_examples_and_are_replaced() {
    let world = World::new().await;
    let run = world.running(1).await;
    let suggestion = |index, label| Suggestion {
        index,
        label,
        probability: 0.5,
        runner_up: 9,
        runner_up_probability: 0.25,
    };
    for label in [3, 4] {
        let both = [suggestion(0, label), suggestion(5, label)];
        suggestions::store(&world.db, &run, both.into_iter())
            .await
            .unwrap();
    }
    let found = |index| suggestions::get(&world.db, run.audit_id, index);
    assert_eq!(found(5).await.unwrap(), Some(suggestion(5, 4)));
    assert_eq!(found(1).await.unwrap(), None);

    let stale = ClaimedRun {
        token: id(999),
        ..run.clone()
    };
    let refused = suggestions::store(&world.db, &stale, [suggestion(0, 1)].into_iter()).await;
    assert_lease_lost("a stale run", &refused);
    assert_eq!(found(0).await.unwrap(), Some(suggestion(0, 4)));
}

#[tokio::test]
async fn a_ranking_that_is_not_read_to_its_end_leaves_no_query_behind() {
    let (world, run) = scored_world().await;
    let values: Vec<_> = (0..EXAMPLES).map(|i| Some(i as f64)).collect();
    let set = store(&world, &run, &scored(&values)).await;
    let (filter, beside) = (Filter::default(), Beside::all(run.audit_id));
    let reading = "select count(*) from pg_stat_activity
                   where datname = current_database() and query like '-- scores::whole%'";
    let mut rows = scores::stream(&world.db, set, run.dataset_id, &filter, beside, 1);
    assert_eq!(rows.try_next().await.unwrap().unwrap()[0].rank, 1);
    assert_eq!(world.number(reading).await, 1);
    drop(rows);
    // In the pool it would stay, with its last query.
    let closed = async {
        while world.number(reading).await > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    let in_time = tokio::time::timeout(std::time::Duration::from_mins(1), closed).await;
    assert!(in_time.is_ok(), "the connection was kept");
}
