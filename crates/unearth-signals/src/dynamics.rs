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
