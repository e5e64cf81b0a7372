//! From scores to an order, hardest first.

use thiserror::Error;

/// Which end of a signal is the hard one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// High scores are harder examples.
    HighHarder,
    /// Low scores are harder examples.
    LowHarder,
}

/// One example in a ranking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// The example's index.
    pub index: usize,
    /// Where it stands; none without a score.
    pub standing: Option<Standing>,
}

/// Where a scored example stands among the scored examples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// The hardest has rank 1; equal scores are ranked by ascending index.
    pub rank: usize,
    /// Share of the scored examples that are no harder, itself included, in percent: above 0 and
    /// up to 100, which the hardest always has. Equal scores have equal percentiles.
    pub percentile: f64,
}

/// A score that has no place in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the score of example {index} is not a number")]
pub struct NotANumber {
    /// The first such example.
    pub index: usize,
}

/// Ranks of values from the smallest, which has 1; equals share the mean of theirs.
pub(crate) fn midranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for equals in order.chunk_by(|&a, &b| values[a].total_cmp(&values[b]).is_eq()) {
        let mean_rank = f64::midpoint(before as f64 + 1.0, (before + equals.len()) as f64);
        for &at in equals {
            ranks[at] = mean_rank;
        }
        before += equals.len();
    }
    ranks
}

/// Ranks the examples: scored ones hardest first, then those without a score by index.
///
/// # Errors
/// [`NotANumber`] when a score is NaN. Infinite scores are ranked like others.
pub fn rank(scores: &[Option<f64>], direction: Direction) -> Result<Vec<Ranked>, NotANumber> {
    if let Some(index) = scores
        .iter()
        .position(|score| score.is_some_and(f64::is_nan))
    {
        return Err(NotANumber { index });
    }
    let by_hardness = hardest_first(scores, direction);
    let mut ranking = Vec::with_capacity(scores.len());
    let mut first_of_equals = 0;
    for (position, &(easiness, index)) in by_hardness.iter().enumerate() {
        if easiness > by_hardness[first_of_equals].0 {
            first_of_equals = position;
        }
        let no_harder = by_hardness.len() - first_of_equals;
        let standing = Standing {
            rank: position + 1,
            percentile: 100.0 * no_harder as f64 / by_hardness.len() as f64,
        };
        ranking.push(Ranked {
            index,
            standing: Some(standing),
        });
    }
    let unscored = scores
        .iter()
        .enumerate()
        .filter(|(_, score)| score.is_none());
    ranking.extend(unscored.map(|(index, _)| Ranked {
        index,
        standing: None,
    }));
    Ok(ranking)
}

/// Easiness (the score with its sign turned so that low is hard) and index of the scored examples.
fn hardest_first(scores: &[Option<f64>], direction: Direction) -> Vec<(f64, usize)> {
    let sign = match direction {
        Direction::HighHarder => -1.0,
        Direction::LowHarder => 1.0,
    };
    let mut order: Vec<(f64, usize)> = scores
        .iter()
        .enumerate()
        // Adding 0 turns -0 into 0, so that the two are equal in the total order as well.
        .filter_map(|(index, score)| Some((sign * (*score)? + 0.0, index)))
        .collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    order
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "what is exact is tested exactly")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scores() -> impl Strategy<Value = Vec<Option<f64>>> {
        // Few different values, so that there are many ties.
        let score = prop_oneof![
            (-4i8..4).prop_map(f64::from),
            Just(-0.0),
            Just(f64::INFINITY),
            Just(f64::NEG_INFINITY),
            any::<f32>()
                .prop_filter("a number", |x| !x.is_nan())
                .prop_map(f64::from),
        ];
        proptest::collection::vec(proptest::option::weighted(0.8, score), 0..80)
    }

    fn directions() -> impl Strategy<Value = Direction> {
        prop_oneof![Just(Direction::HighHarder), Just(Direction::LowHarder)]
    }

    fn is_harder(a: f64, b: f64, direction: Direction) -> bool {
        match direction {
            Direction::HighHarder => a > b,
            Direction::LowHarder => a < b,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn places_every_example_once(scores in scores(), direction in directions()) {
            let ranking = rank(&scores, direction).expect("no NaN");
            let mut indices: Vec<usize> = ranking.iter().map(|ranked| ranked.index).collect();
            indices.sort_unstable();
            prop_assert_eq!(indices, (0..scores.len()).collect::<Vec<_>>());
        }

        #[test]
        fn ranks_count_from_1_and_the_unscored_come_last(scores in scores(), direction in directions()) {
            let ranking = rank(&scores, direction).expect("no NaN");
            let scored = scores.iter().flatten().count();
            for (position, ranked) in ranking.iter().enumerate() {
                let rank = ranked.standing.map(|standing| standing.rank);
                prop_assert_eq!(rank, (position < scored).then_some(position + 1));
                prop_assert_eq!(rank.is_some(), scores[ranked.index].is_some());
            }
        }

        #[test]
        fn goes_from_hard_to_easy_and_equals_by_index(scores in scores(), direction in directions()) {
            let ranking = rank(&scores, direction).expect("no NaN");
            for pair in ranking.windows(2) {
                let (before, after) = (pair[0].index, pair[1].index);
                match (scores[before], scores[after]) {
                    (Some(a), Some(b)) => prop_assert!(is_harder(a, b, direction) || (a == b && before < after)),
                    (Some(_), None) => {}
                    (None, None) => prop_assert!(before < after),
                    (None, Some(_)) => prop_assert!(false, "an unscored example before a scored one"),
                }
            }
        }

        #[test]
        fn the_percentile_is_the_share_that_is_no_harder(scores in scores(), direction in directions()) {
            let scored: Vec<f64> = scores.iter().flatten().copied().collect();
            for ranked in rank(&scores, direction).expect("no NaN") {
                let Some(standing) = ranked.standing else { continue };
                let own = scores[ranked.index].expect("ranked examples are scored");
                let no_harder = scored.iter().filter(|&&other| !is_harder(other, own, direction)).count();
                let share = 100.0 * no_harder as f64 / scored.len() as f64;
                prop_assert_eq!(standing.percentile, share);
            }
        }

        #[test]
        fn turning_signs_and_direction_changes_nothing(scores in scores()) {
            let turned: Vec<Option<f64>> = scores.iter().map(|score| score.map(|x| -x)).collect();
            prop_assert_eq!(rank(&scores, Direction::HighHarder), rank(&turned, Direction::LowHarder));
        }
    }

    #[test]
    fn ranks_a_small_case() {
        let scores = [Some(2.0), None, Some(7.0), Some(2.0)];
        let ranking = rank(&scores, Direction::HighHarder).expect("no NaN");
        let standings: Vec<_> = ranking
            .iter()
            .map(|ranked| {
                (
                    ranked.index,
                    ranked.standing.map(|s| (s.rank, s.percentile)),
                )
            })
            .collect();
        let two_thirds = 200.0 / 3.0;
        assert_eq!(
            standings,
            [
                (2, Some((1, 100.0))),
                (0, Some((2, two_thirds))),
                (3, Some((3, two_thirds))),
                (1, None)
            ]
        );
    }

    #[test]
    fn refuses_nan_by_index() {
        let scores = [None, Some(1.0), Some(f64::NAN)];
        let refused = rank(&scores, Direction::LowHarder).expect_err("NaN");
        assert_eq!(
            refused.to_string(),
            "the score of example 2 is not a number"
        );
    }
}
