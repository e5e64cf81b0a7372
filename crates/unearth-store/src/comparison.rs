//! Two rankings side by side.

use crate::{Database, StoreError};
use sqlx::FromRow;
use uuid::Uuid;

/// What an example is in two rankings; without the fields of one that does not have it.
#[derive(Debug, Clone, Copy, PartialEq, FromRow)]
pub struct Pair {
    /// Example, in the dataset of the first.
    pub index: Option<i32>,
    /// Its given label there.
    pub label: Option<i32>,
    /// Hardest is 1.
    pub rank: Option<i32>,
    /// Its score; none where it has none.
    pub value: Option<f64>,
    /// Example, in the dataset of the second.
    pub other_index: Option<i32>,
    /// Its given label there.
    pub other_label: Option<i32>,
    /// Its rank in the second.
    pub other_rank: Option<i32>,
    /// Its score in the second.
    pub other_value: Option<f64>,
}

/// Two score sets of one dataset, or of datasets with the same content: examples are the same by their index.
///
/// # Errors
/// When the database fails.
pub async fn by_index(db: &Database, set: i64, other: i64) -> Result<Vec<Pair>, StoreError> {
    let pairs = sqlx::query_as!(
        Pair,
        r#"-- comparison::by_index
           select a.index as "index?", a.label as "label?", a.rank as "rank?", a.value as "value?",
                  b.index as "other_index?", b.label as "other_label?", b.rank as "other_rank?",
                  b.value as "other_value?"
           from (select * from scores where score_set_id = $1) a
           full join (select * from scores where score_set_id = $2) b on b.index = a.index"#,
        set,
        other,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(pairs)
}

/// Two score sets of two datasets: examples are the same by their key.
///
/// # Errors
/// When the database fails.
pub async fn by_key(
    db: &Database,
    (dataset, set): (Uuid, i64),
    (other_dataset, other): (Uuid, i64),
) -> Result<Vec<Pair>, StoreError> {
    let pairs = sqlx::query_as!(
        Pair,
        r#"-- comparison::by_key
           select a.index as "index?", a.label as "label?", a.rank as "rank?", a.value as "value?",
                  b.index as "other_index?", b.label as "other_label?", b.rank as "other_rank?",
                  b.value as "other_value?"
           from (select scores.*, key from scores
                 join examples on examples.dataset_id = $1 and examples.index = scores.index
                 where score_set_id = $2) a
           full join (select scores.*, key from scores
                      join examples on examples.dataset_id = $3 and examples.index = scores.index
                      where score_set_id = $4) b on b.key = a.key"#,
        dataset,
        set,
        other_dataset,
        other,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(pairs)
}
