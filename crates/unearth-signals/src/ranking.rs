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
