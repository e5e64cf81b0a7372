//! How many examples are of a kind, estimated from a random sample of each stratum.
//!
//! Within a stratum: the equal-tailed Jeffreys interval (Brown, Cai & `DasGupta` 2001, Statistical Science
//! 16(2)), over what was not drawn alone, since what was drawn is known. Over strata: the interval of a sum
//! made of the intervals of its terms, MOVER (Zou & Donner 2008, Statistics in Medicine 27(10)), which keeps
//! their asymmetry: a large stratum in which nothing was found widens the sum upwards, not downwards.

use statrs::distribution::{Beta, ContinuousCDF as _};

/// What a sample of a stratum found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stratum {
    /// Examples in it.
    pub size: u64,
    /// How many of them were drawn and judged, uniformly at random.
    pub judged: u64,
    /// How many of those are of the kind.
    pub found: u64,
}

/// A number of examples with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Count {
    /// Estimate.
    pub estimate: f64,
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
}

/// Probability outside of an interval at either end.
const TAIL: f64 = 0.025;

impl Stratum {
    /// How many examples of it are of the kind; none where nothing was judged in a stratum that is not
    /// empty.
    ///
    /// # Panics
    /// When more was found than judged, or more judged than there is.
    pub fn count(self) -> Option<Count> {
        let Self {
            size,
            judged,
            found,
        } = self;
        assert!(
            found <= judged && judged <= size,
            "a sample is no larger than its stratum"
        );
        let (rest, known) = ((size - judged) as f64, found as f64);
        if size == judged {
            return Some(Count {
                estimate: known,
                low: known,
                high: known,
            });
        }
        if judged == 0 {
            return None;
        }
        let [low, high] = limits_of_rest(rest, known, (judged - found) as f64);
        Some(Count {
            estimate: size as f64 * known / judged as f64,
            // Where nothing (or nothing else) was found, the stratum itself is the limit; elsewhere the whole
            // number outside, since there are only whole examples.
            low: known
                + if found == 0 {
                    0.0
                } else {
                    (rest * low).floor()
                },
            high: known
                + if found == judged {
                    rest
                } else {
                    (rest * high).ceil()
                },
        })
    }
}

/// Limits of the share among `rest` examples that were not judged, where of those that were `found` are of
/// the kind and `others` are not: quantiles of the Beta distribution with the mean and variance of the
/// beta-binomial that Jeffreys' prior leads to.
fn limits_of_rest(rest: f64, found: f64, others: f64) -> [f64; 2] {
    let (a, b) = (found + 0.5, others + 0.5);
    let (mean, n) = (a / (a + b), a + b);
    let variance = mean * (1.0 - mean) * (n + rest) / (rest * (n + 1.0));
    // Of a single example nothing is between the ends, and the matching distribution has no weight there.
    let weight = (mean * (1.0 - mean) / variance - 1.0).max(1e-6);
    let matching = Beta::new(mean * weight, (1.0 - mean) * weight)
        .expect("both are positive: the mean lies inside (0, 1)");
    [TAIL, 1.0 - TAIL].map(|at| matching.inverse_cdf(at))
}

