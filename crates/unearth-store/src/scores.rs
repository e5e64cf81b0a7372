//! Rankings: reading scores in rank order.

mod row;
mod whole;
mod within;

pub use row::{Beside, RankedRow, Texts};
pub use whole::stream;
pub use within::{Bounds, Within};

use crate::{Database, StoreError, archaeology::Category, decisions::Holding, subsets::Membership};
use row::push_rows;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

/// Which rows of a ranking.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// Given label.
    pub label: Option<i32>,
    /// Split.
    pub split: Option<String>,
    /// Group.
    pub group: Option<String>,
    /// Subset.
    pub subset: Option<Membership>,
    /// Category of the archaeology.
    pub category: Option<Category>,
    /// What was decided.
    pub holding: Option<Holding>,
    /// Whose scores lie between bounds.
    pub within: Option<Within>,
}

impl Filter {
    /// Whether it leaves every row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// From which end a ranking is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Rank 1 first; examples without a value come last.
    HardestFirst,
    /// The last scored rank first; examples without a value are left out.
    EasiestFirst,
}

/// One page of a ranking.
///
/// # Errors
/// When the database fails.
pub async fn page(
    db: &Database,
    score_set: i64,
    dataset: Uuid,
    filter: &Filter,
    beside: Beside,
    part: Part,
) -> Result<Vec<RankedRow>, StoreError> {
    let mut query = select(score_set, dataset, filter, beside, part);
    Ok(query.build_query_as().fetch_all(&db.pool).await?)
}

/// Which rows of those that a filter leaves.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// The end from which they are counted.
    pub order: Order,
    /// Only those behind this rank, seen from there.
    pub after: Option<i32>,
    /// No more than so many.
    pub limit: i64,
}

impl Part {
    fn push_to(self, query: &mut QueryBuilder<Postgres>) {
        match self.order {
            Order::HardestFirst => {
                if let Some(after) = self.after {
                    query.push(" and scores.rank > ").push_bind(after);
                }
            }
            Order::EasiestFirst => {
                query.push(" and scores.value is not null");
                if let Some(after) = self.after {
                    query.push(" and scores.rank < ").push_bind(after);
                }
            }
        }
        self.push_order_to(query);
        query.push(" limit ").push_bind(self.limit);
    }

    fn push_order_to(self, query: &mut QueryBuilder<Postgres>) {
        query.push(match self.order {
            Order::HardestFirst => " order by scores.rank",
            Order::EasiestFirst => " order by scores.rank desc",
        });
    }
}

/// How many rows a filter leaves.
///
/// # Errors
/// When the database fails.
pub async fn count(
    db: &Database,
    score_set: i64,
    dataset: Uuid,
    filter: &Filter,
) -> Result<i64, StoreError> {
    if filter.is_empty() {
        return total(db, score_set).await;
    }
    let mut connection = db.pool.acquire().await?;
    matching(&mut connection, score_set, dataset, filter).await
}

/// How many rows a filter leaves, seen by a transaction.
pub(crate) async fn matching(
    connection: &mut PgConnection,
    score_set: i64,
    dataset: Uuid,
    filter: &Filter,
) -> Result<i64, StoreError> {
    let mut query = QueryBuilder::new("-- scores::matching\nselect count(*) from scores ");
    push_source(&mut query, score_set, dataset, filter);
    Ok(query.build_query_scalar().fetch_one(connection).await?)
}

/// How many examples a score set ranks.
///
/// # Errors
/// When the database fails.
pub async fn total(db: &Database, score_set: i64) -> Result<i64, StoreError> {
    let total = sqlx::query_scalar!(
        r#"-- scores::total
           select coalesce(max(rank), 0)::bigint as "total!" from scores where score_set_id = $1"#,
        score_set
    )
    .fetch_one(&db.pool)
    .await?;
    Ok(total)
}

fn select(
    score_set: i64,
    dataset: Uuid,
    filter: &Filter,
    beside: Beside,
    part: Part,
) -> QueryBuilder<Postgres> {
    // The part first and by itself: what stands beside the rows is looked up for no others.
    let mut query = QueryBuilder::new(
        "-- scores::page\nwith part as materialized (select scores.* from scores ",
    );
    push_source(&mut query, score_set, dataset, filter);
    part.push_to(&mut query);
    push_rows(&mut query, dataset, beside);
    part.push_order_to(&mut query);
    query
}

/// Adds to a query `… from scores` which rows of them, and the examples where these say which.
pub(crate) fn push_source(
    query: &mut QueryBuilder<Postgres>,
    score_set: i64,
    dataset: Uuid,
    filter: &Filter,
) {
    if filter.split.is_some() || filter.group.is_some() {
        query
            .push("join examples on examples.index = scores.index and examples.dataset_id = ")
            .push_bind(dataset);
    }
    query
        .push(" where scores.score_set_id = ")
        .push_bind(score_set);
    if let Some(label) = filter.label {
        query.push(" and scores.label = ").push_bind(label);
    }
    if let Some(split) = &filter.split {
        query
            .push(" and examples.split = ")
            .push_bind(split.clone());
    }
    if let Some(group) = &filter.group {
        query
            .push(" and examples.group_name = ")
            .push_bind(group.clone());
    }
    if let Some(subset) = &filter.subset {
        subset.push_to(query, "scores.index");
    }
    if let Some(category) = filter.category {
        query.push(" and scores.index");
        category.push_to(query);
    }
    if let Some(holding) = &filter.holding {
        holding.push_to(query, "scores.index");
    }
    if let Some(within) = &filter.within {
        within.push_to(query);
    }
}

/// One example's place in one score set.
#[derive(Debug, Clone, PartialEq)]
pub struct ExampleScore {
    /// Name of the signal.
    pub signal: String,
    /// Variant and window.
    pub scoring: String,
    /// Hardest is 1.
    pub rank: i32,
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
}

/// One example's place in every ready score set of an audit.
///
/// # Errors
/// When the database fails.
pub async fn of_example(
    db: &Database,
    audit: Uuid,
    index: i32,
) -> Result<Vec<ExampleScore>, StoreError> {
    let found = sqlx::query_as!(
        ExampleScore,
        r#"-- scores::of_example
           select signal, scoring, rank, value, value_reason, normalised, normalised_reason,
                  percentile, value_low, value_high, rank_low as "rank_low?",
                  rank_high as "rank_high?"
           from score_sets
           join scores on scores.score_set_id = score_sets.id
           left join score_ranges on score_ranges.score_set_id = score_sets.id
                                 and score_ranges.index = scores.index
           where audit_id = $1 and state = 'ready' and scores.index = $2
           order by score_sets.id"#,
        audit,
        index,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(found)
}
