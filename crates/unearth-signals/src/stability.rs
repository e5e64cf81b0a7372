//! How far rankings of the same examples under several seeds agree.

use crate::{
    ranking::{self, Place},
    score::Score,
};

/// What one example got over the seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Smallest and largest score; none where no seed gave it one.
    pub value: Option<(f64, f64)>,
    /// Hardest and easiest rank.
    pub rank: (i32, i32),
}

/// One ranking: score and rank of each example, in one order for all rankings.
#[derive(Debug, Clone, Copy)]
pub struct Ranking<'r> {
    /// Scores.
    pub scores: &'r [Score],
    /// Rank, the hardest is 1.
    pub ranks: &'r [i32],
}

/// The range of every example over all rankings. It is a range, not an interval: it says nothing of
/// seeds that were not tried.
///
/// # Panics
/// When the rankings are of different lengths, or there is none.
pub fn ranges<'r>(rankings: &'r [Ranking<'_>]) -> impl Iterator<Item = Range> + 'r {
    let examples = rankings[0].ranks.len();
    for ranking in rankings {
        assert!(ranking.ranks.len() == examples && ranking.scores.len() == examples);
    }
    (0..examples).map(|at| {
        let ranks = || rankings.iter().map(|ranking| ranking.ranks[at]);
        let scores = || {
            rankings
                .iter()
                .filter_map(|ranking| ranking.scores[at].get())
        };
        let low = scores().min_by(f64::total_cmp);
        Range {
            value: low.zip(scores().max_by(f64::total_cmp)),
            rank: (
                ranks().min().expect("there is a ranking"),
                ranks().max().expect("there is a ranking"),
            ),
        }
    })
}

/// Spearman's rank correlation of the scores of two rankings over the examples that both score, equal
/// scores taking the mean of their ranks. None where there are fewer than two, or one of the rankings
/// says the same of all.
pub fn spearman(a: &[Option<f64>], b: &[Option<f64>]) -> Option<f64> {
    let scores = |of: &[Option<f64>]| of.iter().copied().map(Score::from).collect::<Vec<_>>();
    let examples = a.len().min(b.len());
    let mut places = vec![Place::EMPTY; examples];
    let (mut of_a, mut of_b) = (vec![0.0; examples], vec![0.0; examples]);
    let ranks = [&mut of_a[..], &mut of_b[..]];
    spearman_in(&scores(a), &scores(b), &mut places, ranks)
}

/// The same of columns; `places` and `ranks` are to work in, as long as these.
pub fn spearman_in(
    a: &[Score],
    b: &[Score],
    places: &mut [Place],
    [of_a, of_b]: [&mut [f64]; 2],
) -> Option<f64> {
    let mut examples = 0;
    for (a, b) in a.iter().zip(b) {
        if let Some((a, b)) = a.get().zip(b.get()) {
            (of_a[examples], of_b[examples]) = (a, b);
            examples += 1;
        }
    }
    let (of_a, of_b) = (&mut of_a[..examples], &mut of_b[..examples]);
    ranking::to_midranks(of_a, places);
    ranking::to_midranks(of_b, places);
    pearson(of_a, of_b)
}

fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    let n = a.len() as f64;
    if a.len() < 2 {
        return None;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let products = |x: &[f64], mx: f64, y: &[f64], my: f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum()
    };
    let spread = (products(a, mean_a, a, mean_a) * products(b, mean_b, b, mean_b)).sqrt();
    (spread > 0.0).then(|| (products(a, mean_a, b, mean_b) / spread).clamp(-1.0, 1.0))
}

/// Share of the `k` hardest examples of one ranking that are among the `k` hardest of the other. None
/// where there are fewer than `k` examples, or `k` is 0.
pub fn overlap(a: &[i32], b: &[i32], k: usize) -> Option<f64> {
    if k == 0 || a.len() < k {
        return None;
    }
    let is_top = |rank: i32| usize::try_from(rank).is_ok_and(|rank| rank <= k);
    let both = a
        .iter()
        .zip(b)
        .filter(|&(&a, &b)| is_top(a) && is_top(b))
        .count();
    Some(both as f64 / k as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::scores;
    use proptest::prelude::*;

    #[test]
    fn a_range_holds_every_seed() {
        let first = Ranking {
            scores: &scores(&[Some(1.0), None, Some(3.0)]),
            ranks: &[2, 3, 1],
        };
        let second = Ranking {
            scores: &scores(&[Some(4.0), None, None]),
            ranks: &[1, 2, 3],
        };
        let rankings = [first, second];
        let ranges: Vec<Range> = ranges(&rankings).collect();
        assert_eq!(
            (ranges[0].value, ranges[0].rank),
            (Some((1.0, 4.0)), (1, 2))
        );
        assert_eq!((ranges[1].value, ranges[1].rank), (None, (2, 3)));
        assert_eq!(
            (ranges[2].value, ranges[2].rank),
            (Some((3.0, 3.0)), (1, 3))
        );
    }

    #[test]
    fn spearman_is_scipy_s() {
        // scipy.stats.spearmanr([1, 2, 2, 5, 9], [3, 1, 4, 4, 7])
        let some = |values: &[f64]| values.iter().copied().map(Some).collect::<Vec<_>>();
        let got = spearman(
            &some(&[1.0, 2.0, 2.0, 5.0, 9.0]),
            &some(&[3.0, 1.0, 4.0, 4.0, 7.0]),
        );
        assert!(
            (got.unwrap() - 0.763_157_894_736_842).abs() < 1e-12,
            "{got:?}"
        );
        assert_eq!(spearman(&some(&[1.0, 1.0]), &some(&[1.0, 2.0])), None);
        assert_eq!(spearman(&[None, Some(1.0)], &[Some(1.0), Some(1.0)]), None);
    }

    #[test]
    fn overlap_counts_the_top() {
        assert_eq!(overlap(&[1, 2, 3, 4], &[2, 1, 4, 3], 2), Some(1.0));
        assert_eq!(overlap(&[1, 2, 3, 4], &[4, 3, 2, 1], 2), Some(0.0));
        assert_eq!(overlap(&[1, 2], &[1, 2], 3), None);
        assert_eq!(overlap(&[1, 2], &[1, 2], 0), None);
    }

    proptest! {
        #[test]
        fn correlation_does_not_see_the_scale(values in proptest::collection::vec(-50i32..50, 2..40)) {
            let a: Vec<Option<f64>> = values.iter().map(|&v| Some(f64::from(v))).collect();
            let b: Vec<Option<f64>> = values.iter().map(|&v| Some((f64::from(v) / 10.0).exp())).collect();
            if let Some(correlation) = spearman(&a, &b) {
                prop_assert!((correlation - 1.0).abs() < 1e-9);
            }
        }
    }
}
