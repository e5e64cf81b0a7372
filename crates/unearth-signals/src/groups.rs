//! Scores seen from within groups (language, source, site).
//!
//! None of these is fair by itself. A global ranking floods a small group that is hard and clean; one
//! within groups hides that a group is noisier than the others. They are read side by side.

use crate::{
    ranking::{self, Place},
    score::Score,
};
use std::collections::HashMap;

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
/// Scores are changed in place; `places` are for sorting.
///
/// # Panics
/// When there are fewer places than scores.
pub fn within(scores: &mut [Score], group_of: impl Fn(usize) -> Option<u32>, places: &mut [Place]) {
    let mut scales: HashMap<u32, (f64, f64)> = HashMap::new();
    for (group, members) in by_group(scores, &group_of, places) {
        if members.len() < GROUP_MIN {
            continue;
        }
        let middle = median(members);
        for place in &mut *members {
            place.key = (place.key - middle).abs();
        }
        ranking::sort(members);
        let scale = NORMAL * median(members);
        if scale > 0.0 {
            scales.insert(group, (middle, scale));
        }
    }
    for (at, score) in scores.iter_mut().enumerate() {
        let scale = group_of(at).and_then(|group| scales.get(&group));
        let from_middle = scale.zip(score.finite());
        *score = from_middle
            .map(|((middle, scale), score)| (score - middle) / scale)
            .into();
    }
}

/// `x − w·(median_g − median)`, `w = n_g / (n_g + 20)`: a group's difference from all is taken out as
/// far as the group is large enough to know it. Examples without group keep their score.
///
/// Scores are changed in place; `places` are for sorting.
///
/// # Panics
/// When there are fewer places than scores.
pub fn shrunken(
    scores: &mut [Score],
    group_of: impl Fn(usize) -> Option<u32>,
    places: &mut [Place],
) {
    let finite = in_places(scores, |_| true, places);
    ranking::sort(finite);
    if finite.is_empty() {
        return scores.fill(Score::NONE);
    }
    let all = median(finite);
    let shifts: HashMap<u32, f64> = by_group(scores, &group_of, places)
        .map(|(group, members)| {
            let count = members.len() as f64;
            let weight = count / (count + HALF_AT);
            (group, weight * (median(members) - all))
        })
        .collect();
    for (at, score) in scores.iter_mut().enumerate() {
        let shift = group_of(at).and_then(|group| shifts.get(&group));
        let shift = shift.copied().unwrap_or(0.0);
        *score = score.finite().map(|score| score - shift).into();
    }
}

/// The members of each group that has finite scores, sorted by these.
fn by_group<'p>(
    scores: &[Score],
    group_of: &impl Fn(usize) -> Option<u32>,
    places: &'p mut [Place],
) -> impl Iterator<Item = (u32, &'p mut [Place])> {
    let members = in_places(scores, |at| group_of(at).is_some(), places);
    let group = |place: &Place| group_of(place.index as usize);
    members.sort_unstable_by(|a, b| {
        let by_group = group(a).cmp(&group(b));
        by_group.then(a.key.total_cmp(&b.key))
    });
    members
        .chunk_by_mut(move |a, b| group(a) == group(b))
        .filter_map(move |members| Some((group(&members[0])?, members)))
}

/// The finite scores of those that are wanted.
fn in_places<'p>(
    scores: &[Score],
    is_wanted: impl Fn(usize) -> bool,
    places: &'p mut [Place],
) -> &'p mut [Place] {
    let mut wanted = 0;
    for (at, score) in scores.iter().enumerate() {
        if let Some(key) = score.finite().filter(|_| is_wanted(at)) {
            places[wanted] = Place {
                key: key + 0.0,
                index: at as u64,
            };
            wanted += 1;
        }
    }
    &mut places[..wanted]
}

/// Of sorted places, of which there is at least one.
fn median(sorted: &[Place]) -> f64 {
    let upper = sorted.len() / 2;
    let lower = (sorted.len() - 1) / 2;
    f64::midpoint(sorted[lower].key, sorted[upper].key)
}

#[cfg(test)]
mod tests {
    use super::{GROUP_MIN, Place};
    use crate::score::{self, Score};
    use proptest::prelude::*;

    fn within(scores: &[Option<f64>], groups: &[Option<u32>]) -> Vec<Option<f64>> {
        let mut scores = score::scores(scores);
        let mut places = vec![Place::EMPTY; scores.len()];
        super::within(&mut scores, |at| groups[at], &mut places);
        scores.into_iter().map(Score::get).collect()
    }

    fn shrunken(scores: &[Option<f64>], groups: &[Option<u32>]) -> Vec<Option<f64>> {
        let mut scores = score::scores(scores);
        let mut places = vec![Place::EMPTY; scores.len()];
        super::shrunken(&mut scores, |at| groups[at], &mut places);
        scores.into_iter().map(Score::get).collect()
    }

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
