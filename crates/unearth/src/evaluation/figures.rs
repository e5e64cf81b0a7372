//! What came of all trials.

use super::{
    Plan, Trial,
    archaeology::ArchaeologyRecord,
    cost::Cost,
    judgement::{By, Cutoff, Judgement},
    labels::Origin,
    spread::over_seeds,
    subject::{Source, Subject},
};
use anyhow::{Context as _, Result};
use serde::Serialize;
use serde_json::Value;
use unearth_audit::{Signal, Spread};

/// Everything that was measured, and how it was made.
#[derive(Debug, Serialize)]
pub(crate) struct Evaluation {
    /// Version of the program that measured.
    unearth: &'static str,
    pub(super) dataset: Source,
    /// Examples taken of it.
    pub(super) examples: usize,
    pub(super) wrong_labels: Origin,
    /// In words.
    #[serde(skip)]
    pub(super) wrong_labels_are: String,
    /// Folds of the baseline; 0 where it was declined.
    pub(super) folds: usize,
    recipe: Value,
    recipe_hash: Value,
    measures: Measures,
    /// One per ranking, the highest average precision first.
    pub(super) rankings: Vec<Summary>,
    /// One per seed.
    pub(super) trials: Vec<TrialRecord>,
}

/// One ranking over all seeds.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) ranking: By,
    pub(super) is_baseline: bool,
    pub(super) auroc: Spread,
    pub(super) average_precision: Spread,
    pub(super) precision_at: Vec<PrecisionSpread>,
    /// Examples that were ranked last for want of a score.
    pub(super) without_score: Spread,
}

/// Precision at one cutoff over all seeds.
#[derive(Debug, Serialize)]
pub(super) struct PrecisionSpread {
    pub(super) cutoff: Cutoff,
    /// Examples above the cutoff, in the first trial.
    pub(super) k: usize,
    pub(super) precision: Option<Spread>,
}

/// One trial.
#[derive(Debug, Serialize)]
pub(super) struct TrialRecord {
    pub(super) seed: u64,
    /// How many labels are wrong.
    pub(super) wrong: usize,
    dataset_id: Value,
    audit_id: Value,
    baseline_audit_ids: Vec<Value>,
    /// Accuracies, warnings and environment of the audit.
    result: Value,
    pub(super) cost: Cost,
    /// Where one was asked for.
    pub(super) archaeology: Option<ArchaeologyRecord>,
    /// `label_issue` less the baseline.
    pub(super) over_baseline: Option<Difference>,
    /// `label_issue` less the other signal of the highest average precision of this seed.
    pub(super) over_best_other: Difference,
    rankings: Vec<Judgement>,
}

/// `label_issue` less another ranking of the same trial.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Difference {
    pub(super) other: By,
    pub(super) auroc: f64,
    pub(super) average_precision: f64,
}

/// What the figures mean.
#[derive(Debug, Serialize)]
struct Measures {
    wrong: &'static str,
    auroc: &'static str,
    average_precision: &'static str,
    precision_at: &'static str,
    without_score: &'static str,
    self_confidence: &'static str,
}

const MEASURES: Measures = Measures {
    wrong: "a label is wrong where the given one is not the true one; a ranking is read from its signal's hard end",
    auroc: "probability that a wrong label is ranked above a right one, equal scores counting half",
    average_precision: "sum over the distinct scores of precision times added recall, without interpolation",
    precision_at: "share of wrong labels among the first k, the expected one if equal scores are put in random order",
    without_score: "examples without a score are ranked last, equal to one another",
    self_confidence: "exp(-final loss) of each example by a model trained on the other folds, by the same recipe and seed; folds are stratified by given label",
};

impl Evaluation {
    /// Judges every ranking of every trial. There is one trial at least.
    pub(crate) fn of(plan: &Plan<'_>, trials: &[Trial]) -> Result<Self> {
        let subject: &Subject = plan.copies.subject;
        let records: Vec<TrialRecord> =
            trials.iter().map(TrialRecord::of).collect::<Result<_>>()?;
        let audit = &trials.first().context("there is no trial")?.audit;
        Ok(Self {
            unearth: env!("CARGO_PKG_VERSION"),
            dataset: subject.source.clone(),
            examples: subject.examples.len(),
            wrong_labels: plan.wrong_labels.origin(),
            wrong_labels_are: plan.wrong_labels.words(),
            folds: plan.folds,
            recipe: audit["recipe"].clone(),
            recipe_hash: audit["recipe_hash"].clone(),
            measures: MEASURES,
            rankings: summaries(&records),
            trials: records,
        })
    }
}

/// The rankings of all trials, which are the same ones in each, the best first.
fn summaries(trials: &[TrialRecord]) -> Vec<Summary> {
    let first = trials.iter().take(1).flat_map(|trial| &trial.rankings);
    let mut summaries: Vec<Summary> = first
        .enumerate()
        .filter_map(|(place, first)| {
            let over_trials = |figure: &dyn Fn(&Judgement) -> Option<f64>| {
                over_seeds(trials.iter().map(|trial| figure(&trial.rankings[place])))
            };
            let precision_at = first.precision_at.iter().map(|at| PrecisionSpread {
                cutoff: at.cutoff,
                k: at.k,
                precision: over_trials(&|judged| judged.precision(at.cutoff)),
            });
            Some(Summary {
                ranking: first.ranking,
                is_baseline: first.is_baseline,
                auroc: over_trials(&|judged| Some(judged.auroc))?,
                average_precision: over_trials(&|judged| Some(judged.average_precision))?,
                precision_at: precision_at.collect(),
                without_score: over_trials(&|judged| Some(judged.without_score as f64))?,
            })
        })
        .collect();
    summaries.sort_by(|a, b| {
        b.average_precision
            .mean
            .total_cmp(&a.average_precision.mean)
    });
    summaries
}

impl TrialRecord {
    fn of(trial: &Trial) -> Result<Self> {
        let rankings = trial.judgements()?;
        let of = |by: By| rankings.iter().find(|judged| judged.ranking == by);
        let label_issue = of(By::Signal(Signal::LabelIssue)).context("there is no label_issue")?;
        let others = rankings
            .iter()
            .filter(|judged| !judged.is_baseline && judged.ranking != label_issue.ranking);
        let best_other = others
            .max_by(|a, b| a.average_precision.total_cmp(&b.average_precision))
            .context("there is no other signal")?;
        let folds = trial.baseline.iter().flat_map(|baseline| &baseline.audits);
        Ok(Self {
            seed: trial.seed,
            wrong: trial.labels.wrong(),
            dataset_id: trial.audit["dataset_id"].clone(),
            audit_id: trial.audit["id"].clone(),
            baseline_audit_ids: folds.map(|audit| audit["id"].clone()).collect(),
            result: trial.audit["result"].clone(),
            cost: Cost::of(trial),
            archaeology: trial.archaeology.as_ref().map(|it| it.record.clone()),
            over_baseline: of(By::SelfConfidence).map(|other| label_issue.less(other)),
            over_best_other: label_issue.less(best_other),
            rankings,
        })
    }
}

impl Judgement {
    fn less(&self, other: &Self) -> Difference {
        Difference {
            other: other.ranking,
            auroc: self.auroc - other.auroc,
            average_precision: self.average_precision - other.average_precision,
        }
    }
}
