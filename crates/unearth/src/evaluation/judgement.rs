//! One ranking of one trial, set against the truth.

use super::trial::Trial;
use anyhow::{Context as _, Result};
use serde::Serialize;
use unearth_audit::{Direction, Signal};
use unearth_signals::{detection::Detection, ranking};

/// What a ranking is by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum By {
    /// The baseline.
    SelfConfidence,
    /// The archaeology's vote.
    RandomOutputs,
    #[serde(untagged)]
    Signal(Signal),
}

/// How well a ranking finds wrong labels.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Judgement {
    pub(super) ranking: By,
    pub(super) is_baseline: bool,
    /// Which end is searched for wrong labels.
    pub(super) direction: Direction,
    /// Examples that are ranked last for want of a score.
    pub(super) without_score: usize,
    pub(super) auroc: f64,
    pub(super) average_precision: f64,
    pub(super) precision_at: Vec<PrecisionAt>,
}

/// Share of wrong labels among the first `k` of a ranking.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct PrecisionAt {
    pub(super) cutoff: Cutoff,
    pub(super) k: usize,
    /// None where there are fewer examples.
    pub(super) precision: Option<f64>,
}

/// How far down a ranking is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Cutoff {
    #[serde(rename = "50")]
    Fifty,
    #[serde(rename = "100")]
    Hundred,
    #[serde(rename = "1 %")]
    OnePercent,
    #[serde(rename = "5 %")]
    FivePercent,
    #[serde(rename = "10 %")]
    TenPercent,
    /// As many as there are wrong labels: precision and recall are equal there.
    #[serde(rename = "number wrong")]
    NumberWrong,
}

impl By {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Signal(signal) => signal.info().name,
            Self::SelfConfidence => "self_confidence",
            Self::RandomOutputs => "random_outputs",
        }
    }

    fn direction(self) -> Direction {
        match self {
            Self::Signal(signal) => signal.info().direction,
            Self::SelfConfidence => Direction::LowHarder,
            Self::RandomOutputs => Direction::HighHarder,
        }
    }
}

impl Cutoff {
    const ALL: [Self; 6] = [
        Self::Fifty,
        Self::Hundred,
        Self::OnePercent,
        Self::FivePercent,
        Self::TenPercent,
        Self::NumberWrong,
    ];

    /// Examples above it; a share is rounded up.
    fn k(self, examples: usize, wrong: usize) -> usize {
        let percent = |percent: usize| (examples * percent).div_ceil(100);
        match self {
            Self::Fifty => 50,
            Self::Hundred => 100,
            Self::OnePercent => percent(1),
            Self::FivePercent => percent(5),
            Self::TenPercent => percent(10),
            Self::NumberWrong => wrong,
        }
    }
}

impl Trial {
    /// One judgement per signal, and the baseline's.
    pub(super) fn judgements(&self) -> Result<Vec<Judgement>> {
        let are_wrong = self.labels.are_wrong();
        let signals = self.signals.iter();
        let signals = signals.map(|(signal, scores)| (By::Signal(*signal), scores));
        let archaeology = self.archaeology.iter();
        let archaeology = archaeology.map(|it| (By::RandomOutputs, &it.random_outputs));
        let baseline = self.baseline.iter();
        let baseline = baseline.map(|baseline| (By::SelfConfidence, &baseline.self_confidence));
        signals
            .chain(archaeology)
            .chain(baseline)
            .map(|(by, scores)| Judgement::of(by, scores, &are_wrong))
            .collect()
    }
}

impl Judgement {
    fn of(by: By, scores: &[Option<f64>], are_wrong: &[bool]) -> Result<Self> {
        let direction = by.direction();
        let end = match direction {
            Direction::HighHarder => ranking::Direction::HighHarder,
            Direction::LowHarder => ranking::Direction::LowHarder,
        };
        let detection = Detection::of(scores, end, are_wrong)
            .with_context(|| format!("the ranking by {} cannot be judged", by.name()))?;
        let wrong = are_wrong.iter().filter(|&&wrong| wrong).count();
        let precision_at = Cutoff::ALL.map(|cutoff| {
            let k = cutoff.k(scores.len(), wrong);
            PrecisionAt {
                cutoff,
                k,
                precision: detection.precision_at(k),
            }
        });
        Ok(Self {
            ranking: by,
            is_baseline: by == By::SelfConfidence,
            direction,
            without_score: detection.without_score(),
            auroc: detection.auroc(),
            average_precision: detection.average_precision(),
            precision_at: precision_at.to_vec(),
        })
    }

    pub(super) fn precision(&self, cutoff: Cutoff) -> Option<f64> {
        let mut all = self.precision_at.iter();
        all.find(|at| at.cutoff == cutoff)?.precision
    }
}
