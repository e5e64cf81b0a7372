//! A score in eight bytes, so that those of any number of examples lie side by side.

use bytemuck::{Pod, Zeroable};
use std::fmt;
use thiserror::Error;

/// A score, or none.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(transparent)]
pub struct Score(f64);

/// What was computed as a score is none, and nothing says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a score is not a number")]
pub struct NotANumber;

impl Score {
    /// No score.
    pub const NONE: Self = Self(f64::NAN);

    /// A score that is finite or infinite, or none.
    ///
    /// # Errors
    /// [`NotANumber`] of a NaN.
    pub fn new(score: Option<f64>) -> Result<Self, NotANumber> {
        match score {
            Some(score) if score.is_nan() => Err(NotANumber),
            score => Ok(Self(score.unwrap_or(f64::NAN))),
        }
    }

    /// The score, if there is one.
    pub fn get(self) -> Option<f64> {
        (!self.0.is_nan()).then_some(self.0)
    }

    /// The score, if there is one that is finite.
    pub fn finite(self) -> Option<f64> {
        self.0.is_finite().then_some(self.0)
    }
}

impl From<f64> for Score {
    /// None where it is NaN.
    fn from(score: f64) -> Self {
        Self(score)
    }
}

impl From<Option<f64>> for Score {
    /// None where it is none or NaN.
    fn from(score: Option<f64>) -> Self {
        score.map_or(Self::NONE, Self)
    }
}

impl PartialEq for Score {
    /// None equals none.
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl fmt::Debug for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// Scores of tests.
#[cfg(test)]
pub(crate) fn scores(scores: &[Option<f64>]) -> Vec<Score> {
    scores.iter().copied().map(Score::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_none_and_not_a_number_is_an_error() {
        assert_eq!(Score::new(None), Ok(Score::NONE));
        assert_eq!(Score::new(Some(f64::NAN)), Err(NotANumber));
        let infinite = Score::new(Some(f64::INFINITY)).unwrap();
        assert_eq!(
            (infinite.get(), infinite.finite()),
            (Some(f64::INFINITY), None)
        );
        assert_eq!(Score::from(Some(1.5)).finite(), Some(1.5));
        assert_eq!(Score::NONE.get(), None);
    }
}
