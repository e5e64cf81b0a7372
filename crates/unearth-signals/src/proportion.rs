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
            Self::P90 => 1.644_853_626_951_472_6,
            Self::P95 => 1.959_963_984_540_054,
            Self::P99 => 2.575_829_303_548_900_4,
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
