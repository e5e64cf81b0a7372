//! One row of a ranking, and how the database gives it.

use sqlx::{FromRow, Row as _, postgres::PgRow};

/// One row of a ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedRow {
    /// Hardest is 1.
    pub rank: i32,
    /// Example.
    pub index: i32,
    /// Its key.
    pub key: String,
    /// Its given label.
    pub label: i32,
    /// Split.
    pub split: Option<String>,
    /// Group.
    pub group_name: Option<String>,
    /// Score.
    pub value: Option<f64>,
    /// Why it has none.
    pub value_reason: Option<String>,
    /// Class-normalised score.
    pub normalised: Option<f64>,
    /// Why it has none.
    pub normalised_reason: Option<String>,
    /// Share of scored examples that are no harder, 0 to 100.
    pub percentile: Option<f64>,
    /// Smallest score over the seeds; none with one seed, as in the three below.
    pub value_low: Option<f64>,
    /// Largest score over the seeds.
    pub value_high: Option<f64>,
    /// Hardest rank over the seeds.
    pub rank_low: Option<i32>,
    /// Easiest rank over the seeds.
    pub rank_high: Option<i32>,
    /// The class that the model would give it; it may be the given one.
    pub suggested: Option<i32>,
    /// Mean probability of that class.
    pub suggested_probability: Option<f64>,
    /// Position of its category among those of the archaeology.
    pub category: Option<i16>,
    /// Whether another category had as many votes.
    pub category_tied: Option<bool>,
    /// Votes as [`archaeology::votes`](crate::archaeology::votes) reads them.
    pub category_votes: Option<Vec<u8>>,
    /// Modal class of the unpruned models; none where the ranking is of no population, as in the four below.
    pub unpruned_class: Option<i32>,
    /// Modal class of the population's models.
    pub own_class: Option<i32>,
    /// Share of the unpruned models that predict their modal class.
    pub unpruned_agreement: Option<f32>,
    /// Share of the population's models that predict their modal class.
    pub own_agreement: Option<f32>,
    /// Whether either modal class is tied with another.
    pub modal_tied: Option<bool>,
    /// What the decisions on it come to; none where it is undecided, as in the two below.
    pub standing: Option<String>,
    /// The class that it gets by them; none unless it is relabelled.
    pub decided_label: Option<i32>,
    /// How many reviewers have decided on it.
    pub reviewers: Option<i32>,
    /// Its text, where it is one: as much as was asked for.
    pub text: Option<String>,
}

/// What a query selects for it, in the order of its fields; its text follows.
pub(super) const COLUMNS: &str = "
    scores.rank, scores.index, examples.key, scores.label, examples.split, examples.group_name,
    scores.value, scores.value_reason, scores.normalised, scores.normalised_reason,
    scores.percentile, score_ranges.value_low, score_ranges.value_high, score_ranges.rank_low,
    score_ranges.rank_high, suggestions.label, suggestions.probability, categories.category,
    categories.tied, categories.votes, exemplars.unpruned_class, exemplars.own_class,
    exemplars.unpruned_agreement, exemplars.own_agreement, exemplars.tied, standings.standing,
    standings.label, standings.reviewers";

/// By position: by name, a million rows are thirty million names looked up.
impl FromRow<'_, PgRow> for RankedRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            rank: row.try_get(0)?,
            index: row.try_get(1)?,
            key: row.try_get(2)?,
            label: row.try_get(3)?,
            split: row.try_get(4)?,
            group_name: row.try_get(5)?,
            value: row.try_get(6)?,
            value_reason: row.try_get(7)?,
            normalised: row.try_get(8)?,
            normalised_reason: row.try_get(9)?,
            percentile: row.try_get(10)?,
            value_low: row.try_get(11)?,
            value_high: row.try_get(12)?,
            rank_low: row.try_get(13)?,
            rank_high: row.try_get(14)?,
            suggested: row.try_get(15)?,
            suggested_probability: row.try_get(16)?,
            category: row.try_get(17)?,
            category_tied: row.try_get(18)?,
            category_votes: row.try_get(19)?,
            unpruned_class: row.try_get(20)?,
            own_class: row.try_get(21)?,
            unpruned_agreement: row.try_get(22)?,
            own_agreement: row.try_get(23)?,
            modal_tied: row.try_get(24)?,
            standing: row.try_get(25)?,
            decided_label: row.try_get(26)?,
            reviewers: row.try_get(27)?,
            text: row.try_get(28)?,
        })
    }
}
