//! Scores relative to the other examples of the same class.

use crate::{
    score::Score,
    statistics::{Moments, moments_by_class},
};
use std::collections::BTreeMap;
use std::fmt;

/// A normalised score, or why there is none.
pub type Normalised = Result<f64, NullReason>;

/// Why an example has no normalised score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NullReason {
    /// The example has no score, or one that is not finite.
    NoScore,
    /// No other example of the class has a score.
    OneExample,
    /// All examples of the class have the same score.
    ZeroSpread,
}

impl NullReason {
    /// The reason in words, to be shown beside the missing value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoScore => "the example has no score",
            Self::OneExample => "the only scored example of its class",
            Self::ZeroSpread => "all examples of its class have the same score",
        }
    }
}

impl fmt::Display for NullReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::error::Error for NullReason {}

/// What scores are compared with in their class.
#[derive(Debug, Clone, PartialEq)]
pub struct ByClass(BTreeMap<i32, Moments>);

impl ByClass {
    /// Of scores and the classes of their examples. Classes may be any integers: given labels, or numbered groups.
    pub fn of(scores: impl Iterator<Item = (Score, i32)> + Clone) -> Self {
        Self(moments_by_class(scores))
    }

    /// `(score − mean_c) / std_c` over the scored examples of the same class c, ddof 0.
    ///
    /// Source: class-normalised VoG of Agarwal, D'souza, Hooker, CVPR 2022, arXiv 2008.11600.
    ///
    /// # Errors
    /// Why there is none.
    pub fn normalise(&self, score: Score, class: i32) -> Normalised {
        let score = score.finite().ok_or(NullReason::NoScore)?;
        let moments = self.0.get(&class).ok_or(NullReason::OneExample)?;
        if moments.count == 1 {
            return Err(NullReason::OneExample);
        }
        if moments.std == 0.0 {
            return Err(NullReason::ZeroSpread);
        }
        Ok((score - moments.mean) / moments.std)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::scores;
    use proptest::prelude::*;

    fn class_normalise(values: &[Option<f64>], classes: &[i32]) -> Vec<Normalised> {
        let values = scores(values);
        let scored = || values.iter().copied().zip(classes.iter().copied());
        let by_class = ByClass::of(scored());
        let normalised = scored().map(|(score, class)| by_class.normalise(score, class));
        normalised.collect()
    }

    fn scored_classes() -> impl Strategy<Value = (Vec<Option<f64>>, Vec<i32>)> {
        let example = (proptest::option::weighted(0.9, -1e6f64..1e6), -1i32..4);
        proptest::collection::vec(example, 0..120).prop_map(|examples| examples.into_iter().unzip())
    }

    proptest! {
        #[test]
        fn every_class_gets_mean_0_and_deviation_1((scores, classes) in scored_classes()) {
            let normalised = class_normalise(&scores, &classes);
            for class in -1..4 {
                let of_class: Vec<f64> = normalised
                    .iter()
                    .zip(&classes)
                    .filter(|(_, other)| **other == class)
                    .filter_map(|(normalised, _)| normalised.ok())
                    .collect();
                let moments = moments_by_class(of_class.iter().map(|&score| (Score::from(score), class)));
                if let Some(moments) = moments.get(&class) {
                    prop_assert!(moments.mean.abs() < 1e-9, "mean {}", moments.mean);
                    prop_assert!((moments.std - 1.0).abs() < 1e-9, "deviation {}", moments.std);
                }
            }
        }

        #[test]
        fn keeps_the_order_within_a_class((scores, classes) in scored_classes()) {
            let normalised = class_normalise(&scores, &classes);
            for a in 0..scores.len() {
                for b in 0..a {
                    if let (Ok(x), Ok(y)) = (normalised[a], normalised[b])
                        && classes[a] == classes[b]
                    {
                        prop_assert_eq!(x.total_cmp(&y), scores[a].partial_cmp(&scores[b]).expect("finite"));
                    }
                }
            }
        }

        #[test]
        fn exactly_the_unscored_have_no_score((scores, classes) in scored_classes()) {
            let normalised = class_normalise(&scores, &classes);
            for (normalised, score) in normalised.iter().zip(&scores) {
                prop_assert_eq!(*normalised == Err(NullReason::NoScore), score.is_none());
            }
        }
    }

    #[test]
    fn says_why_there_is_no_value() {
        let scores = [
            Some(5.0),
            Some(0.1),
            Some(0.1),
            Some(0.1),
            None,
            Some(f64::NAN),
            Some(1.0),
            Some(3.0),
        ];
        let classes = [0, 1, 1, 1, 2, 2, 3, 3];
        assert_eq!(
            class_normalise(&scores, &classes),
            [
                Err(NullReason::OneExample),
                Err(NullReason::ZeroSpread),
                Err(NullReason::ZeroSpread),
                Err(NullReason::ZeroSpread),
                Err(NullReason::NoScore),
                Err(NullReason::NoScore),
                Ok(-1.0),
                Ok(1.0),
            ]
        );
    }

    #[test]
    fn an_unscored_neighbour_does_not_count_as_an_example() {
        let normalised = class_normalise(&[Some(5.0), None], &[0, 0]);
        assert_eq!(
            normalised,
            [Err(NullReason::OneExample), Err(NullReason::NoScore)]
        );
    }
}
