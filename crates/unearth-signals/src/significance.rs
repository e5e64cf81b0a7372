//! Whether two populations of models differ by more than chance.

use statrs::distribution::{ContinuousCDF as _, StudentsT};
use thiserror::Error;

/// A two-sided test of a difference of means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TTest {
    /// Mean of the first less that of the second, in units of its standard error.
    pub t: f64,
    /// Degrees of freedom; not whole in Welch's test.
    pub df: f64,
    /// Probability of a difference at least as large where there is none, uncorrected.
    pub p: f64,
}

/// Why nothing can be tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoTest {
    /// A population has no spread to measure a difference by.
    #[error("a test needs two models in each population, and one has {found}")]
    TooFew {
        /// The smaller one's size.
        found: usize,
    },
    /// Paired values are not pairs.
    #[error("{first} values cannot be paired with {second}")]
    Unpaired {
        /// Values of the first population.
        first: usize,
        /// Values of the second.
        second: usize,
    },
    /// All models of each population agree, or a value is not finite.
    #[error("the models do not differ within their populations, so chance cannot be told")]
    NoSpread,
}

/// Welch's t-test of independent populations of unequal variances (Welch 1947), two-sided; degrees of freedom by
/// Welch and Satterthwaite.
///
/// # Errors
/// When a population has fewer than two values, or there is no spread in either.
pub fn welch(first: &[f64], second: &[f64]) -> Result<TTest, NoTest> {
    let found = first.len().min(second.len());
    if found < 2 {
        return Err(NoTest::TooFew { found });
    }
    // Squared standard error of a mean.
    let error = |values: &[f64]| sample_variance(values) / values.len() as f64;
    let (one, other) = (error(first), error(second));
    let per_freedom = |error: f64, values: &[f64]| error * error / (values.len() - 1) as f64;
    let df = (one + other).powi(2) / (per_freedom(one, first) + per_freedom(other, second));
    let scale = largest(first).max(largest(second));
    tested(mean(first) - mean(second), one + other, df, scale)
}

/// The t-test of paired populations, two-sided: `first[i]` and `second[i]` are of models that belong together, such as
/// a model and its quantised self.
///
/// # Errors
/// When the values are not pairs, are fewer than two, or all differ by the same.
pub fn paired(first: &[f64], second: &[f64]) -> Result<TTest, NoTest> {
    if first.len() != second.len() {
        return Err(NoTest::Unpaired {
            first: first.len(),
            second: second.len(),
        });
    }
    if first.len() < 2 {
        return Err(NoTest::TooFew { found: first.len() });
    }
    let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
    let pairs = differences.len() as f64;
    tested(
        mean(&differences),
        sample_variance(&differences) / pairs,
        pairs - 1.0,
        largest(first).max(largest(second)),
    )
}

/// A difference of values up to `scale`, with its squared standard error.
fn tested(difference: f64, squared_error: f64, df: f64, scale: f64) -> Result<TTest, NoTest> {
    // Equal values leave a rest of rounding that is no spread.
    let least = (4.0 * f64::EPSILON * scale).powi(2);
    if !(squared_error.is_finite() && df.is_finite() && squared_error > least) {
        return Err(NoTest::NoSpread);
    }
    let t = difference / squared_error.sqrt();
    let distribution = StudentsT::new(0.0, 1.0, df).map_err(|_| NoTest::NoSpread)?;
    Ok(TTest {
        t,
        df,
        p: (2.0 * distribution.sf(t.abs())).min(1.0),
    })
}

fn largest(values: &[f64]) -> f64 {
    values
        .iter()
        .fold(0.0, |largest, value| largest.max(value.abs()))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Of a population of which these are some: divided by one less than their number.
fn sample_variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    squares / (values.len() - 1) as f64
}

