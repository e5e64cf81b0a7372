//! Decisions on examples, and what they come to.

use crate::class_names::ClassNames;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use unearth_audit::{Standing, Verdict};
use unearth_store::{StoreError, decisions, reviews, scores::RankedRow};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a reviewer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decided {
    /// The given label is right.
    Keep,
    /// The class `label` is right.
    Relabel,
    /// The class that the audit suggests is right, of each example its own; where it suggests none nothing is
    /// decided.
    Suggestion,
    /// It does not belong in the dataset.
    Exclude,
    /// Somebody else should look at it.
    SecondLook,
    /// The reviewer cannot tell.
    CannotJudge,
}

/// A decision on some examples.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decide {
    /// Made up by the client: a decision that is sent twice with the same id is taken once.
    pub(crate) id: Option<Uuid>,
    /// Name of who decides.
    pub(crate) reviewer: String,
    /// What.
    pub(crate) decision: Decided,
    /// The class by name; of `relabel` alone. Examples that have it already are kept.
    pub(crate) label: Option<String>,
    /// The examples, by index, at most 10,000.
    pub(crate) examples: Option<Vec<i32>>,
    /// Or all that a ranking and its filters leave.
    pub(crate) matching: Option<Matching>,
    /// Whether it overrules what others decided on these examples before.
    #[serde(default)]
    #[schema(required = false)]
    pub(crate) settles: bool,
    /// The sample in which it was taken, with the suggestion hidden.
    pub(crate) sample: Option<Uuid>,
}

/// The rows that filters leave of a ranking.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Matching {
    /// The parameters of `GET …/examples`, as a query string; without `order`, `after` and `limit`.
    pub(crate) query: String,
    /// How many examples the reviewer was told that these are. When there are not exactly as many, nothing is
    /// decided.
    pub(crate) count: i64,
}

/// Takes a decision back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Undo {
    /// Made up by the client, as of a decision.
    pub(crate) id: Option<Uuid>,
    /// Name of who takes it back: who took it.
    pub(crate) reviewer: String,
}

/// A decision that was taken, or taken back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Taken {
    /// Identity of the action.
    pub(crate) id: Uuid,
    /// Who.
    pub(crate) reviewer: String,
    /// How many examples were decided; of one that was taken back, how many are not any more.
    pub(crate) examples: i64,
    /// Where the examples stand now that were named by index.
    pub(crate) standings: Vec<StandingOfIndex>,
}

/// Where an example stands, with its index.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StandingOfIndex {
    /// Example.
    pub(crate) index: i32,
    #[serde(flatten)]
    pub(crate) standing: ExampleStanding,
}

/// What the decisions on an example come to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExampleStanding {
    /// The verdict of all who judge, `conflict` where they do not agree, `undecided` where nobody decided.
    standing: Standing,
    /// The class that it gets; null unless it is relabelled.
    label: Option<String>,
    /// How many reviewers decided on it.
    reviewers: i32,
}

impl ExampleStanding {
    /// With its class by name.
    pub(crate) fn new(
        found: &decisions::ExampleStanding,
        classes: ClassNames<'_>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            standing: found.standing,
            label: found.label.map(|label| classes.name(label)).transpose()?,
            reviewers: found.reviewers,
        })
    }

    /// Of a row of a ranking.
    pub(crate) fn of_row(row: &RankedRow, classes: ClassNames<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            standing: decisions::standing_of(row)?,
            label: row
                .decided_label
                .map(|label| classes.name(label))
                .transpose()?,
            reviewers: row.reviewers.unwrap_or_default(),
        })
    }
}

/// What was done, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActionPage {
    /// Actions.
    pub(crate) items: Vec<Action>,
    /// `after` of the next page; null on the last one.
    pub(crate) next: Option<String>,
}

/// Something that a reviewer did. It is never changed: one that was undone is followed by one that undoes it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReviewAction)]
pub(crate) struct Action {
    /// Identity.
    id: Uuid,
    /// Who.
    reviewer: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    decided_at: OffsetDateTime,
    /// The action that it takes back; null for decisions.
    undoes: Option<Uuid>,
    /// Whether it was taken back.
    is_undone: bool,
    /// Whether it overrules earlier decisions.
    settles: bool,
    /// The sample in which it was taken.
    sample: Option<Uuid>,
    /// How many examples it decides.
    examples: i32,
    /// The first of them; null where it decides none.
    index: Option<i32>,
    /// What it holds of that one.
    verdict: Option<Verdict>,
    /// The class that it gives it.
    label: Option<String>,
}

impl Action {
    /// With its class by name.
    pub(crate) fn new(row: decisions::Action, classes: ClassNames<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            reviewer: row.reviewer,
            decided_at: row.decided_at,
            undoes: row.undoes,
            is_undone: row.is_undone,
            settles: row.settles,
            sample: row.sample,
            examples: row.examples,
            index: row.index,
            verdict: row.verdict,
            label: row.label.map(|label| classes.name(label)).transpose()?,
        })
    }
}

/// A decision on one example.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecisionOnExample {
    /// The action that it is part of.
    action: Uuid,
    /// Who.
    reviewer: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    decided_at: OffsetDateTime,
    /// What.
    verdict: Verdict,
    /// The class that they give it; null unless it is relabelled.
    label: Option<String>,
    /// Whether it was taken back.
    is_undone: bool,
    /// Whether it overrules earlier ones.
    settles: bool,
}

impl DecisionOnExample {
    /// With its class by name.
    pub(crate) fn new(
        row: decisions::DecisionOnExample,
        classes: ClassNames<'_>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            action: row.action,
            reviewer: row.reviewer,
            decided_at: row.decided_at,
            verdict: row.verdict,
            label: row.label.map(|label| classes.name(label)).transpose()?,
            is_undone: row.is_undone,
            settles: row.settles,
        })
    }
}

/// How far the review of an audit has come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Review {
    /// Examples of the dataset.
    pub(crate) examples: i64,
    /// How many of them stand where; all standings, also those that none has.
    pub(crate) standings: Vec<StandingCount>,
    /// Who has reviewed.
    pub(crate) reviewers: Vec<ReviewerCount>,
    /// Group by group; empty where the dataset has none.
    pub(crate) groups: Vec<GroupReview>,
}

/// How many examples stand in one way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StandingCount {
    /// How.
    pub(crate) standing: Standing,
    /// How many.
    pub(crate) examples: i64,
}

/// What a reviewer has done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReviewerCount {
    /// Name.
    pub(crate) name: String,
    /// Examples that they have decided on.
    pub(crate) examples: i64,
}

/// How far the review of a group has come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupReview {
    /// Its name; null for the examples without group.
    pub(crate) name: Option<String>,
    /// Examples.
    pub(crate) examples: i64,
    /// Those that somebody has decided on.
    pub(crate) decided: i64,
}

impl From<reviews::GroupReview> for GroupReview {
    fn from(group: reviews::GroupReview) -> Self {
        Self {
            name: group.name,
            examples: group.examples,
            decided: group.decided,
        }
    }
}

/// What the review of the top of a ranking found: plain counts. Whoever is reviewed first is no sample, so
/// nothing is concluded on the rest; see the samples for that.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TopReview {
    /// How many rows of the ranking were looked at.
    pub(crate) top: i64,
    /// Those that somebody has decided on.
    pub(crate) reviewed: i64,
    /// Those that were relabelled or excluded.
    pub(crate) changed: i64,
}
