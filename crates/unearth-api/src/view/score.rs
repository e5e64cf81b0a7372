//! Scores and rankings.

use crate::{
    class_names::ClassNames,
    view::{
        self,
        archaeology::{Categories, CategoryOfExample},
        pie::{ExemplarView, ModalClasses},
        review::{DecisionOnExample, ExampleStanding},
    },
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use unearth_audit::{
    Computation, Direction, Grouping, Level, LogitSource, ScoreKey, Signal, SignalInfo, Variant,
    WindowRequest,
};
use unearth_store::{StoreError, datasets::Dataset, score_sets::ScoreSet, scores};
use utoipa::ToSchema;
use uuid::Uuid;

/// The signals that there are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Signals {
    /// In the order in which they are shown.
    pub(crate) items: Vec<SignalInfo>,
}

/// What the scores of a ranking mean and how they were computed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScoreInfo {
    /// The signal.
    #[serde(flatten)]
    pub(crate) signal: SignalInfo,
    /// How it was computed: variant and window of VoG such as `std:late`, the population of `pie`, `default`
    /// otherwise;
    /// with `@held_out` behind it where the ranking is over examples that were not trained on.
    pub(crate) scoring: String,
    /// The population that is compared with the unpruned one; null for other signals than `pie`.
    pub(crate) level: Option<Level>,
    /// How groups are compared.
    pub(crate) grouping: Grouping,
    /// How its score is made of the signal's, x; null where it is the same.
    pub(crate) grouping_formula: Option<&'static str>,
    /// The epochs whose gradients it is taken over; null for signals without.
    pub(crate) checkpoints: Option<Vec<u32>>,
}

impl ScoreInfo {
    /// What a score set says of itself.
    pub(crate) fn of(signal: Signal, set: &ScoreSet) -> Result<Self, StoreError> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Stored {
            checkpoints: Option<Vec<u32>>,
            /// Which logits the records of an external run come from.
            posted: Option<LogitSource>,
        }
        let stored = match &set.info {
            Some(info) => {
                Stored::deserialize(info).map_err(|error| inconsistent(set, "info", &error))?
            }
            None => Stored::default(),
        };
        let key = ScoreKey::from_key(&set.scoring);
        let grouping = key.as_ref().map(|key| key.grouping).unwrap_or_default();
        let mut info = match stored.posted {
            None => signal.info(),
            Some(logits) => signal.info_of_posted(logits),
        };
        let computation = key.map(|key| key.computation);
        if let Some(Computation::Vog(scoring)) = &computation {
            info.formula = scoring.variant.formula();
        }
        Ok(Self {
            signal: info,
            level: match computation {
                Some(Computation::Level(level)) => Some(level),
                _ => None,
            },
            grouping,
            grouping_formula: grouping.formula(),
            scoring: set.scoring.clone(),
            checkpoints: stored.checkpoints,
        })
    }
}

/// The error of a column of a score set that does not read.
pub(crate) fn inconsistent(
    set: &ScoreSet,
    column: &'static str,
    error: &dyn std::fmt::Display,
) -> StoreError {
    StoreError::Inconsistent {
        table: "score_sets",
        column,
        row: set.id.to_string(),
        detail: error.to_string(),
    }
}

/// What was scored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScoreSets {
    /// In the order in which it was asked for.
    pub(crate) items: Vec<ScoreSetView>,
}

/// One signal of an audit, computed one way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScoreSet)]
pub(crate) struct ScoreSetView {
    /// The signal.
    signal: Signal,
    /// How it is computed.
    scoring: String,
    /// `queued`, `ready` or `failed`.
    state: String,
    /// Why it could not be computed.
    error: Option<String>,
    /// What the scores mean; null until they are ready.
    info: Option<ScoreInfo>,
    /// When it became ready or failed.
    #[serde(with = "time::serde::rfc3339::option")]
    finished_at: Option<OffsetDateTime>,
}

impl TryFrom<ScoreSet> for ScoreSetView {
    type Error = StoreError;

    fn try_from(set: ScoreSet) -> Result<Self, StoreError> {
        let signal = Signal::from_name(&set.signal)
            .ok_or_else(|| inconsistent(&set, "signal", &"is not a signal"))?;
        let info = match set.info {
            Some(_) => Some(ScoreInfo::of(signal, &set)?),
            None => None,
        };
        Ok(Self {
            signal,
            info,
            scoring: set.scoring,
            state: set.state,
            error: set.error,
            finished_at: set.finished_at,
        })
    }
}

