//! How well a score finds what it is meant to find, such as wrong labels.
//!
//! Examples of equal score are never put in an order that the score does not give: they form one *tier*
//! and are counted together. Examples without a score are the last tier, easier than all others.

use crate::{
    ranking::{Direction, Place, Ranked, Ranking},
    score::Score,
};
use thiserror::Error;

/// A ranking cut into tiers, beside the truth about its examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detection {
    /// Hardest first; none is empty.
    tiers: Vec<Tier>,
    all: Tier,
    without_score: usize,
}

/// Examples that a ranking does not tell apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tier {
    examples: usize,
    /// How many of them are to be found.
    sought: usize,
}

/// A score that has no place in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the score of example {index} is not a number")]
pub struct NotANumber {
    /// The first such example.
    pub index: usize,
}

/// Why a detection cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DetectionError {
    /// A score has no place in an order.
    #[error(transparent)]
    NotANumber(#[from] NotANumber),
    /// Nothing is sought, or everything: any order is as good as another.
    #[error(
        "{sought} of {examples} examples are sought: there must be some, and others beside them"
    )]
    OneKind {
        /// How many are sought.
        sought: usize,
        /// Of how many.
        examples: usize,
    },
}

impl Detection {
    /// Sets scores against the truth: `is_sought[i]` says whether example `i` is to be found.
    ///
    /// # Errors
    /// A NaN among the scores, or examples of one kind only.
    ///
    /// # Panics
    /// When the two differ in length.
    pub fn of(
        scores: &[Option<f64>],
        direction: Direction,
        is_sought: &[bool],
    ) -> Result<Self, DetectionError> {
        assert_eq!(scores.len(), is_sought.len(), "one truth per example");
        let all = Tier::of(is_sought.iter().copied());
        if all.sought == 0 || all.sought == all.examples {
            return Err(DetectionError::OneKind {
                sought: all.sought,
                examples: all.examples,
            });
        }
        let is_nan = |score: &Option<f64>| score.is_some_and(f64::is_nan);
        if let Some(index) = scores.iter().position(is_nan) {
            return Err(NotANumber { index }.into());
        }
        let places = vec![Place::EMPTY; scores.len()];
        let ranking = Ranking::of(scores.iter().copied().map(Score::from), direction, places);
        let ranking: Vec<Ranked> = ranking.iter().collect();
        // Comparing the scores themselves: equal ones stand side by side, -0 beside 0, and none beside none.
        let tiers: Vec<Tier> = ranking
            .chunk_by(|a, b| scores[a.index] == scores[b.index])
            .map(|equals| Tier::of(equals.iter().map(|ranked| is_sought[ranked.index])))
            .collect();
        Ok(Self {
            tiers,
            all,
            without_score: scores.iter().filter(|score| score.is_none()).count(),
        })
    }

    /// How many examples have no score.
    pub fn without_score(&self) -> usize {
        self.without_score
    }

    /// The probability that a sought example, drawn at random, is ranked as harder than one that is not
    /// sought; equal scores count half. 0.5 is chance, 1 is perfect.
    ///
    /// It is the area under the receiver operating characteristic, as the Mann–Whitney statistic with
    /// midranks: Bamber, Journal of Mathematical Psychology 12 (1975) 387–415.
    pub fn auroc(&self) -> f64 {
        let others = |tier: Tier| (tier.examples - tier.sought) as f64;
        let mut easier = others(self.all);
        let mut won = 0.0;
        for &tier in &self.tiers {
            easier -= others(tier);
            won += tier.sought as f64 * (easier + 0.5 * others(tier));
        }
        won / (self.all.sought as f64 * others(self.all))
    }

    /// Average precision: the sum over the tiers of the precision down to that tier times the recall that
    /// it adds. Chance is the share of sought examples, 1 is perfect.
    ///
    /// The step-wise definition, without interpolation, as scikit-learn's `average_precision_score`.
    pub fn average_precision(&self) -> f64 {
        let mut above = Tier::default();
        let mut sum = 0.0;
        for &tier in &self.tiers {
            above = above.and(tier);
            sum += tier.sought as f64 * above.sought as f64 / above.examples as f64;
        }
        sum / self.all.sought as f64
    }