/// How many examples of all strata are of the kind; none where one stratum cannot be told.
pub fn total(strata: &[Stratum]) -> Option<Count> {
    let counts: Vec<Count> = strata
        .iter()
        .map(|stratum| stratum.count())
        .collect::<Option<_>>()?;
    let estimate = counts.iter().map(|count| count.estimate).sum();
    let together = |side: fn(&Count) -> f64| {
        let squares = counts.iter().map(|count| side(count).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let (least, most) = strata.iter().fold((0, 0), |(least, most), stratum| {
        let found = stratum.found;
        (least + found, most + found + stratum.size - stratum.judged)
    });
    Some(Count {
        estimate,
        low: (estimate - together(|count| count.estimate - count.low)).max(least as f64),
        high: (estimate + together(|count| count.high - count.estimate)).min(most as f64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{Discrete as _, Hypergeometric};

    /// The probability that the interval of a sample of `judged` holds the truth.
    fn coverage(size: u64, truth: u64, judged: u64) -> f64 {
        let drawn = Hypergeometric::new(size, truth, judged).unwrap();
        (0..=judged.min(truth))
            .filter(|&found| judged - found <= size - truth)
            .filter(|&found| {
                let stratum = Stratum {
                    size,
                    judged,
                    found,
                };
                let Count { low, high, .. } = stratum.count().unwrap();
                (low..=high).contains(&(truth as f64))
            })
            .map(|found| drawn.pmf(found))
            .sum()
    }

    #[test]
    fn an_interval_covers_the_truth_about_as_often_as_it_says() {
        for (size, judged) in [(1_000, 50), (1_000, 200), (60, 40), (10_000, 20)] {
            let truths: Vec<u64> = (1..40).map(|step| size * step / 40).collect();
            let covered: Vec<f64> = truths
                .iter()
                .map(|&truth| coverage(size, truth, judged))
                .collect();
            let mean = covered.iter().sum::<f64>() / covered.len() as f64;
            assert!((0.935..=0.99).contains(&mean), "{size} {judged}: {mean}");
            let worst = covered.iter().copied().fold(1.0, f64::min);
            assert!(worst > 0.88, "{size} {judged}: {worst}");
        }
    }

    #[test]
    fn a_sum_of_strata_covers_the_truth_about_as_often_as_it_says() {
        // A top that is half wrong, a middle, and a large rest with next to nothing.
        let sizes = [200_u64, 800, 9_000];
        let judged = [60_u64, 60, 80];
        for truths in [[100, 80, 90], [150, 40, 0], [20, 20, 450], [200, 100, 45]] {
            let drawn: Vec<Hypergeometric> = (0..3)
                .map(|at| Hypergeometric::new(sizes[at], truths[at], judged[at]).unwrap())
                .collect();
            let truth = truths.iter().sum::<u64>() as f64;
            let possible = |at: usize| {
                let drawn = &drawn[at];
                let counts =
                    (0..=judged[at].min(truths[at])).map(|found| (found, drawn.pmf(found)));
                counts.filter(|(_, p)| *p > 1e-7).collect::<Vec<_>>()
            };
            let stratum = |at: usize, found| Stratum {
                size: sizes[at],
                judged: judged[at],
                found,
            };
            let mut covered = 0.0;
            for (first, p) in possible(0) {
                for (second, q) in possible(1) {
                    for (third, r) in possible(2) {
                        let strata = [stratum(0, first), stratum(1, second), stratum(2, third)];
                        let Count { low, high, .. } = total(&strata).unwrap();
                        if (low..=high).contains(&truth) {
                            covered += p * q * r;
                        }
                    }
                }
            }
            assert!((0.92..=1.0).contains(&covered), "{truths:?}: {covered}");
        }
    }

    #[test]
    fn what_was_judged_whole_is_known() {
        let known = Stratum {
            size: 7,
            judged: 7,
            found: 3,
        };
        let count = known.count().unwrap();
        assert_eq!((count.low, count.estimate, count.high), (3.0, 3.0, 3.0));
        let empty = Stratum {
            size: 0,
            judged: 0,
            found: 0,
        };
        assert_eq!(total(&[known, empty]), known.count());
    }

    #[test]
    fn where_nothing_was_judged_nothing_is_said() {
        let unseen = Stratum {
            size: 5,
            judged: 0,
            found: 0,
        };
        assert_eq!(unseen.count(), None);
        assert_eq!(total(&[unseen]), None);
    }

    #[test]
    fn limits_stay_within_what_is_possible() {
        for (size, judged) in [(2, 1), (10, 9), (10, 1), (1_000_000, 3)] {
            for found in 0..=judged {
                let stratum = Stratum {
                    size,
                    judged,
                    found,
                };
                let Count {
                    estimate,
                    low,
                    high,
                } = stratum.count().unwrap();
                assert!(found as f64 <= low && low <= estimate && estimate <= high);
                assert!(high <= (size - judged + found) as f64);
            }
        }
    }
}
