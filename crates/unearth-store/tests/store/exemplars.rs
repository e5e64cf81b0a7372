//! What populations predict and disagree on.

use crate::world::{EXAMPLES, World, assert_lease_lost, at, id};
use unearth_audit::{
    DatasetFacts, Level, Member, PieReport, PieRequest, PieTable, Population, Quantisation, Signal,
    Subset, TrainingOutcome,
};
use unearth_store::{
    exemplars::{self, Exemplar},
    predictions, runs,
    score_sets::{NewScore, Scored},
    scores, subsets,
};

const INT8: Level = Level::Quantised(Quantisation::Int8);

fn report(is_complete: bool) -> PieReport {
    PieReport {
        is_complete,
        trained: PieTable {
            examples: 3,
            levels: vec![],
        },
        held_out: None,
        notes: vec![],
    }
}

/// A claimed and begun main run that is a model of a population.
async fn run(world: &World) -> runs::ClaimedRun {
    let dataset = world.dataset(1, 10).await;
    let pie = PieRequest::default()
        .resolve(&DatasetFacts::default())
        .unwrap();
    world.audit_of_populations(1, dataset, pie).await;
    let run = world.claim(50, 0).await;
    world.begin(&run, 0).await;
    run
}

/// Three examples by taxicab distance.
fn scored() -> Scored {
    let rows = [(2, Some(1.5)), (0, Some(0.5)), (1, Some(0.0))];
    Scored {
        signal: Signal::Pie,
        scoring: "0.5".into(),
        info: serde_json::json!({}),
        statistics: serde_json::json!({}),
        rows: (1..)
            .zip(rows)
            .map(|(rank, (index, value))| NewScore {
                rank,
                index,
                label: 0,
                value,
                value_reason: None,
                normalised: None,
                normalised_reason: None,
                percentile: None,
            })
            .collect(),
    }
}

#[tokio::test]
async fn predictions_come_back_chunk_by_chunk_at_their_examples() {
    let world = World::new().await;
    let run = run(&world).await;
    let predicted: Vec<i32> = (0..EXAMPLES as i32).map(|at| at * 7 % 65_536).collect();
    let rounded = vec![65_535; EXAMPLES];
    // What an attempt that died left is replaced.
    predictions::store(&world.db, &run, Level::Unpruned, &rounded)
        .await
        .unwrap();
    predictions::store(&world.db, &run, Level::Unpruned, &predicted)
        .await
        .unwrap();
    predictions::store(&world.db, &run, INT8, &rounded)
        .await
        .unwrap();
    assert_eq!(predictions::members(&world.db, id(1)).await.unwrap(), []);
    let outcome = TrainingOutcome {
        training_accuracy: 0.5,
        held_out_accuracy: None,
        fit_secs: 1.0,
        sweep_secs: 0.0,
        layers: vec![],
    };
    runs::set_outcome(&world.db, &run, &outcome).await.unwrap();
    let member = |level| Member { level, number: 0 };
    let mut members = predictions::members(&world.db, id(1)).await.unwrap();
    members.sort_by_key(|member| member.level.to_string());
    assert_eq!(members, [member(INT8), member(Level::Unpruned)]);

    let levels = [Level::Unpruned, INT8];
    let read = predictions::of_chunks(&world.db, id(1), levels, 1, 1..3)
        .await
        .unwrap();
    assert_eq!(read.len(), 4);
    for chunk in read {
        let expected = if chunk.member.level == INT8 {
            &rounded
        } else {
            &predicted
        };
        let begin = chunk.chunk * 256;
        let end = (begin + 256).min(EXAMPLES);
        let classes: Vec<i32> = chunk.classes.iter().map(|&it| it.into()).collect();
        assert_eq!(classes, expected[begin..end]);
    }
    let none = predictions::of_chunks(&world.db, id(1), levels, 0, 0..3);
    assert_eq!(none.await.unwrap(), []);
}

#[tokio::test]
async fn a_class_that_two_bytes_cannot_hold_is_refused() {
    let world = World::new().await;
    let run = run(&world).await;
    for class in [-1, 65_536] {
        let error = predictions::store(&world.db, &run, Level::Unpruned, &[0, class])
            .await
            .unwrap_err();
        assert!(error.to_string().contains(&class.to_string()), "{error}");
    }
}

