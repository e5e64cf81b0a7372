//! A figure over several seeds.

use serde::Serialize;
use std::fmt;

/// Mean and range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) mean: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Spread {
    /// None where there is no value, or not one for every seed.
    pub(super) fn of(values: impl IntoIterator<Item = Option<f64>>) -> Option<Self> {
        let values: Vec<f64> = values.into_iter().collect::<Option<_>>()?;
        let (&first, rest) = values.split_first()?;
        let (mut min, mut max, mut sum) = (first, first, first);
        for &value in rest {
            min = min.min(value);
            max = max.max(value);
            sum += value;
        }
        Some(Self {
            mean: sum / values.len() as f64,
            min,
            max,
        })
    }
}

/// `0.940 [0.938–0.942]`, or `0.940` where there is no range.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mean, min, max } = self;
        if min.total_cmp(max).is_eq() {
            return write!(f, "{mean:.3}");
        }
        write!(f, "{mean:.3} [{min:.3}–{max:.3}]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_needs_every_value() {
        let spread = Spread::of([Some(0.5), Some(0.25), Some(0.75)]).unwrap();
        assert_eq!(spread.to_string(), "0.500 [0.250–0.750]");
        assert_eq!(Spread::of([Some(0.5)]).unwrap().to_string(), "0.500");
        assert_eq!(Spread::of([Some(0.5), None]), None);
        assert_eq!(Spread::of([]), None);
    }
}
