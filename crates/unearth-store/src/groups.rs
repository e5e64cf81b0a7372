//! Rankings looked at group by group.

use crate::{Database, StoreError};
use uuid::Uuid;

/// One group in one ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupRow {
    /// Its name; none for the examples without group.
    pub name: Option<String>,
    /// Examples of it that are ranked.
    pub examples: i64,
    /// Those that have a score.
    pub scored: i64,
    /// Those among the first `top` of the ranking.
    pub flagged: i64,
    /// Median of the scores.
    pub median: Option<f64>,
}

/// The groups of a ranking by name, those without group last; `top` is how many are flagged.
///
/// # Errors
/// When the database fails.
pub async fn of_set(
    db: &Database,
    set: i64,
    dataset: Uuid,
    top: i64,
) -> Result<Vec<GroupRow>, StoreError> {
    let rows = sqlx::query_as!(
        GroupRow,
        r#"-- groups::of_set
           select group_name as name, count(*) as "examples!",
                  count(value) as "scored!",
                  count(value) filter (where rank <= $3) as "flagged!",
                  percentile_cont(0.5) within group (order by value) as median
           from scores
           join examples on examples.dataset_id = $2 and examples.index = scores.index
           where score_set_id = $1
           group by group_name order by group_name nulls last"#,
        set,
        dataset,
        top as i32,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows)
}
