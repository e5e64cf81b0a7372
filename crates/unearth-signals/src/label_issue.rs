//! One ranking to find wrong labels with.

use crate::{
    ranking::{self, Place},
    score::Score,
};

/// The mean over several quantities of each example's standing in it: 1 for the hardest of all in
/// every quantity, towards 0 for the easiest. Equal values share the mean of their ranks. It is a rank
/// score, not a probability. None where one of the quantities is.
///
/// Each quantity is one value per example, high = harder.
///
/// Late in training a wrong label is what a model has not yet come to believe, and no single reading of
/// that is best everywhere: the loss sees how improbable the label is, the margin how far another class
/// leads, in flight before memorising and in the eval pass without the noise of augmentation. Ranks make
/// them comparable whatever their scale.
///
/// Answers come in `means`; `places` are for sorting.
///
/// # Panics
/// When the quantities, the places or the means differ in length.
pub fn mean_standing(quantities: &[&[Score]], places: &mut [Place], means: &mut [Score]) {
    means.fill(Score::from(0.0));
    for quantity in quantities {
        assert_eq!(quantity.len(), means.len(), "one value per example");
        add_standings(quantity, places, means);
    }
    let count = quantities.len() as f64;
    for mean in means {
        *mean = mean.get().map(|sum| sum / count).into();
    }
}

/// Where a value that is not among them would stand among `sorted` ones, ascending: the share that is
/// easier, equals counting half. What [`mean_standing`] takes the mean of, for one that is not ranked.
pub fn standing_among(sorted: &[f64], value: f64) -> f64 {
    let below = sorted.partition_point(|other| other.total_cmp(&value).is_lt());
    let not_above = sorted.partition_point(|other| other.total_cmp(&value).is_le());
    f64::midpoint(below as f64, not_above as f64) / sorted.len().max(1) as f64
}

/// Adds to each sum the rank of its value from the easy end, divided by the number of values; none where there is none.
fn add_standings(values: &[Score], places: &mut [Place], sums: &mut [Score]) {
    let mut known = 0;
    for (index, value) in values.iter().enumerate() {
        let Some(value) = value.get() else {
            sums[index] = Score::NONE;
            continue;
        };
        places[known] = Place {
            key: value + 0.0,
            index: index as u64,
        };
        known += 1;
    }
    let ranked = &mut places[..known];
    ranking::sort(ranked);
    ranking::each_midrank(ranked, |index, rank| {
        let sum = sums[index].get();
        sums[index] = sum.map(|sum| sum + rank / known as f64).into();
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::scores;
    use proptest::prelude::*;

    fn mean_standing(quantities: &[Vec<Option<f64>>]) -> Vec<Option<f64>> {
        let examples = quantities.first().map_or(0, Vec::len);
        let quantities: Vec<Vec<Score>> = quantities.iter().map(|it| scores(it)).collect();
        let quantities: Vec<&[Score]> = quantities.iter().map(Vec::as_slice).collect();
        let mut means = vec![Score::NONE; examples];
        super::mean_standing(&quantities, &mut vec![Place::EMPTY; examples], &mut means);
        means.into_iter().map(Score::get).collect()
    }

    #[test]
    fn a_stranger_stands_between_those_it_lies_between() {
        let sorted = [1.0, 2.0, 2.0, 4.0];
        for (value, expected) in [(0.0, 0.0), (2.0, 0.5), (3.0, 0.75), (9.0, 1.0)] {
            let standing = standing_among(&sorted, value);
            assert!((standing - expected).abs() < 1e-12, "{value}: {standing}");
        }
    }

    fn some(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    #[test]
    fn hardest_in_everything_is_one_and_ties_share() {
        let found = mean_standing(&[some(&[1.0, 5.0, 1.0, 9.0]), some(&[-3.0, 0.0, 2.0, 7.0])]);
        assert_eq!(
            found,
            [Some(2.5 / 8.0), Some(5.0 / 8.0), Some(4.5 / 8.0), Some(1.0)]
        );
    }

    #[test]
    fn what_is_missing_in_one_is_missing() {
        let found = mean_standing(&[
            vec![Some(1.0), None, Some(f64::NAN)],
            some(&[1.0, 2.0, 3.0]),
        ]);
        assert_eq!(found, [Some(4.0 / 6.0), None, None]);
        assert_eq!(mean_standing(&[]), []);
    }

    proptest! {
        #[test]
        fn scale_and_offset_change_nothing(values in proptest::collection::vec(-1e3f64..1e3, 1..40)) {
            let plain = mean_standing(&[some(&values)]);
            let scaled: Vec<f64> = values.iter().map(|value| value.mul_add(8.0, 16.0)).collect();
            let order = |v: &[Option<f64>]| v.iter().map(|v| v.unwrap_or(0.0)).collect::<Vec<_>>();
            // Scaling by a power of two keeps distinct values distinct, but for what the offset rounds.
            let scaled = mean_standing(&[some(&scaled)]);
            for (a, b) in order(&plain).iter().zip(order(&scaled)) {
                prop_assert!((a - b).abs() <= 1.0 / values.len() as f64);
            }
        }

        #[test]
        fn lies_in_the_unit_interval_and_averages_to_the_middle(
            values in proptest::collection::vec(-1e3f64..1e3, 1..40),
        ) {
            let found = mean_standing(&[some(&values), some(&values)]);
            let n = values.len() as f64;
            let sum: f64 = found.iter().flatten().sum();
            prop_assert!((sum / n - (n + 1.0) / (2.0 * n)).abs() < 1e-9);
            prop_assert!(found.iter().flatten().all(|&v| v > 0.0 && v <= 1.0));
        }
    }
}
