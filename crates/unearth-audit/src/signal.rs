//! The signals: what each is called, and what a reader of its numbers must be told.

mod catalogue;

use crate::LogitSource;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A named score per example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Signal {
    /// Variance of Gradients.
    Vog,
    /// Combined standing in late loss and margin, made to find wrong labels.
    LabelIssue,
    /// Cross-entropy of the given label in the eval pass after the last epoch.
    FinalLoss,
    /// Mean over the epochs of the in-flight cross-entropy of the given label.
    MeanLoss,
    /// Mean over the epochs of the in-flight probability of the given label.
    Confidence,
    /// Standard deviation over the epochs of the in-flight probability of the given label.
    Variability,
    /// Epochs whose in-flight prediction was the given label.
    Correctness,
    /// Area under the margin: mean over the epochs of the in-flight margin.
    Aum,
    /// How often the in-flight prediction turned from right to wrong.
    Forgetting,
    /// First epoch whose in-flight prediction was right.
    FirstLearned,
    /// Epoch from which on every in-flight prediction was right.
    StayedLearned,
    /// Mean over the early epochs of the in-flight L2 norm of softmax minus one-hot.
    El2n,
    /// Mean over the epochs of p·(1 − p) of the given label, in flight.
    Aleatoric,
    /// How far a population of compressed models disagrees with an unpruned one.
    Pie,
}

/// Which end of a signal is the hard one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Direction {
    /// High values are harder examples.
    HighHarder,
    /// Low values are harder examples.
    LowHarder,
}

/// What a reader of a score must be told beside the number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignalInfo {
    /// Name used in the API.
    pub name: &'static str,
    /// Title for people.
    pub title: &'static str,
    /// Which end is the hard one.
    pub direction: Direction,
    /// Values it can take.
    pub range: &'static str,
    /// Unit of the value.
    pub unit: &'static str,
    /// How it is computed.
    pub formula: &'static str,
    /// Which logits it comes from.
    pub logits: &'static str,
    /// Where the definition comes from.
    pub source: &'static str,
    /// What it is good for, and what it is not.
    pub purpose: &'static str,
}

impl Signal {
    /// Every signal, in the order in which they are listed.
    pub const ALL: [Self; 14] = [
        Self::Vog,
        Self::LabelIssue,
        Self::FinalLoss,
        Self::MeanLoss,
        Self::Confidence,
        Self::Variability,
        Self::Correctness,
        Self::Aum,
        Self::Forgetting,
        Self::FirstLearned,
        Self::StayedLearned,
        Self::El2n,
        Self::Aleatoric,
        Self::Pie,
    ];

    /// Those that one training gives: all but [`Pie`](Self::Pie), which takes populations of models.
    pub fn of_one_training() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|signal| *signal != Self::Pie)
    }

    /// Whether it comes from in-flight records, which exist only for examples that were trained on.
    pub fn is_in_flight(self) -> bool {
        !matches!(
            self,
            Self::Vog | Self::LabelIssue | Self::FinalLoss | Self::Pie
        )
    }

    /// Meaning, range and direction.
    pub fn info(self) -> SignalInfo {
        match self {
            Self::Vog => catalogue::VOG,
            Self::LabelIssue => catalogue::LABEL_ISSUE,
            Self::FinalLoss => catalogue::FINAL_LOSS,
            Self::MeanLoss => catalogue::MEAN_LOSS,
            Self::Confidence => catalogue::CONFIDENCE,
            Self::Variability => catalogue::VARIABILITY,
            Self::Correctness => catalogue::CORRECTNESS,
            Self::Aum => catalogue::AUM,
            Self::Forgetting => catalogue::FORGETTING,
            Self::FirstLearned => catalogue::FIRST_LEARNED,
            Self::StayedLearned => catalogue::STAYED_LEARNED,
            Self::El2n => catalogue::EL2N,
            Self::Aleatoric => catalogue::ALEATORIC,
            Self::Pie => catalogue::PIE,
        }
    }

    /// Meaning, range and direction where the records of an external run were taken from `logits`.
    pub fn info_of_posted(self, logits: LogitSource) -> SignalInfo {
        let info = self.info();
        SignalInfo {
            logits: match (self, logits) {
                (Self::Vog, _) => catalogue::POSTED_GRADIENTS,
                (_, LogitSource::InFlight) => catalogue::POSTED_IN_FLIGHT,
                (_, LogitSource::EvalPass) => catalogue::POSTED_EVAL_PASS,
            },
            formula: match self {
                Self::LabelIssue => catalogue::POSTED_LABEL_ISSUE,
                _ => info.formula,
            },
            ..info
        }
    }

    /// The signal with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|signal| signal.info().name == name)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.info().name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_is_found_by_its_name() {
        for signal in Signal::ALL {
            assert_eq!(Signal::from_name(signal.info().name), Some(signal));
            let word = serde_json::to_value(signal).unwrap();
            assert_eq!(word, signal.info().name);
        }
    }
}
