//! Where scores lie and how far they spread.

use std::collections::BTreeMap;

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

/// One summary for each class that occurs, by ascending class. Scores that are missing or not
/// finite are left out.
///
/// # Panics
/// When there is not one class per score.
pub fn class_summaries(scores: &[Option<f64>], classes: &[i32]) -> Vec<ClassSummary> {
    let mut examples: BTreeMap<i32, usize> = BTreeMap::new();
    for &class in classes {
        *examples.entry(class).or_default() += 1;
    }
    let mut finite = finite_by_class(scores, classes);
    examples
        .into_iter()
        .map(|(class, examples)| ClassSummary {
            class,
            examples,
            scores: finite.remove(&class).and_then(Summary::of),
        })
        .collect()
}

impl Summary {
    /// Summary of finite values; none without any.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        let moments = Moments::of(&values)?;
        values.sort_unstable_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 {
            values[middle]
        } else {
            f64::midpoint(values[middle - 1], values[middle])
        };
        Some(Self {
            count: moments.count,
            mean: moments.mean,
            std: moments.std,
            min: values[0],
            median,
            max: values[values.len() - 1],
        })
    }
}

/// Mean and population standard deviation. The deviation of equal values is exactly 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moments {
    pub(crate) count: usize,
    pub(crate) mean: f64,
    pub(crate) std: f64,
}

impl Moments {
    /// Moments of finite values; none without any.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let &first = values.first()?;
        let count = values.len() as f64;
        // Relative to the first value: the rounded mean of equal values need not equal them.
        let mean_shift = values.iter().map(|value| value - first).sum::<f64>() / count;
        let squares: f64 = values
            .iter()
            .map(|value| (value - first - mean_shift).powi(2))
            .sum();
        Some(Self {
            count: values.len(),
            mean: first + mean_shift,
            std: (squares / count).sqrt(),
        })
    }
}

/// The finite scores of each class that has any.
pub(crate) fn finite_by_class(scores: &[Option<f64>], classes: &[i32]) -> BTreeMap<i32, Vec<f64>> {
    assert_eq!(scores.len(), classes.len(), "one class per score");
    let mut by_class: BTreeMap<i32, Vec<f64>> = BTreeMap::new();
    for (score, &class) in scores.iter().zip(classes) {
        if let Some(score) = score.filter(|score| score.is_finite()) {
            by_class.entry(class).or_default().push(score);
        }
    }
    by_class
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
        assert_eq!(class_summaries(&scores, &classes), expected);
    }

    proptest! {
        #[test]
        fn equal_values_have_no_spread(value in -1e9f64..1e9, count in 1usize..50) {
            let summary = Summary::of(vec![value; count]).expect("values");
            prop_assert_eq!((summary.mean, summary.std), (value, 0.0));
        }

        #[test]
        fn moments_do_not_depend_on_the_order(mut values in proptest::collection::vec(-1e3f64..1e3, 1..50)) {
            let forwards = Moments::of(&values).expect("values");
            values.reverse();
            let backwards = Moments::of(&values).expect("values");
            prop_assert!((forwards.mean - backwards.mean).abs() < 1e-9);
            prop_assert!((forwards.std - backwards.std).abs() < 1e-9);
        }

        #[test]
        fn half_of_the_values_lie_on_each_side_of_the_median(values in proptest::collection::vec(-9i8..9, 1..40)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let summary = Summary::of(values.clone()).expect("values");
            let below = values.iter().filter(|&&value| value < summary.median).count();
            let above = values.iter().filter(|&&value| value > summary.median).count();
            prop_assert!(below * 2 <= values.len() && above * 2 <= values.len());
        }
    }
}
