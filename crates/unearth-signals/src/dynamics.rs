//! Signals from what is recorded per example and epoch.

/// Mean over the epochs of each example's value, summed in f64. `records` holds one slice `[n]` per
/// epoch; NaN marks an example that the epoch did not see. None for one that no epoch saw.
///
/// # Panics
/// When the records differ in length.
pub fn mean_over_epochs(records: &[&[f32]]) -> Vec<Option<f64>> {
    let examples = records.first().map_or(0, |record| record.len());
    let mut sums = vec![(0.0f64, 0u32); examples];
    for record in records {
        assert_eq!(record.len(), examples, "every epoch records every example");
        for ((sum, seen), &value) in sums.iter_mut().zip(*record) {
            if !value.is_nan() {
                *sum += f64::from(value);
                *seen += 1;
            }
        }
    }
    sums.into_iter()
        .map(|(sum, seen)| (seen > 0).then(|| sum / f64::from(seen)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_only_the_epochs_that_saw_the_example() {
        let nan = f32::NAN;
        let epochs: [&[f32]; 3] = [&[1.0, nan, nan], &[2.0, nan, 5.0], &[6.0, nan, nan]];
        assert_eq!(mean_over_epochs(&epochs), [Some(3.0), None, Some(5.0)]);
    }

    #[test]
    fn an_infinite_loss_stays_one() {
        let means = mean_over_epochs(&[&[f32::INFINITY], &[1.0]]);
        assert_eq!(means, [Some(f64::INFINITY)]);
    }

    #[test]
    fn no_epoch_has_no_example() {
        assert_eq!(mean_over_epochs(&[]), []);
    }

    #[test]
    fn sums_in_f64() {
        // In f32, 2^24 + 1 is 2^24.
        let means = mean_over_epochs(&[&[16_777_216.0], &[1.0], &[1.0]]);
        assert_eq!(means, [Some(16_777_218.0 / 3.0)]);
    }

    proptest! {
        #[test]
        fn lies_between_the_extremes(values in proptest::collection::vec(-1e3f32..1e3, 1..30)) {
            let epochs: Vec<&[f32]> = values.iter().map(std::slice::from_ref).collect();
            let mean = mean_over_epochs(&epochs)[0].expect("seen");
            let min = values.iter().copied().fold(f32::INFINITY, f32::min);
            let max = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            prop_assert!(f64::from(min) - 1e-9 <= mean && mean <= f64::from(max) + 1e-9);
        }
    }
}
