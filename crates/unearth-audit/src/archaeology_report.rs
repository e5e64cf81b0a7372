//! What an archaeology says of itself.

use crate::{ArchaeologyVariant, LogitSource};
use serde::{Deserialize, Serialize};

/// Recall or precision on held-out probes below which a category is not to be relied on.
pub const RELIABLE_FROM: f64 = 0.6;

/// How well telling examples apart by probes worked on a dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ArchaeologyReport {
    /// Whose procedure.
    pub variant: ArchaeologyVariant,
    /// Neighbours that voted.
    pub neighbours: u32,
    /// Which logits the trajectories come from.
    pub logits: LogitSource,
    /// Whether it can be used here: in words in `verdict`.
    pub worked: bool,
    /// What a reader must know first.
    pub verdict: String,
    /// Mean recall over the categories' held-out probes; one in the number of categories is chance.
    pub accuracy: Option<f64>,
    /// The categories, in the order of the confusion matrix.
    pub categories: Vec<CategoryReport>,
    /// Held-out probes, `[category][called]`.
    pub confusion: Vec<Vec<u32>>,
    /// Examples that were voted on.
    pub voted: u64,
    /// Of them, those whose vote was a tie: it goes to the category whose voters are nearer.
    pub tied: u64,
    /// Examples without a vote: they were not trained on.
    pub not_voted: u64,
    /// Where the synthesised probes come from, and what that does.
    pub sources: String,
    /// How well `label_issue` does on the probes of each group; empty without groups.
    #[serde(default)]
    pub groups: Vec<GroupReport>,
    /// What ranked the dataset's own examples for typical and atypical; null without these suites.
    #[serde(default)]
    pub ranked_by: Option<RankedBy>,
    /// Accuracy of the pilot on what it was trained on; null without one.
    pub pilot_accuracy: Option<f64>,
}

/// What says how typical the dataset's own examples are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RankedBy {
    /// A short training of ours; labels that it does not share are left out of the atypical ones.
    Pilot,
    /// The dataset's column `difficulty`, taken at its word.
    Difficulty,
}

/// Share of the ranking by `label_issue` that counts as flagged in the report on groups.
pub const FLAGGED_SHARE: f64 = 0.05;
/// Probes of a group below which a rate says too little.
pub const GROUP_PROBES_MIN: u32 = 30;

/// How well wrong labels are found in one group, by its probes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupReport {
    /// The group.
    pub name: String,
    /// Random outputs made from its examples that are flagged: planted errors that are found.
    pub planted: Rate,
    /// Its typical and atypical examples, whose labels a pilot shares, that are flagged: false alarms.
    pub clean: Rate,
}

/// A share of probes that would stand in the top 5 % of the ranking by `label_issue`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rate {
    /// Probes.
    pub probes: u32,
    /// Of them, those that are flagged.
    pub flagged: u32,
    /// Their share; null where there are fewer than 30 probes.
    pub rate: Option<f64>,
    /// Its 95 % Wilson interval.
    pub interval: Option<[f64; 2]>,
    /// Why there is no rate.
    pub reason: Option<String>,
}

/// One category of an archaeology.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CategoryReport {
    /// The suite's name.
    pub name: String,
    /// Probes that vote.
    pub fitted: u32,
    /// Probes that were held out of the vote to measure it.
    pub held_out: u32,
    /// Share of the held-out probes that the vote calls so.
    pub recall: Option<f64>,
    /// Its 95 % Wilson interval.
    pub recall_interval: Option<[f64; 2]>,
    /// Share of the held-out probes called so that are, every category counting the same.
    pub precision: Option<f64>,
    /// Whether recall and precision are both at least 0.6.
    pub reliable: bool,
    /// Share of the held-out probes of other categories that are called so.
    pub false_positive_rate: Option<f64>,
    /// Examples called so.
    pub called: u64,
    /// Their share of the examples that were voted on.
    pub share: f64,
    /// How frequent the category is among them when the vote's errors are taken out; an estimate. Null where the
    /// category is not reliable: it cannot be told then.
    pub prevalence: Option<f64>,
    /// Mean loss of its probes after each epoch.
    pub trajectory: Vec<Option<f64>>,
    /// Estimated share of its probes that carry a wrong label, for suites made of the dataset's own
    /// examples: how many a vote without this suite calls random outputs, over the recall of random outputs in
    /// that vote. On the high side, since hard examples are called so now and then.
    pub contamination: Option<f64>,
    /// The dataset's own examples among its probes, in the order in which they were chosen.
    pub examples: Vec<u32>,
    /// What a reader must know of it; null where nothing.
    pub note: Option<String>,
}
