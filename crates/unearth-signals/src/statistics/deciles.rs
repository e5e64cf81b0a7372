//! Does a signal tell where a model errs?

use crate::{
    proportion::{Confidence, Interval, wilson},
    ranking::{Place, Ranking},
};
use std::ops::Deref;

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
/// `correct` says of a held-out example whether the model agrees with its given label, and is
/// none for all others. The tenths differ by at most one example; equal scores are cut by index.
/// None when fewer than ten examples have both a finite score and an answer.
pub fn held_out_error_by_decile<P: Deref<Target = [Place]>>(
    ranking: &Ranking<P>,
    correct: impl Fn(usize) -> Option<bool>,
) -> Option<[Decile; DECILES]> {
    let answered = || {
        let finite = ranking.ascending().filter(|(score, _)| score.is_finite());
        finite.filter_map(|(score, index)| Some((score, correct(index)?)))
    };
    let examples = answered().count();
    if examples < DECILES {
        return None;
    }
    let mut left = answered();
    Some(std::array::from_fn(|tenth| {
        let start = tenth * examples / DECILES;
        let end = (tenth + 1) * examples / DECILES;
        decile(left.by_ref().take(end - start))
    }))
}

/// Of ascending scores, of which there is at least one.
fn decile(answered: impl Iterator<Item = (f64, bool)>) -> Decile {
    let (mut lower, mut upper) = (f64::NAN, f64::NAN);
    let (mut examples, mut errors) = (0, 0);
    for (score, correct) in answered {
        if examples == 0 {
            lower = score;
        }
        upper = score;
        examples += 1;
        errors += usize::from(!correct);
    }
    Decile {
        lower,
        upper,
        examples,
        errors,
        error_rate: errors as f64 / examples as f64,
        interval: wilson(errors, examples, Confidence::P95),
    }
}

#[cfg(test)]
mod tests {
    use super::{DECILES, Decile};
    use crate::{
        proportion::{Confidence, wilson},
        ranking::{Direction, Place, Ranking},
        score,
    };
    use proptest::prelude::*;

    fn held_out_error_by_decile(
        scores: &[Option<f64>],
        correct: &[Option<bool>],
    ) -> Option<[Decile; DECILES]> {
        let places = vec![Place::EMPTY; scores.len()];
        let ranking = Ranking::of(score::scores(scores), Direction::HighHarder, places);
        super::held_out_error_by_decile(&ranking, |at| correct[at])
    }

    #[test]
    fn errors_are_counted_where_they_are() {
        // Twenty examples, hardest first; the model errs on the three with the highest scores.
        let scores: Vec<Option<f64>> = (0..20).rev().map(|score| Some(f64::from(score))).collect();
        let correct: Vec<Option<bool>> = (0..20).map(|index| Some(index >= 3)).collect();
        let deciles = held_out_error_by_decile(&scores, &correct).expect("twenty examples");
        let errors = deciles.map(|decile| decile.errors);
        assert_eq!(errors, [0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!((deciles[8].lower, deciles[8].upper), (16.0, 17.0));
        assert_eq!(deciles[8].interval, wilson(1, 2, Confidence::P95));
    }

    #[test]
    fn equal_scores_are_cut_by_index() {
        let scores = [Some(0.0), Some(-0.0)].repeat(10);
        let correct: Vec<Option<bool>> = (0..20).map(|index| Some(index >= 2)).collect();
        let deciles = held_out_error_by_decile(&scores, &correct).expect("twenty examples");
        assert_eq!(deciles[0].errors, 2);
    }

    #[test]
    fn nine_answers_make_no_deciles() {
        let scores = [Some(1.0)].repeat(12);
        let mut correct = [Some(true)].repeat(12);
        correct[..3].fill(None);
        assert_eq!(held_out_error_by_decile(&scores, &correct), None);
    }

    proptest! {
        #[test]
        fn tenths_are_even_ordered_and_complete(
            examples in proptest::collection::vec(
                (proptest::option::weighted(0.9, -5f64..5.0), proptest::option::weighted(0.9, any::<bool>())), 10..90),
        ) {
            let (scores, correct): (Vec<_>, Vec<_>) = examples.iter().copied().unzip();
            let answered: Vec<bool> = examples.iter().filter(|(score, _)| score.is_some()).filter_map(|(_, correct)| *correct).collect();
            let Some(deciles) = held_out_error_by_decile(&scores, &correct) else {
                prop_assert!(answered.len() < DECILES);
                return Ok(());
            };
            let examples: usize = deciles.iter().map(|decile| decile.examples).sum();
            let errors: usize = deciles.iter().map(|decile| decile.errors).sum();
            prop_assert_eq!(examples, answered.len());
            prop_assert_eq!(errors, answered.iter().filter(|correct| !**correct).count());
            prop_assert!(deciles.iter().all(|decile| decile.examples.abs_diff(answered.len() / DECILES) <= 1));
            prop_assert!(deciles.windows(2).all(|pair| pair[0].upper <= pair[1].lower));
        }
    }
}
