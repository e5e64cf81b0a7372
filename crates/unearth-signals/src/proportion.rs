//! How sure a share of a sample is.

/// How often the interval is to cover the true share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Confidence {
    /// 90 %.
    P90,
    /// 95 %.
    #[default]
    P95,
    /// 99 %.
    P99,
}

impl Confidence {
    /// Two-sided quantile of the standard normal distribution.
    fn z(self) -> f64 {
        match self {
            Self::P90 => 1.644_853_626_951_472_7,
            Self::P95 => 1.959_963_984_540_054,
            Self::P99 => 2.575_829_303_548_901,
        }
    }
}

/// Bounds of a share, `0 ≤ lower ≤ upper ≤ 1`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Smallest plausible share.
    pub lower: f64,
    /// Largest plausible share.
    pub upper: f64,
}

/// The Wilson score interval of `successes` out of `n`; the whole of `[0, 1]` when `n` is 0.
///
/// It holds for small samples and for shares near 0 and 1, where the textbook interval does not,
/// but only for a sample drawn at random: the top of a ranking is none.
///
/// Source: Wilson, JASA 22 (1927) 209–212.
///
/// # Panics
/// When there are more successes than trials.
pub fn wilson(successes: usize, n: usize, confidence: Confidence) -> Interval {
    assert!(successes <= n, "{successes} successes out of {n}");
    if n == 0 {
        return Interval {
            lower: 0.0,
            upper: 1.0,
        };
    }
    let n_trials = n as f64;
    let share = successes as f64 / n_trials;
    let z2 = confidence.z().powi(2);
    let denominator = 1.0 + z2 / n_trials;
    let centre = (share + z2 / (2.0 * n_trials)) / denominator;
    let variance = share * (1.0 - share) / n_trials + z2 / (4.0 * n_trials * n_trials);
    let half_width = confidence.z() * variance.sqrt() / denominator;
    // At the ends the formula gives 0 and 1 exactly; floating point only nearly so.
    Interval {
        lower: if successes == 0 {
            0.0
        } else {
            centre - half_width
        },
        upper: if successes == n {
            1.0
        } else {
            centre + half_width
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn matches_published_intervals() {
        // Newcombe, Statistics in Medicine 17 (1998) 857–872, table I, method 3, to four places.
        let published = [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ];
        for (successes, n, lower, upper) in published {
            let interval = wilson(successes, n, Confidence::P95);
            assert!((interval.lower - lower).abs() < 5e-5, "{interval:?}");
            assert!((interval.upper - upper).abs() < 5e-5, "{interval:?}");
        }
    }

    #[test]
    fn no_trial_says_nothing() {
        let everything = Interval {
            lower: 0.0,
            upper: 1.0,
        };
        assert_eq!(wilson(0, 0, Confidence::P95), everything);
    }

    proptest! {
        #[test]
        fn holds_the_share_and_stays_within_0_and_1((n, successes) in (1usize..100_000).prop_flat_map(|n| (Just(n), 0..=n))) {
            let share = successes as f64 / n as f64;
            let interval = wilson(successes, n, Confidence::P95);
            prop_assert!(0.0 <= interval.lower && interval.lower <= share);
            prop_assert!(share <= interval.upper && interval.upper <= 1.0);
        }

        #[test]
        fn more_confidence_is_wider((n, successes) in (1usize..1_000).prop_flat_map(|n| (Just(n), 0..=n))) {
            let width = |confidence| {
                let interval = wilson(successes, n, confidence);
                interval.upper - interval.lower
            };
            prop_assert!(width(Confidence::P90) < width(Confidence::P95));
            prop_assert!(width(Confidence::P95) < width(Confidence::P99));
        }

        #[test]
        fn failures_mirror_successes((n, successes) in (1usize..1_000).prop_flat_map(|n| (Just(n), 0..=n))) {
            let of_successes = wilson(successes, n, Confidence::P95);
            let of_failures = wilson(n - successes, n, Confidence::P95);
            prop_assert!((of_successes.lower + of_failures.upper - 1.0).abs() < 1e-12);
        }
    }
}