/// Windows of VoG to score: from the stored gradients, without training again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartScoring {
    /// The formula; the authors' code by default.
    #[serde(default)]
    #[schema(required = false)]
    pub(crate) variant: Variant,
    /// `early`, `middle`, `late`, `all`, or lists of positions in the recipe's checkpoints.
    pub(crate) windows: Vec<WindowRequest>,
}

/// One row of a ranking.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RankedExample {
    /// The hardest is 1; ties go by index; examples without a value come last.
    rank: i32,
    /// Position in the dataset, from 0: its identity.
    index: i32,
    /// File name or id, unique in the dataset.
    key: String,
    /// Given label: the name of its class; null in a dataset without labels.
    label: Option<String>,
    /// Split, where the dataset has some.
    split: Option<String>,
    /// Group, where one was given.
    group: Option<String>,
    /// The score.
    value: Option<f64>,
    /// Why there is none.
    value_reason: Option<String>,
    /// The score's distance from the mean of its class, in standard deviations of its class.
    value_normalised: Option<f64>,
    /// Why there is none.
    value_normalised_reason: Option<String>,
    /// Share of scored examples that are no harder, 0 to 100.
    percentile: Option<f64>,
    /// What the other seeds make of it; null with one seed.
    over_seeds: Option<OverSeeds>,
    /// The class that late epochs find most probable; it may be the given one.
    suggested_label: Option<String>,
    /// Mean probability of that class, a lower bound.
    suggested_probability: Option<f64>,
    /// Of which kind it is by the probes' vote; null without an archaeology, or where it was not trained
    /// on.
    category: Option<CategoryOfExample>,
    /// What the ranked population and the unpruned one make of it; null in rankings by other signals than
    /// `pie`.
    modal_classes: Option<ModalClasses>,
    /// What the decisions on it come to.
    standing: ExampleStanding,
    /// Its image; null where it is none.
    image_url: Option<String>,
    /// The beginning of the text that it is; null where it is none.
    excerpt: Option<String>,
    /// Everything about it.
    url: String,
}

/// Score and rank of an example over all seeds of its audit: a range of what was tried, not an interval.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OverSeeds {
    /// Smallest score.
    value_low: Option<f64>,
    /// Largest score.
    value_high: Option<f64>,
    /// Hardest rank.
    rank_low: i32,
    /// Easiest rank.
    rank_high: i32,
}

impl OverSeeds {
    /// Lowest and highest of each; none with one seed, where there are no ranks.
    pub(crate) fn of(
        (value_low, value_high): (Option<f64>, Option<f64>),
        (rank_low, rank_high): (Option<i32>, Option<i32>),
    ) -> Option<Self> {
        Some(Self {
            value_low,
            value_high,
            rank_low: rank_low?,
            rank_high: rank_high?,
        })
    }
}

impl RankedExample {
    /// A row with its class by name.
    pub(crate) fn new(
        audit: Uuid,
        dataset: &Dataset,
        classes: ClassNames<'_>,
        categories: &Categories,
        row: scores::RankedRow,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            standing: ExampleStanding::of_row(&row, classes)?,
            category: categories.of_row(&row),
            modal_classes: ModalClasses::of_row(&row, classes)?,
            over_seeds: OverSeeds::of(
                (row.value_low, row.value_high),
                (row.rank_low, row.rank_high),
            ),
            rank: row.rank,
            index: row.index,
            key: row.key,
            label: classes.given(row.label)?,
            split: row.split,
            group: row.group_name,
            value: row.value,
            value_reason: row.value_reason,
            value_normalised: row.normalised,
            value_normalised_reason: row.normalised_reason,
            percentile: row.percentile,
            suggested_label: row.suggested.map(|label| classes.name(label)).transpose()?,
            suggested_probability: row.suggested_probability,
            image_url: view::example::image_url(dataset, row.index),
            excerpt: row.text,
            url: format!("{}/examples/{}", view::audit::url(audit), row.index),
        })
    }
}

