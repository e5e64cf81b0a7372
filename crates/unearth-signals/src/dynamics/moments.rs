//! Means and deviations over the epochs, summed in f64. NaN marks an epoch that did not see the example.

/// Mean of the values that are numbers; none without any.
pub fn mean(values: impl Iterator<Item = f32>) -> Option<f64> {
    mean_of(values.map(f64::from))
}

/// Mean of the values that are numbers; none without any.
pub fn mean_of(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut seen) = (0.0f64, 0u32);
    for value in values.filter(|value| !value.is_nan()) {
        sum += value;
        seen += 1;
    }
    (seen > 0).then(|| sum / f64::from(seen))
}

/// Population standard deviation (ddof 0) of the values that are numbers; none without any.
pub fn std(values: impl Iterator<Item = f32> + Clone) -> Option<f64> {
    let mean = mean(values.clone())?;
    let squares = values.map(|value| (f64::from(value) - mean).powi(2));
    mean_of(squares).map(f64::sqrt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_only_the_epochs_that_saw_the_example() {
        let nan = f32::NAN;
        assert_eq!(mean([1.0, 2.0, 6.0].into_iter()), Some(3.0));
        assert_eq!(mean([nan, 5.0, nan].into_iter()), Some(5.0));
        assert_eq!(mean([nan, nan].into_iter()), None);
        assert_eq!(std([nan, 1.0, 3.0].into_iter()), Some(1.0));
        assert_eq!(std([nan].into_iter()), None);
        assert_eq!(mean([].into_iter()), None);
    }

    #[test]
    fn an_infinite_loss_stays_one() {
        assert_eq!(mean([f32::INFINITY, 1.0].into_iter()), Some(f64::INFINITY));
    }

    #[test]
    fn sums_in_f64() {
        // In f32, 2^24 + 1 is 2^24.
        let values = [16_777_216.0f32, 1.0, 1.0];
        assert_eq!(mean(values.into_iter()), Some(16_777_218.0 / 3.0));
    }

    #[test]
    fn the_deviation_divides_by_the_count() {
        // ddof 1 would give 2.
        assert_eq!(
            std([1.0, 1.0, 3.0, 3.0, 5.0, 5.0].into_iter()),
            Some((16.0f64 / 6.0).sqrt())
        );
    }

    proptest! {
        #[test]
        fn the_mean_lies_between_the_extremes(values in proptest::collection::vec(-1e3f32..1e3, 1..30)) {
            let mean = mean(values.iter().copied()).expect("seen");
            let min = values.iter().copied().fold(f32::INFINITY, f32::min);
            let max = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            prop_assert!(f64::from(min) - 1e-9 <= mean && mean <= f64::from(max) + 1e-9);
        }

        #[test]
        fn the_deviation_ignores_order_and_offset(mut values in proptest::collection::vec(0f32..1.0, 2..30)) {
            let before = std(values.iter().copied()).expect("seen");
            values.reverse();
            let shifted = values.iter().map(|value| value + 2.0);
            let after = std(shifted.collect::<Vec<_>>().into_iter()).expect("seen");
            prop_assert!((before - after).abs() < 1e-6);
        }
    }
}