#[tokio::test]
async fn exemplars_are_a_subset_of_any_ranking() {
    let world = World::new().await;
    let run = run(&world).await;
    let exemplar = |index, own_class| Exemplar {
        index,
        unpruned_class: 1,
        own_class,
        unpruned_agreement: 0.8,
        own_agreement: 0.6,
        tied: index == 2,
    };
    let scored = scored();
    let found = [exemplar(0, 1), exemplar(1, 1), exemplar(2, 0)];
    for _again in 0..2 {
        exemplars::store(&world.db, &run, &scored, found.into_iter(), at(1))
            .await
            .unwrap();
    }
    let of_two = exemplars::of_example(&world.db, id(1), 2).await.unwrap();
    assert_eq!(of_two.len(), 1);
    assert_eq!(of_two[0].exemplar, found[2]);
    assert_eq!(
        (of_two[0].distance, of_two[0].scoring.as_str()),
        (Some(1.5), "0.5")
    );

    let subset = Subset::from_name("pie@0.5").unwrap();
    let conditions = subset.conditions(1.0);
    let membership = |population| {
        let conditions = conditions.clone();
        let db = world.db.clone();
        async move { subsets::find(&db, id(1), run.dataset_id, population, &conditions).await }
    };
    let trained = membership(Population::Trained).await.unwrap().unwrap();
    let base = subsets::base(&world.db, id(1), Population::Trained)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(subsets::count(&world.db, base, &trained).await.unwrap(), 1);
    let filter = scores::Filter {
        subset: Some(trained),
        ..scores::Filter::default()
    };
    let set = unearth_store::score_sets::get(&world.db, id(1), "pie", "0.5")
        .await
        .unwrap()
        .unwrap();
    let part = scores::Part {
        order: scores::Order::HardestFirst,
        after: None,
        limit: 10,
    };
    let beside = scores::Beside::all(run.audit_id);
    let page = scores::page(&world.db, set.id, run.dataset_id, &filter, beside, part)
        .await
        .unwrap();
    assert_eq!(page.len(), 1);
    assert_eq!(
        (page[0].index, page[0].unpruned_class, page[0].own_class),
        (2, Some(1), Some(0))
    );
    assert_eq!(page[0].modal_tied, Some(true));
    let held_out = membership(Population::HeldOut).await.unwrap();
    assert!(held_out.unwrap_err().0.contains("`0.5`"));
}

#[tokio::test]
async fn a_report_over_fewer_models_does_not_replace_one_over_more() {
    let world = World::new().await;
    let run = run(&world).await;
    assert_eq!(exemplars::report(&world.db, id(1)).await.unwrap(), None);
    assert_eq!(
        exemplars::reported_models(&world.db, id(1)).await.unwrap(),
        0
    );
    let store = |report, models| {
        let (db, run) = (world.db.clone(), run.clone());
        async move {
            exemplars::store_report(&db, &run, &report, models, at(1))
                .await
                .unwrap();
            exemplars::reported_models(&db, id(1)).await.unwrap()
        }
    };
    assert_eq!(store(report(false), 2).await, 2);
    assert_eq!(store(report(false), 1).await, 2);
    assert_eq!(store(report(false), 3).await, 3);
    // The last word is over what there is in the end.
    assert_eq!(store(report(true), 3).await, 3);
    let stored = exemplars::report(&world.db, id(1)).await.unwrap();
    assert_eq!(stored, Some(report(true)));
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_writes_nothing_of_populations() {
    let world = World::new().await;
    let run = run(&world).await;
    world.claim(51, 60).await;
    let before = world.dump().await;
    let stored = predictions::store(&world.db, &run, Level::Unpruned, &[0, 1]).await;
    assert_lease_lost("predictions::store", &stored);
    let stored = exemplars::store(&world.db, &run, &scored(), [].into_iter(), at(61)).await;
    assert_lease_lost("exemplars::store", &stored);
    let stored = exemplars::store_report(&world.db, &run, &report(false), 1, at(61)).await;
    assert_lease_lost("exemplars::store_report", &stored);
    assert_eq!(world.dump().await, before);
}
