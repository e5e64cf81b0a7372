//! What populations of models say of themselves and of each other.

use super::Level;
use serde::{Deserialize, Serialize};

/// What the populations of an audit were found to disagree on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PieReport {
    /// Whether every model is in it that the audit will have. Until then it is over the models that every
    /// population has already.
    pub is_complete: bool,
    /// Over the examples that were trained on.
    pub trained: PieTable,
    /// Over the others; null without any.
    pub held_out: Option<PieTable>,
    /// What a reader must know first: what cannot be claimed, and why.
    pub notes: Vec<String>,
}

/// The populations over the same examples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PieTable {
    /// How many examples.
    pub examples: u64,
    /// The unpruned population first, then those that are compared with it.
    pub levels: Vec<LevelReport>,
}

/// One population over the examples of its table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LevelReport {
    /// Which.
    pub level: Level,
    /// Its models.
    pub models: u32,
    /// Share of the examples that its models label as given; null without models.
    pub top1: Option<Top1>,
    /// Mean over the examples of the share of its models that predict the modal class.
    pub agreement: Option<f64>,
    /// Examples for which two classes have as many models; the larger class index is the modal one then.
    pub ties: u64,
    /// The sparsity that was reached, weight tensor by weight tensor; empty where nothing was pruned.
    pub layers: Vec<LayerSparsity>,
    /// Where it disagrees with the unpruned population; null of that one.
    pub exemplars: Option<Exemplars>,
    /// Recall by class, and by group where the dataset has groups; empty of the unpruned population.
    pub recalls: Vec<Recalls>,
}

/// Accuracy of the models of a population.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Top1 {
    /// Mean over the models.
    pub mean: f64,
    /// Standard deviation over the models, ddof 1; null with one model.
    pub deviation: Option<f64>,
    /// The worst model's.
    pub min: f64,
    /// The best model's.
    pub max: f64,
}

/// Zeros of one weight tensor, summed over the models of a population.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LayerSparsity {
    /// The tensor.
    pub name: String,
    /// Its weights.
    pub weights: u64,
    /// Those that are zero.
    pub zeros: u64,
}

/// Examples on which two populations disagree: their modal classes differ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Exemplars {
    /// How many.
    pub count: u64,
    /// Their share of the examples.
    pub share: f64,
    /// Those of them whose modal class is tied in either population, so that the tie decided.
    pub on_a_tie: u64,
    /// `share` less the share on which two unpruned populations disagree; null without a null population.
    pub excess: Option<f64>,
    /// Mean accuracy of the unpruned models on them; null where there are none.
    pub unpruned_top1: Option<f64>,
    /// Mean accuracy of this population's models on them.
    pub own_top1: Option<f64>,
    /// Mean accuracy of the unpruned models on all other examples.
    pub unpruned_top1_elsewhere: Option<f64>,
    /// Mean accuracy of this population's models on all other examples.
    pub own_top1_elsewhere: Option<f64>,
}

/// What a recall is taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Recall {
    /// The examples of a class.
    Class,
    /// The examples of a group.
    Group,
}

/// How compression changes recall, class by class or group by group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Recalls {
    /// Of what.
    pub of: Recall,
    /// The tests that are corrected for each other.
    pub family: String,
    /// One row a class or group.
    pub rows: Vec<RecallRow>,
}

/// How compression changes the recall of one class or group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecallRow {
    /// The class or group.
    pub name: String,
    /// Its examples.
    pub examples: u64,
    /// Mean over the unpruned models of the share of them that is labelled as given.
    pub unpruned: f64,
    /// The same over this population's models.
    pub own: f64,
    /// `own` less `unpruned`, each first less the mean accuracy of its population: below 0, compression harms
    /// it more than the average example.
    pub normalised_change: f64,
    /// Welch's test of the normalised recalls, as published: models are taken to be independent.
    pub welch: Tested,
    /// The paired test, where models share their trainings and are not independent; null elsewhere.
    pub paired: Option<Tested>,
}

/// A two-sided test of a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tested {
    /// The change in units of its standard error.
    pub t: Option<f64>,
    /// Degrees of freedom.
    pub df: Option<f64>,
    /// Probability of a change at least as large where there is none.
    pub p: Option<f64>,
    /// The same, corrected for the number of tests of its family (Holm 1979).
    pub p_holm: Option<f64>,
    /// Why there is no test.
    pub reason: Option<String>,
}
