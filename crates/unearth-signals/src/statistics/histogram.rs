//! Counts of scores in bins of equal width.

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
pub fn histogram(scores: &[Option<f64>], bins: NonZeroUsize) -> Histogram {
    let finite: Vec<f64> = scores
        .iter()
        .flatten()
        .copied()
        .filter(|score| score.is_finite())
        .collect();
    let edges = edges(&finite, bins.get());
    let mut counts = vec![0; edges.len().saturating_sub(1)];
    for score in &finite {
        let inner = &edges[1..edges.len() - 1];
        counts[inner.partition_point(|edge| edge <= score)] += 1;
    }
    Histogram {
        edges,
        counts,
        left_out: scores.len() - finite.len(),
    }
}

fn edges(finite: &[f64], bins: usize) -> Vec<f64> {
    let Some(min) = finite.iter().copied().reduce(f64::min) else {
        return Vec::new();
    };
    let max = finite.iter().copied().fold(min, f64::max);
    // Not min + share · (max − min): the difference may overflow.
    let edge = |share: f64| min * (1.0 - share) + max * share;
    if min < max {
        (0..=bins).map(|at| edge(at as f64 / bins as f64)).collect()
    } else {
        vec![min, max]
    }
}
