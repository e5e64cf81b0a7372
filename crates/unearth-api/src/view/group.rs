//! Groups of an audit.

use serde::Serialize;
use unearth_audit::{Grouping, Rate};
use unearth_store::groups::GroupRow;
use utoipa::ToSchema;

/// What three ways of comparing groups flag in each. None of the three is fair by itself: read them side
/// by side.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Groups {
    /// Share of each ranking that counts as flagged.
    pub(crate) share: f64,
    /// The groups by name; examples without group come last.
    pub(crate) items: Vec<Group>,
    /// Why some column is null.
    pub(crate) note: Option<String>,
}

/// One group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Group {
    /// Its name; null for the examples without group.
    pub(crate) name: Option<String>,
    /// Examples of it that are ranked.
    pub(crate) examples: i64,
    /// Median of their scores.
    pub(crate) median: Option<f64>,
    /// How many of them are flagged, ranking by ranking.
    pub(crate) flagged: Vec<FlaggedInGroup>,
    /// Planted errors of it that `label_issue` finds in its top 5 %; null without an archaeology.
    pub(crate) planted: Option<Rate>,
    /// Clean probes of it that `label_issue` flags by mistake; null without an archaeology.
    pub(crate) clean: Option<Rate>,
}

/// What one ranking flags in a group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlaggedInGroup {
    /// How the ranking compares groups.
    pub(crate) grouping: Grouping,
    /// Examples of the group that have a score in it: none where it is too small to tell.
    pub(crate) scored: i64,
    /// Those that are flagged.
    pub(crate) flagged: i64,
    /// Their share of the group's examples; null where none has a score.
    pub(crate) share: Option<f64>,
}

impl FlaggedInGroup {
    /// One ranking's row of a group.
    pub(crate) fn new(grouping: Grouping, row: &GroupRow) -> Self {
        Self {
            grouping,
            scored: row.scored,
            flagged: row.flagged,
            share: (row.scored > 0).then(|| row.flagged as f64 / row.examples as f64),
        }
    }
}