    /// Share of sought examples among the first `k`: the expected one if equal scores are put in a random
    /// order. None when `k` is 0 or there are fewer examples.
    pub fn precision_at(&self, k: usize) -> Option<f64> {
        if k == 0 || k > self.all.examples {
            return None;
        }
        let mut left = k;
        let mut found = 0.0;
        for tier in &self.tiers {
            let taken = left.min(tier.examples);
            found += tier.sought as f64 * (taken as f64 / tier.examples as f64);
            left -= taken;
        }
        Some(found / k as f64)
    }
}

impl Tier {
    fn of(are_sought: impl Iterator<Item = bool>) -> Self {
        are_sought.fold(Self::default(), |tier, is_sought| {
            tier.and(Self {
                examples: 1,
                sought: usize::from(is_sought),
            })
        })
    }

    fn and(self, other: Self) -> Self {
        Self {
            examples: self.examples + other.examples,
            sought: self.sought + other.sought,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn detection(scores: &[Option<f64>], is_sought: &[bool]) -> Detection {
        Detection::of(scores, Direction::HighHarder, is_sought).expect("numbers, and both kinds")
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    /// scikit-learn 1.9.1:
    ///
    /// ```python
    /// import numpy as np
    /// from sklearn.metrics import roc_auc_score as auc, average_precision_score as ap
    /// i = np.arange(200)
    /// wrong = i * 104729 % 97 < 11
    /// for score in (i * 7919 % 101 % 23, i * 7919 % 1009 + 300 * wrong):
    ///     print(wrong.sum(), len(set(score)), auc(wrong, score), ap(wrong, score))
    /// ```
    #[test]
    fn agrees_with_scikit_learn() {
        let is_sought: Vec<bool> = (0..200).map(|i| i * 104_729 % 97 < 11).collect();
        let many_ties = (0..200).map(|i| Some(f64::from(i * 7919 % 101 % 23)));
        let found = detection(&many_ties.collect::<Vec<_>>(), &is_sought);
        assert_eq!((found.all.sought, found.tiers.len()), (24, 23));
        assert!(near(found.auroc(), 0.589_133_522_727_272_7));
        assert!(near(found.average_precision(), 0.201_484_532_631_474_12));

        let few_ties = (0..200).map(|i| {
            let raised = if is_sought[i as usize] { 300 } else { 0 };
            Some(f64::from(i * 7919 % 1009 + raised))
        });
        let found = detection(&few_ties.collect::<Vec<_>>(), &is_sought);
        assert_eq!((found.all.sought, found.tiers.len()), (24, 200));
        assert!(near(found.auroc(), 0.718_986_742_424_242_4));
        assert!(near(found.average_precision(), 0.408_157_846_993_605_7));
    }

    #[test]
    fn a_small_case_by_hand() {
        let scores = [Some(9.0), Some(5.0), Some(5.0), None, Some(1.0), None];
        let is_sought = [true, true, false, true, false, false];
        let found = detection(&scores, &is_sought);
        assert_eq!(found.without_score(), 2);
        // Of the nine pairs: the 9 wins three, the 5 two and a half, the one without a score a half.
        assert!(near(found.auroc(), 6.0 / 9.0));
        let sum = 1.0 + 2.0 / 3.0 + 3.0 / 6.0;
        assert!(near(found.average_precision(), sum / 3.0));
        assert_eq!(found.precision_at(0), None);
        assert_eq!(found.precision_at(1), Some(1.0));
        assert_eq!(found.precision_at(2), Some(0.75));
        assert_eq!(found.precision_at(3), Some(2.0 / 3.0));
        assert_eq!(found.precision_at(5), Some(0.5));
        assert_eq!(found.precision_at(6), Some(0.5));
        assert_eq!(found.precision_at(7), None);
    }

    #[test]
    fn what_cannot_be_judged_is_refused() {
        let judged = |scores: &[Option<f64>], is_sought: &[bool]| {
            Detection::of(scores, Direction::LowHarder, is_sought)
        };
        let numbers = [Some(1.0), Some(2.0)];
        for of_one_kind in [[true; 2], [false; 2]] {
            let refused = judged(&numbers, &of_one_kind).expect_err("one kind");
            assert!(matches!(refused, DetectionError::OneKind { .. }));
        }
        let refused = judged(&[Some(f64::NAN), None], &[true, false]).expect_err("NaN");
        assert_eq!(refused, NotANumber { index: 0 }.into());
    }

    /// Scores with ties and gaps, and a truth of both kinds.
    fn cases() -> impl Strategy<Value = (Vec<Option<f64>>, Vec<bool>)> {
        let score = proptest::option::weighted(0.8, (-6i8..6).prop_map(f64::from));
        let examples = proptest::collection::vec((score, any::<bool>()), 2..60);
        examples
            .prop_map(|examples| examples.into_iter().unzip())
            .prop_filter("both kinds", |(_, is_sought): &(_, Vec<bool>)| {
                is_sought.contains(&true) && is_sought.contains(&false)
            })
    }

    proptest! {
        #[test]
        fn only_the_order_counts((scores, is_sought) in cases()) {
            let mapped: Vec<_> = scores.iter().map(|score| score.map(|x| (x / 2.0).exp() - 3.0)).collect();
            prop_assert_eq!(detection(&scores, &is_sought), detection(&mapped, &is_sought));
            let turned: Vec<_> = scores.iter().map(|score| score.map(|x| -x)).collect();
            let low = Detection::of(&turned, Direction::LowHarder, &is_sought);
            prop_assert_eq!(Ok(detection(&scores, &is_sought)), low);
        }

        #[test]
        fn the_order_of_examples_does_not((scores, is_sought) in cases()) {
            let measures = |found: Detection| (found.auroc(), found.average_precision());
            let there = measures(detection(&scores, &is_sought));
            let scores: Vec<_> = scores.into_iter().rev().collect();
            let is_sought: Vec<_> = is_sought.into_iter().rev().collect();
            prop_assert_eq!(there, measures(detection(&scores, &is_sought)));
        }

        #[test]
        fn auroc_is_the_share_of_pairs_won((scores, is_sought) in cases()) {
            // Without a score is below every score.
            let place = |i: usize| scores[i].unwrap_or(f64::NEG_INFINITY);
            let truth = &is_sought;
            let of = |kind: bool| (0..truth.len()).filter(move |&i| truth[i] == kind);
            let (mut won, mut pairs) = (0.0, 0.0);
            for sought in of(true) {
                for other in of(false) {
                    pairs += 1.0;
                    won += match place(sought).total_cmp(&place(other)) {
                        std::cmp::Ordering::Greater => 1.0,
                        std::cmp::Ordering::Equal => 0.5,
                        std::cmp::Ordering::Less => 0.0,
                    };
                }
            }
            prop_assert!(near(detection(&scores, &is_sought).auroc(), won / pairs));
        }

        #[test]
        fn the_other_end_finds_the_complement((scores, is_sought) in cases()) {
            let scored: Vec<_> = scores.iter().map(|score| Some(score.unwrap_or(7.0))).collect();
            let turned: Vec<_> = scored.iter().map(|score| score.map(|x| -x)).collect();
            let (there, back) = (detection(&scored, &is_sought), detection(&turned, &is_sought));
            prop_assert!(near(there.auroc() + back.auroc(), 1.0));
        }

        #[test]
        fn all_of_them_hold_the_share_of_the_sought((scores, is_sought) in cases()) {
            let found = detection(&scores, &is_sought);
            let share = found.all.sought as f64 / found.all.examples as f64;
            prop_assert!(near(found.precision_at(scores.len()).expect("there are so many"), share));
            for measure in [found.auroc(), found.average_precision()] {
                prop_assert!((0.0..=1.0 + 1e-12).contains(&measure));
            }
        }

        #[test]
        fn a_perfect_order_is_perfect((_, is_sought) in cases()) {
            let scores: Vec<_> = is_sought.iter().map(|&is_sought| Some(f64::from(u8::from(is_sought)))).collect();
            let found = detection(&scores, &is_sought);
            prop_assert!(near(found.auroc(), 1.0) && near(found.average_precision(), 1.0));
            prop_assert!(near(found.precision_at(found.all.sought).expect("some"), 1.0));
        }
    }
}
