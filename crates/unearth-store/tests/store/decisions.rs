//! Decisions of reviewers, and what they come to.

use crate::world::{World, at, id};
use proptest::prelude::*;
use std::{cell::Cell, collections::BTreeMap};
use unearth_audit::{Standing, Verdict};
use unearth_store::{
    decisions::{self, Done, Judgement, Manner, NewAction, Which},
    reviews,
};
use uuid::Uuid;

const EXAMPLES: i32 = 12;

const PLAIN: Manner = Manner {
    settles: false,
    sample: None,
};
const SETTLING: Manner = Manner {
    settles: true,
    sample: None,
};

fn action(number: u128, reviewer: &str) -> NewAction {
    NewAction {
        id: id(1_000 + number),
        audit: id(1),
        reviewer: reviewer.to_owned(),
        now: at(number as i64),
    }
}

/// A world with an audit of a dataset; the label of example i is i modulo 10.
async fn audited() -> (World, Uuid) {
    let world = World::new().await;
    let dataset = world.dataset(1, EXAMPLES as usize).await;
    world.audit(1, dataset).await;
    (world, dataset)
}

fn verdict(verdict: Verdict) -> Judgement {
    Judgement::Verdict(verdict, None)
}

fn relabel(label: i32) -> Judgement {
    Judgement::Verdict(Verdict::Relabel, Some(label))
}

async fn standing(world: &World, index: i32) -> (Standing, Option<i32>, i32) {
    let found = decisions::of_examples(&world.db, id(1), &[index]).await;
    let found = found.unwrap().pop().unwrap();
    (found.standing, found.label, found.reviewers)
}

#[tokio::test]
async fn reviewers_agree_differ_settle_and_take_back() {
    let (world, dataset) = audited().await;
    let decide = async |number, reviewer, judgement, manner, indices: &[i32]| {
        let action = action(number, reviewer);
        let which = Which::Indices(indices);
        let done = decisions::decide(&world.db, dataset, &action, judgement, manner, which).await;
        assert_eq!(done.unwrap(), Done::Yes(indices.len() as i64));
    };
    assert_eq!(standing(&world, 3).await, (Standing::Undecided, None, 0));
    decide(1, "ada", verdict(Verdict::SecondLook), PLAIN, &[3, 4]).await;
    assert_eq!(standing(&world, 3).await, (Standing::SecondLook, None, 1));
    decide(2, "bob", relabel(7), PLAIN, &[3]).await;
    assert_eq!(standing(&world, 3).await, (Standing::Relabel, Some(7), 2));
    decide(3, "ada", relabel(8), PLAIN, &[3]).await;
    assert_eq!(standing(&world, 3).await, (Standing::Conflict, None, 2));
    decide(4, "cem", relabel(8), SETTLING, &[3]).await;
    assert_eq!(standing(&world, 3).await, (Standing::Relabel, Some(8), 1));
    // The class that it has already is none that it is given.
    decide(5, "bob", relabel(3), PLAIN, &[3]).await;
    assert_eq!(standing(&world, 3).await, (Standing::Conflict, None, 2));

    let undo = |number, reviewer, undone: u128| {
        let (db, action) = (&world.db, action(number, reviewer));
        async move {
            decisions::undo(db, &action, id(1_000 + undone))
                .await
                .unwrap()
        }
    };
    assert_eq!(undo(6, "bob", 5).await, Done::Yes(1));
    // Before that he held something else; but it was settled since.
    assert_eq!(standing(&world, 3).await, (Standing::Relabel, Some(8), 1));
    assert_eq!(undo(7, "cem", 4).await, Done::Yes(1));
    assert_eq!(standing(&world, 3).await, (Standing::Conflict, None, 2));
    assert_eq!(undo(8, "bob", 3).await, Done::NotTheirs("ada".into()));
    assert_eq!(undo(8, "bob", 6).await, Done::NotFound);
    assert_eq!(undo(8, "bob", 99).await, Done::NotFound);
    assert_eq!(undo(8, "ada", 1).await, Done::Yes(2));
    assert_eq!(standing(&world, 4).await, (Standing::Undecided, None, 0));

    let log = decisions::log(&world.db, id(1), None, None, 3)
        .await
        .unwrap();
    let ids: Vec<Uuid> = log.iter().map(|action| action.id).collect();
    assert_eq!(ids, [id(1_008), id(1_007), id(1_006)]);
    assert_eq!(log[0].undoes, Some(id(1_001)));
    let before = Some(log[2].seq);
    let bobs = decisions::log(&world.db, id(1), Some("bob"), before, 9)
        .await
        .unwrap();
    let ids: Vec<(Uuid, bool)> = bobs
        .iter()
        .map(|action| (action.id, action.is_undone))
        .collect();
    assert_eq!(ids, [(id(1_005), true), (id(1_002), false)]);
    assert_eq!(bobs[0].verdict, Some(Verdict::Keep), "it was its label");
    let on_it = decisions::of_example(&world.db, id(1), 3).await.unwrap();
    assert_eq!(on_it.len(), 5);
}

