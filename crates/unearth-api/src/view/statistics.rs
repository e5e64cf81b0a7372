//! Statistics of a signal.

use super::score::{ScoreInfo, inconsistent};
use crate::class_names::ClassNames;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use unearth_audit::Stability;
use unearth_store::{StoreError, score_sets::ScoreSet};
use utoipa::ToSchema;

/// How the scores of a ranking are distributed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Statistics {
    /// What is ranked.
    pub(crate) signal: ScoreInfo,
    /// How many examples are ranked.
    pub(crate) examples: u64,
    /// How many of them have a score.
    pub(crate) scored: u64,
    /// How many scores lie where.
    pub(crate) histogram: Histogram,
    /// Per class, in label order.
    pub(crate) classes: Vec<ClassSummary>,
    /// Estimated share of wrong labels in what a review budget takes from the top; of `label_issue`
    /// alone. An estimate from the probabilities of the late epochs and the noise rate as confident learning
    /// counts it; optimistic where wrong labels follow a pattern, too low where the model has learned labels by heart.
    pub(crate) budgets: Option<Vec<BudgetEstimate>>,
    /// How far the rankings of all seeds agree; null with one seed.
    pub(crate) stability: Option<Stability>,
    /// Error of the final model on examples it was not trained on, by decile of their score; null
    /// where there are none.
    pub(crate) held_out_error_by_decile: Option<Vec<Decile>>,
}

/// What reviewing the top of a ranking is estimated to find.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct BudgetEstimate {
    /// `50`, `100`, `1 %`, …
    top: String,
    /// How many examples that are.
    k: u64,
    /// How many of their labels are wrong.
    estimated_wrong: Option<f64>,
    /// Their share.
    estimated_share: Option<f64>,
    /// Why there is no estimate.
    #[serde(default)]
    reason: Option<String>,
}

/// Counts between edges.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Histogram {
    /// Edges of the bins, ascending, one more than there are bins.
    edges: Vec<f64>,
    /// Scores in each bin.
    counts: Vec<u64>,
}

/// The scores of one class.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClassSummary {
    /// Name of the class.
    label: String,
    /// How many examples of it are ranked.
    examples: u64,
    /// Mean of their scores.
    mean: Option<f64>,
    /// Standard deviation of their scores.
    std: Option<f64>,
    /// Median of their scores.
    median: Option<f64>,
}

/// A tenth of the examples that were not trained on.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[expect(
    clippy::struct_field_names,
    reason = "the number of a decile is called that in JSON"
)]
pub(crate) struct Decile {
    /// Which, from 1 (lowest scores) to 10.
    decile: u32,
    /// Smallest score in it.
    lower: Option<f64>,
    /// Largest score in it.
    upper: Option<f64>,
    /// How many examples it holds.
    examples: u64,
    /// How many of them the final model labels otherwise than given.
    errors: u64,
    /// Their share.
    error_rate: Option<f64>,
    /// 95 % interval of that share.
    interval: Option<[f64; 2]>,
}

#[derive(Deserialize)]
struct Stored {
    examples: u64,
    scored: u64,
    histogram: Histogram,
    classes: Vec<StoredClass>,
    #[serde(default)]
    budgets: Option<Vec<BudgetEstimate>>,
    #[serde(default)]
    held_out_error_by_decile: Option<Vec<Decile>>,
}

#[derive(Deserialize)]
struct StoredClass {
    label: i32,
    examples: u64,
    mean: Option<f64>,
    std: Option<f64>,
    median: Option<f64>,
}

impl Statistics {
    /// The statistics of a score set that is ready, with classes by name.
    pub(crate) fn new(
        signal: ScoreInfo,
        set: &ScoreSet,
        statistics: Option<Value>,
        classes: ClassNames<'_>,
    ) -> Result<Self, StoreError> {
        let stored = Stored::read(set, statistics)?
            .ok_or_else(|| inconsistent(set, "statistics", &"is null"))?;
        let summary = |class: StoredClass| {
            Ok(ClassSummary {
                label: classes.name(class.label)?,
                examples: class.examples,
                mean: class.mean,
                std: class.std,
                median: class.median,
            })
        };
        Ok(Self {
            signal,
            examples: stored.examples,
            scored: stored.scored,
            histogram: stored.histogram,
            classes: stored
                .classes
                .into_iter()
                .map(summary)
                .collect::<Result<_, StoreError>>()?,
            budgets: stored.budgets,
            stability: set.stability.as_ref().map(|stability| stability.0.clone()),
            held_out_error_by_decile: stored.held_out_error_by_decile,
        })
    }

    /// Adds what the ranking of the held-out examples knows, once it is there.
    pub(crate) fn take_held_out_error(
        &mut self,
        held_out: &ScoreSet,
        statistics: Option<Value>,
    ) -> Result<(), StoreError> {
        let stored = Stored::read(held_out, statistics)?;
        self.held_out_error_by_decile = stored.and_then(|stored| stored.held_out_error_by_decile);
        Ok(())
    }
}

impl Stored {
    fn read(set: &ScoreSet, statistics: Option<Value>) -> Result<Option<Self>, StoreError> {
        let stored = statistics.map(serde_json::from_value).transpose();
        stored.map_err(|error| inconsistent(set, "statistics", &error))
    }
}
