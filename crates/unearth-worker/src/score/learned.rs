//! What the records of a run say of every example, as columns.

use crate::WorkerError;
use std::path::Path;
use unearth_columns::Column;
use unearth_signals::{
    dynamics::{Dynamics, Suggestion},
    score::Score,
};

/// One quantity of how an example was learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    MeanLoss,
    LateLoss,
    LateMargin,
    Confidence,
    Variability,
    Aleatoric,
    Aum,
    El2n,
    Correct,
    Forgetting,
    FirstLearned,
    StayedLearned,
}

impl Reading {
    /// All that there are.
    pub(super) const ALL: &[Self] = &[
        Self::MeanLoss,
        Self::LateLoss,
        Self::LateMargin,
        Self::Confidence,
        Self::Variability,
        Self::Aleatoric,
        Self::Aum,
        Self::El2n,
        Self::Correct,
        Self::Forgetting,
        Self::FirstLearned,
        Self::StayedLearned,
    ];

    /// What is asked of the final model.
    pub(super) const OF_EVALUATION: &[Self] = &[
        Self::MeanLoss,
        Self::LateLoss,
        Self::LateMargin,
        Self::Correct,
    ];

    /// What `label_issue` is made of, in flight and in the eval pass, and the sign that makes high harder.
    pub(crate) const OF_LABEL_ISSUE: [(Self, f64); 2] =
        [(Self::LateLoss, 1.0), (Self::LateMargin, -1.0)];

    /// Its value of one example; none where the records do not say.
    pub(crate) fn of(self, example: &Dynamics) -> Option<f64> {
        match self {
            Self::MeanLoss => example.mean_loss,
            Self::LateLoss => example.late_loss,
            Self::LateMargin => example.late_margin,
            Self::Confidence => example.confidence,
            Self::Variability => example.variability,
            Self::Aleatoric => example.aleatoric,
            Self::Aum => example.aum,
            Self::El2n => example.el2n,
            Self::Correct => Some(example.learning?.correct.into()),
            Self::Forgetting => {
                let learning = example.learning.filter(|it| !it.is_never_learned());
                Some(learning?.forgetting.into())
            }
            Self::FirstLearned => example.learning?.first_learned.map(f64::from),
            Self::StayedLearned => example.learning?.stayed_learned.map(f64::from),
        }
    }
}

/// The readings of every example, in index order.
pub(crate) struct Learned {
    readings: &'static [Reading],
    /// One for each reading.
    columns: Vec<Column<Score>>,
    suggestions: Column<Suggestion>,
    /// Of how many examples there is something.
    pub(super) filled: usize,
}

/// Of an example for which nothing is suggested.
const NO_SUGGESTION: Suggestion = Suggestion {
    label: i32::MIN,
    runner_up: i32::MIN,
    probability: f64::NAN,
    runner_up_probability: f64::NAN,
    given_probability: f64::NAN,
};

impl Learned {
    /// Nothing is known yet of so many examples.
    pub(super) fn nothing(
        readings: &'static [Reading],
        examples: usize,
        scratch: &Path,
    ) -> std::io::Result<Self> {
        let column = |_| Column::filled(scratch, examples, Score::NONE);
        Ok(Self {
            readings,
            columns: readings.iter().map(column).collect::<Result<_, _>>()?,
            suggestions: Column::filled(scratch, examples, NO_SUGGESTION)?,
            filled: 0,
        })
    }

    /// Adds the examples after those that are there.
    pub(super) fn add(&mut self, examples: &[Dynamics]) -> Result<(), WorkerError> {
        for (at, example) in (self.filled..).zip(examples) {
            for (reading, column) in self.readings.iter().zip(&mut self.columns) {
                column[at] = Score::new(reading.of(example)).map_err(|error| {
                    WorkerError::Inconsistent(format!("{reading:?} of example {at}: {error}"))
                })?;
            }
            self.suggestions[at] = example.suggestion.unwrap_or(NO_SUGGESTION);
        }
        self.filled += examples.len();
        Ok(())
    }

    /// A reading of every example.
    ///
    /// # Panics
    /// When it is not one that was read.
    pub(crate) fn of(&self, reading: Reading) -> &[Score] {
        let at = self.readings.iter().position(|&it| it == reading);
        &self.columns[at.expect("a reading of these records")]
    }

    /// What is suggested for an example.
    pub(crate) fn suggestion(&self, at: usize) -> Option<Suggestion> {
        let suggestion = self.suggestions[at];
        (suggestion.label != NO_SUGGESTION.label).then_some(suggestion)
    }
}