#[tokio::test]
async fn an_action_that_comes_twice_is_done_once() {
    let (world, dataset) = audited().await;
    let decide = async |action: &NewAction, judgement| {
        let which = Which::Indices(&[1]);
        let done = decisions::decide(&world.db, dataset, action, judgement, PLAIN, which).await;
        done.unwrap()
    };
    let first = action(1, "ada");
    for _ in 0..2 {
        assert_eq!(decide(&first, verdict(Verdict::Keep)).await, Done::Yes(1));
    }
    let stolen = NewAction {
        reviewer: "bob".into(),
        ..first.clone()
    };
    assert_eq!(
        decide(&stolen, verdict(Verdict::Exclude)).await,
        Done::IdIsTaken
    );
    let undo = action(2, "ada");
    for _ in 0..2 {
        let done = decisions::undo(&world.db, &undo, first.id).await.unwrap();
        assert_eq!(done, Done::Yes(1));
    }
    // Taken back already, by another request.
    let again = decisions::undo(&world.db, &action(3, "ada"), first.id).await;
    assert_eq!(again.unwrap(), Done::Yes(1));
    assert_eq!(decide(&undo, verdict(Verdict::Keep)).await, Done::IdIsTaken);
    let log = decisions::log(&world.db, id(1), None, None, 9)
        .await
        .unwrap();
    assert_eq!(log.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decisions_at_once_are_all_kept() {
    let (world, dataset) = audited().await;
    let decisions = (0..16).map(|number| {
        let world = &world;
        let action = action(number, &format!("reviewer {number}"));
        async move {
            let judgement = relabel(9 - (number % 2) as i32);
            let which = Which::Indices(&[1, 2]);
            decisions::decide(&world.db, dataset, &action, judgement, PLAIN, which).await
        }
    });
    for done in futures::future::join_all(decisions).await {
        assert_eq!(done.unwrap(), Done::Yes(2));
    }
    assert_eq!(standing(&world, 1).await, (Standing::Conflict, None, 16));
    let counted = reviews::standings(&world.db, id(1)).await.unwrap();
    assert_eq!(counted, [(Standing::Conflict, 2)]);
    let reviewers = reviews::reviewers(&world.db, id(1)).await.unwrap();
    assert_eq!(reviewers.len(), 16);
    assert!(reviewers.iter().all(|reviewer| reviewer.examples == 2));
}

/// One step of a review.
#[derive(Debug, Clone)]
enum Step {
    Decide {
        reviewer: usize,
        judgement: Judgement,
        settles: bool,
        indices: Vec<i32>,
    },
    /// Takes back the action at this place of those so far, where its reviewer can.
    Undo(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let judgement = prop_oneof![
        Just(verdict(Verdict::Keep)),
        (0..4).prop_map(relabel),
        Just(verdict(Verdict::Exclude)),
        Just(verdict(Verdict::SecondLook)),
        Just(verdict(Verdict::CannotJudge)),
    ];
    let indices = proptest::collection::btree_set(0..4, 1..4);
    let decide = (
        0..3_usize,
        judgement,
        proptest::bool::weighted(0.2),
        indices,
    )
        .prop_map(|(reviewer, judgement, settles, indices)| Step::Decide {
            reviewer,
            judgement,
            settles,
            indices: indices.into_iter().collect(),
        });
    proptest::collection::vec(
        prop_oneof![3 => decide, 1 => (0..40_usize).prop_map(Step::Undo)],
        1..14,
    )
}

/// What is decided of an example, one after the other: reviewer, judgement, whether it settles.
type Decided = (usize, Verdict, Option<i32>, bool);

/// An action: its id, its reviewer, what it decides of which example, whether it stands.
type Taken = (Uuid, usize, Vec<(i32, Decided)>, bool);

/// Where an example stands by what was decided of it and not undone: the rule, in words that are not SQL.
fn expected(decided: &[Decided]) -> (Standing, Option<i32>, i32) {
    let from = decided.iter().rposition(|(_, _, _, settles)| *settles);
    let mut last = BTreeMap::new();
    for &(reviewer, verdict, label, _) in &decided[from.unwrap_or(0)..] {
        last.insert(reviewer, (verdict, label));
    }
    let reviewers = last.len() as i32;
    let judges = |(verdict, _): &&(Verdict, Option<i32>)| {
        matches!(verdict, Verdict::Keep | Verdict::Relabel | Verdict::Exclude)
    };
    let mut judgements: Vec<_> = last.values().filter(judges).collect();
    judgements.dedup();
    let all_agree = judgements.windows(2).all(|pair| pair[0] == pair[1]);
    let standing = match judgements.first() {
        Some(_) if !all_agree => Standing::Conflict,
        Some((Verdict::Keep, _)) => Standing::Keep,
        Some((Verdict::Relabel, label)) => return (Standing::Relabel, *label, reviewers),
        Some(_) => Standing::Exclude,
        None if last
            .values()
            .any(|(verdict, _)| *verdict == Verdict::SecondLook) =>
        {
            Standing::SecondLook
        }
        None if reviewers > 0 => Standing::CannotJudge,
        None => Standing::Undecided,
    };
    (standing, None, reviewers)
}

#[test]
fn standings_follow_the_rule() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (world, dataset) = runtime.block_on(audited());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 48,
        ..ProptestConfig::default()
    });
    let number = Cell::new(0);
    runner
        .run(&steps(), |steps| {
            runtime.block_on(async {
                world.execute("delete from review_actions").await;
                world.execute("delete from standings").await;
                let mut taken: Vec<Taken> = Vec::new();
                for step in steps {
                    number.set(number.get() + 1);
                    let number = number.get();
                    match step {
                        Step::Decide {
                            reviewer,
                            judgement,
                            settles,
                            indices,
                        } => {
                            let action = action(number, &format!("reviewer {reviewer}"));
                            let manner = Manner {
                                settles,
                                sample: None,
                            };
                            let which = Which::Indices(&indices);
                            decisions::decide(
                                &world.db, dataset, &action, judgement, manner, which,
                            )
                            .await
                            .unwrap();
                            let Judgement::Verdict(verdict, label) = judgement else {
                                unreachable!("none of the steps is a suggestion");
                            };
                            let of = |&index: &i32| match label {
                                Some(label) if label == index % 10 => {
                                    (index, (reviewer, Verdict::Keep, None, settles))
                                }
                                label => (index, (reviewer, verdict, label, settles)),
                            };
                            let decided = indices.iter().map(of).collect();
                            taken.push((action.id, reviewer, decided, true));
                        }
                        Step::Undo(place) => {
                            let places = taken.len();
                            let Some((undone, reviewer, _, stands)) =
                                taken.get_mut(place % places.max(1))
                            else {
                                continue;
                            };
                            let action = action(number, &format!("reviewer {reviewer}"));
                            decisions::undo(&world.db, &action, *undone).await.unwrap();
                            *stands = false;
                        }
                    }
                    for index in 0..4 {
                        let on_it: Vec<Decided> = taken
                            .iter()
                            .filter(|(_, _, _, stands)| *stands)
                            .flat_map(|(_, _, decided, _)| decided)
                            .filter(|(of, _)| *of == index)
                            .map(|(_, decided)| *decided)
                            .collect();
                        assert_eq!(standing(&world, index).await, expected(&on_it));
                    }
                }
            });
            Ok(())
        })
        .unwrap();
}
