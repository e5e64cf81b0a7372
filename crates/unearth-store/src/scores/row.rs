//! One row of a ranking, and how the database gives it.

use sqlx::{FromRow, Postgres, QueryBuilder, Row as _, postgres::PgRow};
use uuid::Uuid;

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

/// What a row brings beside its score, suggestion and decisions. What it does not bring is none, and costs no join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beside {
    /// The audit that the ranking is of.
    pub audit: Uuid,
    /// Ranges over the seeds, which an audit of one seed has none of.
    pub ranges: bool,
    /// The category of the archaeology, where there is one.
    pub category: bool,
    /// Modal classes, which only a ranking of a population has.
    pub modal_classes: bool,
    /// The text of an example that is one.
    pub text: Option<Texts>,
}

impl Beside {
    /// All there is, texts as excerpts.
    #[must_use]
    pub fn all(audit: Uuid) -> Self {
        Self {
            audit,
            ranges: true,
            category: true,
            modal_classes: true,
            text: Some(Texts::Excerpt),
        }
    }
}

/// How much of a text a row brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    /// Enough to know it by.
    Excerpt,
    /// All of it.
    Whole,
}

/// A table that stands beside the scores, and its columns in the order of the row's fields.
struct Joined {
    table: &'static str,
    of: Of,
    columns: &'static [&'static str],
}

/// What the rows of such a table belong to, beside their example.
enum Of {
    Audit,
    ScoreSet,
}

const RANGES: Joined = Joined {
    table: "score_ranges",
    of: Of::ScoreSet,
    columns: &["value_low", "value_high", "rank_low", "rank_high"],
};
const SUGGESTION: Joined = Joined {
    table: "suggestions",
    of: Of::Audit,
    columns: &["label", "probability"],
};
const CATEGORY: Joined = Joined {
    table: "categories",
    of: Of::Audit,
    columns: &["category", "tied", "votes"],
};
const MODAL_CLASSES: Joined = Joined {
    table: "exemplars",
    of: Of::ScoreSet,
    columns: &[
        "unpruned_class",
        "own_class",
        "unpruned_agreement",
        "own_agreement",
        "tied",
    ],
};
const STANDING: Joined = Joined {
    table: "standings",
    of: Of::Audit,
    columns: &["standing", "label", "reviewers"],
};

impl Joined {
    fn push_columns(&self, query: &mut QueryBuilder<Postgres>, is_wanted: bool) {
        for column in self.columns {
            if is_wanted {
                query.push(format!(", {}.{column}", self.table));
            } else {
                query.push(", null");
            }
        }
    }

    fn push_join(&self, query: &mut QueryBuilder<Postgres>, audit: Uuid) {
        let table = self.table;
        query.push(format!(
            " left join {table} on {table}.index = scores.index and {table}."
        ));
        match self.of {
            // By its value and not by way of the score set: this decides how well Postgres plans a million rows.
            Of::Audit => query.push("audit_id = ").push_bind(audit),
            Of::ScoreSet => query.push("score_set_id = scores.score_set_id"),
        };
    }
}

/// Ends `with part as (select scores.* …`, and adds what stands beside the rows of the part: the columns in the order of
/// the row's fields.
pub(super) fn push_rows(query: &mut QueryBuilder<Postgres>, dataset: Uuid, beside: Beside) {
    let joined = [
        (RANGES, beside.ranges),
        (SUGGESTION, true),
        (CATEGORY, beside.category),
        (MODAL_CLASSES, beside.modal_classes),
        (STANDING, true),
    ];
    query.push(
        ")
         select scores.rank, scores.index, examples.key, scores.label, examples.split, examples.group_name,
                scores.value, scores.value_reason, scores.normalised, scores.normalised_reason, scores.percentile",
    );
    for (table, is_wanted) in &joined {
        table.push_columns(query, *is_wanted);
    }
    query.push(match beside.text {
        None => ", null",
        Some(Texts::Excerpt) => ", left(examples.text, 200)",
        Some(Texts::Whole) => ", examples.text",
    });
    query.push(" from part as scores");
    for (table, _) in joined.iter().filter(|(_, is_wanted)| *is_wanted) {
        table.push_join(query, beside.audit);
    }
    query
        .push(" join examples on examples.index = scores.index and examples.dataset_id = ")
        .push_bind(dataset);
}

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