/// The probabilities of a family of tests corrected for their number (Holm 1979): whoever calls those below a level
/// significant is wrong about any of them with at most that probability. In the order given; tests that could not be
/// made are none, and no part of the family.
pub fn holm(probabilities: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut family: Vec<(f64, usize)> = (0..)
        .zip(probabilities)
        .filter_map(|(at, p)| Some(((*p)?, at)))
        .collect();
    family.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut corrected = vec![None; probabilities.len()];
    let mut largest = 0.0_f64;
    for (rank, &(p, at)) in family.iter().enumerate() {
        largest = largest.max(p * (family.len() - rank) as f64).min(1.0);
        corrected[at] = Some(largest);
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // SciPy 1.17.1: from scipy.stats import ttest_ind, ttest_rel
    const A: [f64; 5] = [0.912, 0.905, 0.921, 0.899, 0.917];
    const B: [f64; 5] = [0.871, 0.902, 0.893, 0.861, 0.880];

    fn close(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= 1e-9 * expected.abs()
    }

    #[test]
    fn welch_agrees_with_scipy() {
        // ttest_ind(A, B, equal_var=False)
        let test = welch(&A, &B).unwrap();
        assert!(close(test.t, 3.511_464_817_430_385_7), "{test:?}");
        assert!(close(test.df, 6.152_022_758_181_303), "{test:?}");
        assert!(close(test.p, 0.012_141_006_917_207_462), "{test:?}");
        // ttest_ind([.5, .6, .4], [.51, .62, .43, .48], equal_var=False)
        let test = welch(&[0.5, 0.6, 0.4], &[0.51, 0.62, 0.43, 0.48]).unwrap();
        assert!(close(test.t, -0.142_133_810_903_740_44), "{test:?}");
        assert!(close(test.df, 3.812_574_738_146_351), "{test:?}");
        assert!(close(test.p, 0.894_166_367_023_392_5), "{test:?}");
    }

    #[test]
    fn the_paired_test_agrees_with_scipy() {
        // ttest_rel(A, B)
        let test = paired(&A, &B).unwrap();
        assert!(close(test.t, 4.232_078_079_809_177), "{test:?}");
        assert!(close(test.df, 4.0), "{test:?}");
        assert!(close(test.p, 0.013_347_837_671_068_64), "{test:?}");
    }

    #[test]
    fn holm_steps_down_and_leaves_out_what_was_not_tested() {
        // statsmodels: multipletests([.01, .04, .03, .005], method="holm") gives [.03, .06, .06, .02].
        let corrected = holm(&[Some(0.01), Some(0.04), None, Some(0.03), Some(0.005)]);
        let expected = [Some(0.03), Some(0.06), None, Some(0.06), Some(0.02)];
        for (found, expected) in corrected.iter().zip(expected) {
            match (found, expected) {
                (Some(found), Some(expected)) => assert!(close(*found, expected), "{corrected:?}"),
                (found, expected) => assert_eq!(*found, expected),
            }
        }
        assert_eq!(holm(&[Some(0.7), Some(0.9)]), [Some(1.0), Some(1.0)]);
    }

    #[test]
    fn what_cannot_be_tested_says_why() {
        assert_eq!(welch(&A, &B[..1]), Err(NoTest::TooFew { found: 1 }));
        assert_eq!(welch(&[0.1; 3], &[0.3; 3]), Err(NoTest::NoSpread));
        assert_eq!(welch(&[0.1, f64::NAN], &B), Err(NoTest::NoSpread));
        let unpaired = NoTest::Unpaired {
            first: 5,
            second: 4,
        };
        assert_eq!(paired(&A, &B[..4]), Err(unpaired));
        let shifted = A.map(|value| value + 0.25);
        assert_eq!(paired(&A, &shifted), Err(NoTest::NoSpread));
    }

    proptest! {
        #[test]
        fn changing_sides_changes_the_sign_alone(
            first in prop::collection::vec(0.0..1.0_f64, 2..8), second in prop::collection::vec(0.0..1.0_f64, 2..8),
        ) {
            let (Ok(one), Ok(other)) = (welch(&first, &second), welch(&second, &first)) else {
                return Ok(());
            };
            prop_assert!((one.t + other.t).abs() < 1e-9);
            prop_assert!((one.p - other.p).abs() < 1e-9);
            prop_assert!((0.0..=1.0).contains(&one.p));
        }

        #[test]
        fn corrected_probabilities_are_larger_and_keep_their_order(
            family in prop::collection::vec(0.0..1.0_f64, 1..20),
        ) {
            let given: Vec<Option<f64>> = family.iter().copied().map(Some).collect();
            let corrected: Vec<f64> = holm(&given).into_iter().flatten().collect();
            for (at, (&p, &larger)) in family.iter().zip(&corrected).enumerate() {
                prop_assert!(larger >= p && larger <= 1.0);
                for (other, &corrected) in family.iter().zip(&corrected).skip(at + 1) {
                    prop_assert!(!(p < *other && larger > corrected));
                }
            }
        }
    }
}
