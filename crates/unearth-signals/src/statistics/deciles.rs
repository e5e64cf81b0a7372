//! Does a signal tell where a model errs?

use crate::proportion::{Confidence, Interval, wilson};

/// Tenths that examples are cut into.
pub const DECILES: usize = 10;

/// A tenth of the examples, cut by score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decile {
    /// Smallest score in it.
    pub lower: f64,
    /// Largest score in it.
    pub upper: f64,
    /// Examples in it.
    pub examples: usize,
    /// How many of them the model labels otherwise than given.
    pub errors: usize,
    /// `errors / examples`.
    pub error_rate: f64,
    /// 95 % Wilson interval of the error rate.
    pub interval: Interval,
}

/// Error rate of a model in each tenth of the examples, by ascending score: what a difficulty score
/// must raise, as Agarwal, D'souza, Hooker show for VoG (CVPR 2022, arXiv 2008.11600).
///
/// `correct` says of each held-out example whether the model agrees with its given label, and is
/// none for all others. The tenths differ by at most one example; equal scores are cut by index.
/// None when fewer than ten examples have both a finite score and an answer.
///
/// # Panics
/// When there is not one answer per score.
pub fn held_out_error_by_decile(
    scores: &[Option<f64>],
    correct: &[Option<bool>],
) -> Option<[Decile; DECILES]> {
    assert_eq!(scores.len(), correct.len(), "one answer per score");
    let mut answered: Vec<(f64, bool)> = scores
        .iter()
        .zip(correct)
        .filter_map(|(score, correct)| Some(((*score)?, (*correct)?)))
        .filter(|(score, _)| score.is_finite())
        .collect();
    if answered.len() < DECILES {
        return None;
    }
    // Stable, and -0 equals 0: equal scores stay in the order of their indices.
    answered.sort_by(|a, b| (a.0 + 0.0).total_cmp(&(b.0 + 0.0)));
    Some(std::array::from_fn(|tenth| {
        let start = tenth * answered.len() / DECILES;
        let end = (tenth + 1) * answered.len() / DECILES;
        decile(&answered[start..end])
    }))
}

fn decile(answered: &[(f64, bool)]) -> Decile {
    let examples = answered.len();
    let errors = answered.iter().filter(|(_, correct)| !correct).count();
    Decile {
        lower: answered[0].0,
        upper: answered[examples - 1].0,
        examples,
        errors,
        error_rate: errors as f64 / examples as f64,
        interval: wilson(errors, examples, Confidence::P95),
    }
}
