//! Scores relative to the other examples of the same class.

use crate::statistics::Moments;
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

/// `(score − mean_c) / std_c` over the scored examples of the same class c, ddof 0; one answer per
/// example. Classes may be any integers: given labels, or numbered groups.
///
/// Source: class-normalised VoG of Agarwal, D'souza, Hooker, CVPR 2022, arXiv 2008.11600.
///
/// # Panics
/// When there is not one class per score.
pub fn class_normalise(scores: &[Option<f64>], classes: &[i32]) -> Vec<Normalised> {
    assert_eq!(scores.len(), classes.len(), "one class per score");
    let moments = moments_by_class(scores, classes);
    scores
        .iter()
        .zip(classes)
        .map(|(score, class)| {
            let score = score.filter(|x| x.is_finite()).ok_or(NullReason::NoScore)?;
            normalise(score, &moments[class])
        })
        .collect()
}

fn normalise(score: f64, moments: &Moments) -> Normalised {
    if moments.count == 1 {
        return Err(NullReason::OneExample);
    }
    if moments.std == 0.0 {
        return Err(NullReason::ZeroSpread);
    }
    Ok((score - moments.mean) / moments.std)
}

fn moments_by_class(scores: &[Option<f64>], classes: &[i32]) -> BTreeMap<i32, Moments> {
    crate::statistics::finite_by_class(scores, classes)
        .into_iter()
        .filter_map(|(class, scores)| Some((class, Moments::of(&scores)?)))
        .collect()
}
