//! Counts of scores in bins of equal width.

use crate::score::Score;
use std::num::NonZeroUsize;

/// Counts of scores in bins of equal width.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// One more edge than bins, ascending. Bin i holds `edges[i] ≤ score < edges[i + 1]`, and the
    /// last one its upper edge too.
    pub edges: Vec<f64>,
    /// Scores in each bin.
    pub counts: Vec<usize>,
    /// Examples in no bin: without a score, or with one that is not finite.
    pub left_out: usize,
}

/// Counts the finite scores in `bins` bins from the smallest to the largest. Equal scores give a
/// single bin of no width; no finite score gives neither bins nor edges.
pub fn histogram(scores: impl Iterator<Item = Score> + Clone, bins: NonZeroUsize) -> Histogram {
    let finite = scores.clone().filter_map(Score::finite);
    let edges = edges(finite.clone(), bins.get());
    let mut counts = vec![0; edges.len().saturating_sub(1)];
    let mut counted = 0;
    for score in finite {
        let inner = &edges[1..edges.len() - 1];
        counts[inner.partition_point(|&edge| edge <= score)] += 1;
        counted += 1;
    }
    Histogram {
        edges,
        counts,
        left_out: scores.count() - counted,
    }
}

fn edges(finite: impl Iterator<Item = f64> + Clone, bins: usize) -> Vec<f64> {
    let Some(min) = finite.clone().reduce(f64::min) else {
        return Vec::new();
    };
    let max = finite.fold(min, f64::max);
    // Not min + share · (max − min): the difference may overflow.
    let edge = |share: f64| min * (1.0 - share) + max * share;
    if min < max {
        (0..=bins).map(|at| edge(at as f64 / bins as f64)).collect()
    } else {
        vec![min, max]
    }
}

#[cfg(test)]
mod tests {
    use super::{Histogram, NonZeroUsize};
    use crate::score::scores;
    use proptest::prelude::*;

    fn histogram(values: &[Option<f64>], bins: NonZeroUsize) -> Histogram {
        super::histogram(scores(values).into_iter(), bins)
    }

    fn bins(bins: usize) -> NonZeroUsize {
        NonZeroUsize::new(bins).expect("not zero")
    }

    #[test]
    fn the_last_bin_holds_its_upper_edge() {
        let scores = [0.0, 1.0, 1.5, 3.9, 4.0].map(Some);
        let histogram = histogram(&scores, bins(4));
        assert_eq!(histogram.edges, [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(histogram.counts, [1, 2, 0, 2]);
    }

    #[test]
    fn equal_scores_are_one_bin() {
        let histogram = histogram(&[Some(2.5), None, Some(2.5)], bins(10));
        assert_eq!(histogram.edges, [2.5, 2.5]);
        assert_eq!(histogram.counts, [2]);
        assert_eq!(histogram.left_out, 1);
    }

    #[test]
    fn no_score_is_no_bin() {
        let histogram = histogram(&[None, Some(f64::NAN), Some(f64::INFINITY)], bins(3));
        assert!(histogram.edges.is_empty() && histogram.counts.is_empty());
        assert_eq!(histogram.left_out, 3);
    }

    #[test]
    fn the_widest_range_has_finite_edges() {
        let histogram = histogram(&[Some(f64::MIN), Some(0.0), Some(f64::MAX)], bins(4));
        assert!(histogram.edges.iter().all(|edge| edge.is_finite()));
        assert_eq!(histogram.counts, [1, 0, 1, 1]);
    }

    proptest! {
        #[test]
        fn every_score_is_in_the_bin_of_its_edges(
            scores in proptest::collection::vec(proptest::option::weighted(0.9, -10f64..10.0), 0..80),
            count in 1usize..20,
        ) {
            let histogram = histogram(&scores, bins(count));
            prop_assert_eq!(histogram.counts.iter().sum::<usize>() + histogram.left_out, scores.len());
            prop_assert!(histogram.edges.is_sorted());
            for (bin, &counted) in histogram.counts.iter().enumerate() {
                let (lower, upper) = (histogram.edges[bin], histogram.edges[bin + 1]);
                let is_last = bin + 1 == histogram.counts.len();
                let inside = scores.iter().flatten().filter(|&&score| {
                    lower <= score && (score < upper || (is_last && score <= upper))
                });
                prop_assert_eq!(counted, inside.count());
            }
        }
    }
}
