//! Which runs an audit needs.

use crate::{Recipe, Signal};

/// One training that an audit needs.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedRun {
    /// Position within the audit, from 0.
    pub ordinal: u32,
    /// What to train.
    pub recipe: Recipe,
    /// Seed of this run.
    pub seed: u64,
    /// Whether its gradient maps are kept.
    pub keeps_maps: bool,
}

/// The runs for these signals. VoG and the records of loss come from one and the same run.
pub fn plan(signals: &[Signal], recipe: &Recipe, seed: u64) -> Vec<PlannedRun> {
    let keeps_maps = signals.contains(&Signal::Vog);
    vec![PlannedRun {
        ordinal: 0,
        recipe: recipe.clone(),
        seed,
        keeps_maps,
    }]
}
