//! Where scores lie and how far they spread.

use crate::{
    ranking::{Place, Ranking},
    score::Score,
};
use std::{collections::BTreeMap, ops::Deref};

/// Where the scores of some examples lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Finite scores counted.
    pub count: usize,
    /// Mean.
    pub mean: f64,
    /// Population standard deviation (ddof 0).
    pub std: f64,
    /// Smallest.
    pub min: f64,
    /// Middle one, or the mean of the two middle ones.
    pub median: f64,
    /// Largest.
    pub max: f64,
}

/// The scores of one class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassSummary {
    /// The class.
    pub class: i32,
    /// Examples of the class, with or without a score.
    pub examples: usize,
    /// Summary of their finite scores; none where there is no such score.
    pub scores: Option<Summary>,
}

/// One summary for each class that occurs, by ascending class, of scores and the classes of their examples and of
/// their ranking. Scores that are missing or not finite are left out.
pub fn class_summaries<P: Deref<Target = [Place]>>(
    scores: impl Iterator<Item = (Score, i32)> + Clone,
    ranking: &Ranking<P>,
    class_of: impl Fn(usize) -> i32,
) -> Vec<ClassSummary> {
    let mut examples: BTreeMap<i32, usize> = BTreeMap::new();
    for (_, class) in scores.clone() {
        *examples.entry(class).or_default() += 1;
    }
    let moments = moments_by_class(scores);
    let mut extents: BTreeMap<i32, Extent> = BTreeMap::new();
    for (score, index) in ranking.ascending().filter(|(score, _)| score.is_finite()) {
        let class = class_of(index);
        let count = moments.get(&class).map_or(0, |moments| moments.count);
        extents.entry(class).or_default().add(score, count);
    }
    let summary = |class| {
        let (moments, extent) = (moments.get(class)?, extents.get(class)?);
        Some(Summary {
            count: moments.count,
            mean: moments.mean,
            std: moments.std,
            min: extent.min,
            median: f64::midpoint(extent.middle.0, extent.middle.1),
            max: extent.max,
        })
    };
    examples
        .iter()
        .map(|(class, &examples)| ClassSummary {
            class: *class,
            examples,
            scores: summary(class),
        })
        .collect()
}

/// Where some of ascending scores lie.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    seen: usize,
    min: f64,
    /// The two in the middle, or the one in the middle twice.
    middle: (f64, f64),
    max: f64,
}

impl Extent {
    /// Adds the next of `count` scores.
    fn add(&mut self, score: f64, count: usize) {
        if self.seen == 0 {
            self.min = score;
        }
        if self.seen == (count - 1) / 2 {
            self.middle.0 = score;
        }
        if self.seen == count / 2 {
            self.middle.1 = score;
        }
        self.max = score;
        self.seen += 1;
    }
}

/// Mean and population standard deviation. The deviation of equal values is exactly 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moments {
    pub(crate) count: usize,
    pub(crate) mean: f64,
    pub(crate) std: f64,
}

/// Sums over the finite scores of a class, relative to the first of them: the rounded mean of equal values need not
/// equal them.
struct Sums {
    count: usize,
    first: f64,
    differences: f64,
    squares: f64,
}

impl Sums {
    fn mean_difference(&self) -> f64 {
        self.differences / self.count as f64
    }
}

/// Moments of the finite scores of each class that has any.
pub(crate) fn moments_by_class(
    scores: impl Iterator<Item = (Score, i32)> + Clone,
) -> BTreeMap<i32, Moments> {
    let finite = scores.filter_map(|(score, class)| Some((score.finite()?, class)));
    let mut by_class: BTreeMap<i32, Sums> = BTreeMap::new();
    for (score, class) in finite.clone() {
        let sums = by_class.entry(class).or_insert(Sums {
            count: 0,
            first: score,
            differences: 0.0,
            squares: 0.0,
        });
        sums.count += 1;
        sums.differences += score - sums.first;
    }
    for (score, class) in finite {
        if let Some(sums) = by_class.get_mut(&class) {
            sums.squares += (score - sums.first - sums.mean_difference()).powi(2);
        }
    }
    let moments = |sums: Sums| Moments {
        count: sums.count,
        mean: sums.first + sums.mean_difference(),
        std: (sums.squares / sums.count as f64).sqrt(),
    };
    let moments = by_class
        .into_iter()
        .map(|(class, sums)| (class, moments(sums)));
    moments.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ranking::Direction, score::scores};
    use proptest::prelude::*;

    fn summaries(values: &[Option<f64>], classes: &[i32]) -> Vec<ClassSummary> {
        let values = scores(values);
        let places = vec![Place::EMPTY; values.len()];
        let ranking = Ranking::of(values.iter().copied(), Direction::HighHarder, places);
        let scored = values.iter().copied().zip(classes.iter().copied());
        class_summaries(scored, &ranking, |at| classes[at])
    }

    fn summary(values: &[f64]) -> Summary {
        let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        let of_class = summaries(&values, &vec![0; values.len()]);
        of_class[0].scores.expect("values")
    }

    #[test]
    fn summarises_each_class() {
        let scores = [
            Some(1.0),
            Some(2.0),
            Some(6.0),
            None,
            Some(f64::INFINITY),
            Some(4.0),
            Some(2.0),
        ];
        let classes = [1, 1, 1, 0, 0, 2, 2];
        let of_1 = Summary {
            count: 3,
            mean: 3.0,
            std: (14.0f64 / 3.0).sqrt(),
            min: 1.0,
            median: 2.0,
            max: 6.0,
        };
        let of_2 = Summary {
            count: 2,
            mean: 3.0,
            std: 1.0,
            min: 2.0,
            median: 3.0,
            max: 4.0,
        };
        let expected = [(0, 2, None), (1, 3, Some(of_1)), (2, 2, Some(of_2))];
        let expected = expected.map(|(class, examples, scores)| ClassSummary {
            class,
            examples,
            scores,
        });
        assert_eq!(summaries(&scores, &classes), expected);
    }

    proptest! {
        #[test]
        fn equal_values_have_no_spread(value in -1e9f64..1e9, count in 1usize..50) {
            let summary = summary(&vec![value; count]);
            prop_assert_eq!((summary.mean, summary.std), (value, 0.0));
        }

        #[test]
        fn moments_do_not_depend_on_the_order(mut values in proptest::collection::vec(-1e3f64..1e3, 1..50)) {
            let forwards = summary(&values);
            values.reverse();
            let backwards = summary(&values);
            prop_assert!((forwards.mean - backwards.mean).abs() < 1e-9);
            prop_assert!((forwards.std - backwards.std).abs() < 1e-9);
        }

        #[test]
        fn half_of_the_values_lie_on_each_side_of_the_median(values in proptest::collection::vec(-9i8..9, 1..40)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let summary = summary(&values);
            let below = values.iter().filter(|&&value| value < summary.median).count();
            let above = values.iter().filter(|&&value| value > summary.median).count();
            prop_assert!(below * 2 <= values.len() && above * 2 <= values.len());
        }
    }
}
