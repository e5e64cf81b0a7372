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