/// A page of a ranking.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RankedPage {
    /// What is ranked.
    pub(crate) signal: ScoreInfo,
    /// How many examples are ranked.
    pub(crate) total: i64,
    /// How many of them the filters leave; null where they were not to be counted.
    pub(crate) matching: Option<i64>,
    /// In the order asked for.
    pub(crate) items: Vec<RankedExample>,
    /// `after` of the next page; null on the last one.
    pub(crate) next: Option<String>,
}

/// How long a ranking is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RankedCount {
    /// How many examples are ranked.
    pub(crate) total: i64,
    /// How many of them the filters leave.
    pub(crate) matching: i64,
}

/// Everything an audit knows of one example.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditedExample {
    /// The example.
    #[serde(flatten)]
    pub(crate) example: view::example::Example,
    /// What the final model says it is.
    pub(crate) predicted: Option<String>,
    /// Probability that the final model gives to the given label.
    pub(crate) p_given: Option<f32>,
    /// The label that the model would give it; null before the audit succeeded.
    pub(crate) suggestion: Option<Suggestion>,
    /// Of which kind it is by the probes' vote; null without an archaeology, or where it was not trained
    /// on.
    pub(crate) category: Option<CategoryOfExample>,
    /// What each population and the unpruned one make of it; empty without populations.
    pub(crate) exemplars: Vec<ExemplarView>,
    /// What the decisions on it come to.
    pub(crate) standing: ExampleStanding,
    /// The decisions themselves, the latest first.
    pub(crate) decisions: Vec<DecisionOnExample>,
    /// Its place in every ranking that is ready.
    pub(crate) scores: Vec<ExampleScore>,
    /// What training saw of it.
    pub(crate) trajectory: Trajectory,
    /// Its gradient maps.
    pub(crate) gradients: Vec<Gradient>,
    /// When the audit gave its gradient maps up; null while it keeps them.
    #[serde(with = "time::serde::rfc3339::option")]
    pub(crate) snapshots_dropped_at: Option<OffsetDateTime>,
}

/// The label that late epochs find most probable, and the next one. A probability is a mean over those
/// epochs in which the class was the given one or the strongest other, and so a lower bound.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Suggestion {
    /// Most probable class; it may be the given one.
    pub(crate) label: String,
    /// Its mean probability.
    pub(crate) probability: f64,
    /// The class after it.
    pub(crate) runner_up: String,
    /// Its mean probability.
    pub(crate) runner_up_probability: f64,
}

/// One example's place in one ranking.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExampleScore {
    /// The signal.
    pub(crate) signal: Signal,
    /// How it was computed.
    pub(crate) scoring: String,
    /// Title of the signal.
    pub(crate) title: &'static str,
    /// Which end is the hard one.
    pub(crate) direction: Direction,
    /// The score.
    pub(crate) value: Option<f64>,
    /// Why there is none.
    pub(crate) value_reason: Option<String>,
    /// The score's distance from the mean of its class, in standard deviations of its class.
    pub(crate) value_normalised: Option<f64>,
    /// Why there is none.
    pub(crate) value_normalised_reason: Option<String>,
    /// The hardest is 1.
    pub(crate) rank: i32,
    /// Share of scored examples that are no harder, 0 to 100.
    pub(crate) percentile: Option<f64>,
    /// What the other seeds make of it; null with one seed.
    pub(crate) over_seeds: Option<OverSeeds>,
    /// How many examples are ranked.
    pub(crate) total: u64,
}

/// What training saw of one example, epoch by epoch; nulls where it did not see it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Trajectory {
    /// Epochs, counted from 1.
    pub(crate) epochs: Vec<i32>,
    /// Cross-entropy of the given label, nats.
    pub(crate) loss: Vec<Option<f32>>,
    /// Probability of the given label.
    pub(crate) p_given: Vec<Option<f32>>,
    /// Predicted class.
    pub(crate) predicted: Vec<Option<String>>,
}

/// One gradient map of one example.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Gradient {
    /// Position in the recipe's checkpoint list, from 0.
    pub(crate) checkpoint: i32,
    /// Epoch after which it was taken, counted from 1.
    pub(crate) epoch: i32,
    /// The map as a picture.
    pub(crate) url: String,
    /// The largest magnitude of its pixels.
    pub(crate) max_abs: f32,
}
