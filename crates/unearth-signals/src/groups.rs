//! Scores seen from within groups (language, source, site).
//!
//! None of these is fair by itself. A global ranking floods a small group that is hard and clean; one
//! within groups hides that a group is noisier than the others. They are read side by side.

/// Scored examples below which a group is too small to be compared with itself.
pub const GROUP_MIN: usize = 30;
/// Scored examples at which half of a group's difference from all is taken out by [`shrunken`].
const HALF_AT: f64 = 20.0;
/// Standard deviation of a normal distribution over its median absolute deviation.
const NORMAL: f64 = 1.482_602_218_505_602;

/// `(x − median_g) / (1.4826 · MAD_g)`: distance of each score from the middle of its group in robust
/// standard deviations. The median and the median absolute deviation of a group do not move while less
/// than half of it is wrong, so that a noisy group does not hide its own errors.
///
/// None for examples without score or group, in groups of fewer than [`GROUP_MIN`] scored examples, and
/// where more than half of a group's scores are equal.
///
/// # Panics
/// When there is not one group per score.
pub fn within(scores: &[Option<f64>], groups: &[Option<u32>]) -> Vec<Option<f64>> {
    let members = by_group(scores, groups);
    let scales: Vec<Option<(f64, f64)>> = members
        .into_iter()
        .map(|scores| {
            if scores.len() < GROUP_MIN {
                return None;
            }
            let middle = median(scores.clone())?;
            let deviations = scores.iter().map(|score| (score - middle).abs()).collect();
            let scale = NORMAL * median(deviations)?;
            (scale > 0.0).then_some((middle, scale))
        })
        .collect();
    scores
        .iter()
        .zip(groups)
        .map(|(score, group)| {
            let (middle, scale) = scales[(*group)? as usize]?;
            Some((finite(*score)? - middle) / scale)
        })
        .collect()
}

/// `x − w·(median_g − median)`, `w = n_g / (n_g + 20)`: a group's difference from all is taken out as
/// far as the group is large enough to know it. Examples without group keep their score.
///
/// # Panics
/// When there is not one group per score.
pub fn shrunken(scores: &[Option<f64>], groups: &[Option<u32>]) -> Vec<Option<f64>> {
    let Some(all) = median(scores.iter().filter_map(|&score| finite(score)).collect()) else {
        return vec![None; scores.len()];
    };
    let shifts: Vec<f64> = by_group(scores, groups)
        .into_iter()
        .map(|scores| {
            let count = scores.len() as f64;
            let weight = count / (count + HALF_AT);
            median(scores).map_or(0.0, |middle| weight * (middle - all))
        })
        .collect();
    scores
        .iter()
        .zip(groups)
        .map(|(score, group)| Some(finite(*score)? - group.map_or(0.0, |it| shifts[it as usize])))
        .collect()
}

fn by_group(scores: &[Option<f64>], groups: &[Option<u32>]) -> Vec<Vec<f64>> {
    assert_eq!(scores.len(), groups.len(), "one group per score");
    let count = groups
        .iter()
        .flatten()
        .max()
        .map_or(0, |&last| last as usize + 1);
    let mut members = vec![vec![]; count];
    for (&score, group) in scores.iter().zip(groups) {
        if let (Some(score), Some(group)) = (finite(score), group) {
            members[*group as usize].push(score);
        }
    }
    members
}

fn finite(score: Option<f64>) -> Option<f64> {
    score.filter(|score| score.is_finite())
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let upper = values.len() / 2;
    let lower = (values.len() - 1) / 2;
    Some(f64::midpoint(values[lower], values[upper]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn groups(sizes: &[usize]) -> Vec<Option<u32>> {
        let of = |(group, &size): (usize, &usize)| std::iter::repeat_n(Some(group as u32), size);
        sizes.iter().enumerate().flat_map(of).collect()
    }

    #[test]
    fn a_group_below_the_minimum_says_nothing_and_one_without_group_neither() {
        let mut of = groups(&[GROUP_MIN, GROUP_MIN - 1]);
        of.push(None);
        let scores: Vec<Option<f64>> = (0..of.len()).map(|i| Some(i as f64)).collect();
        let seen = within(&scores, &of);
        assert!(seen[..GROUP_MIN].iter().all(Option::is_some));
        assert!(seen[GROUP_MIN..].iter().all(Option::is_none));
        let shrunk = shrunken(&scores, &of);
        assert_eq!(shrunk[of.len() - 1], scores[of.len() - 1]);
    }

    #[test]
    fn equal_scores_have_no_scale() {
        let of = groups(&[40]);
        assert_eq!(within(&[Some(1.0); 40], &of), [None; 40]);
    }

    #[test]
    fn a_third_of_wrong_labels_does_not_hide_itself() {
        // 100 easy, 100 hard by a constant, 100 of which 30 are far out.
        let of = groups(&[100, 100, 100]);
        let noise = |i: usize| ((i * 37) % 100) as f64 / 100.0;
        let score = |i: usize| match i {
            100..200 => 3.0 + noise(i),
            200..230 => 5.0 + noise(i),
            _ => noise(i),
        };
        let scores: Vec<Option<f64>> = (0..300).map(|i| Some(score(i))).collect();
        for adjusted in [within(&scores, &of), shrunken(&scores, &of)] {
            let mut order: Vec<usize> = (0..300).collect();
            order.sort_by(|&a, &b| adjusted[b].unwrap().total_cmp(&adjusted[a].unwrap()));
            let top = &order[..30];
            assert!(top.iter().all(|i| (200..230).contains(i)), "{top:?}");
        }
    }

    proptest! {
        #[test]
        fn shifting_a_group_changes_nothing_within_it(
            scores in proptest::collection::vec(-5.0f64..5.0, 64), shift in -50.0f64..50.0,
        ) {
            let of = groups(&[32, 32]);
            let plain: Vec<Option<f64>> = scores.iter().copied().map(Some).collect();
            let shifted: Vec<Option<f64>> = (0..64)
                .map(|i| Some(scores[i] + if i < 32 { shift } else { 0.0 }))
                .collect();
            for (a, b) in within(&plain, &of).iter().zip(within(&shifted, &of)) {
                prop_assert_eq!(a.is_some(), b.is_some());
                if let (Some(a), Some(b)) = (a, b) {
                    prop_assert!((a - b).abs() < 1e-6);
                }
            }
        }
    }
}
