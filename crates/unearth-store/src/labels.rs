//! The labels of a dataset as an audit's decisions leave them.

use crate::{Database, StoreError, decisions::parse_standing};
use futures::stream::{self, BoxStream, StreamExt as _};
use unearth_audit::Standing;
use uuid::Uuid;

/// A row of the dataset with what was decided on it.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelRow {
    /// Position in the dataset.
    pub index: i32,
    /// File name or id.
    pub key: String,
    /// Given label.
    pub label: i32,
    /// Split.
    pub split: Option<String>,
    /// Group.
    pub group: Option<String>,
    /// How hard its user holds it to be; higher is harder.
    pub difficulty: Option<f64>,
    /// The example itself where it is a text.
    pub text: Option<String>,
    /// What the decisions on it come to.
    pub standing: Standing,
    /// The class that it gets by them; none unless it is relabelled.
    pub decided: Option<i32>,
}

/// Streams every row of the dataset in index order, so many in a piece, in constant memory. Ends with [`StoreError::Deleted`] when
/// the dataset is deleted meanwhile, so that a part is never taken for the whole.
pub fn stream(
    db: &Database,
    audit: Uuid,
    dataset: Uuid,
    rows: usize,
) -> BoxStream<'static, Result<Vec<LabelRow>, StoreError>> {
    let page_rows = rows as i64;
    let db = Database {
        pool: db.pool.clone(),
    };
    let pages = stream::try_unfold(Some((db, -1)), move |state| async move {
        let Some((db, after)) = state else {
            return Ok::<_, StoreError>(None);
        };
        let rows = page(&db, audit, dataset, after, page_rows).await?;
        let last = rows.last().map(|row| row.index);
        let next = last.filter(|_| rows.len() as i64 == page_rows);
        if next.is_none() && !is_there(&db, audit).await? {
            return Err(StoreError::Deleted("the dataset"));
        }
        Ok(Some((rows, next.map(|next| (db, next)))))
    });
    pages.boxed()
}

/// The rows that decisions change: those relabelled and those excluded, in index order.
///
/// # Errors
/// When the database fails.
pub async fn changed(
    db: &Database,
    audit: Uuid,
    dataset: Uuid,
) -> Result<Vec<LabelRow>, StoreError> {
    let rows = sqlx::query_as!(
        Stored,
        r#"-- labels::changed
           select examples.index, key, examples.label, split, group_name, difficulty,
                  null::text as text, standing as "standing?", standings.label as decided
           from standings
           join examples on examples.dataset_id = $2 and examples.index = standings.index
           where standings.audit_id = $1 and standing in ('relabel', 'exclude')
           order by examples.index"#,
        audit,
        dataset,
    )
    .fetch_all(&db.pool)
    .await?;
    rows.into_iter().map(LabelRow::try_from).collect()
}

/// Whether any example of the dataset has a group.
///
/// # Errors
/// When the database fails.
pub async fn has_groups(db: &Database, dataset: Uuid) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"-- labels::has_groups
           select exists (
               select from examples where dataset_id = $1 and group_name is not null
           ) as "found!""#,
        dataset
    )
    .fetch_one(&db.pool)
    .await?;
    Ok(found)
}

async fn page(
    db: &Database,
    audit: Uuid,
    dataset: Uuid,
    after: i32,
    limit: i64,
) -> Result<Vec<LabelRow>, StoreError> {
    let rows = sqlx::query_as!(
        Stored,
        r#"-- labels::page
           select examples.index, key, examples.label, split, group_name, difficulty, text,
                  standing as "standing?", standings.label as decided
           from examples
           left join standings on standings.audit_id = $1 and standings.index = examples.index
           where examples.dataset_id = $2 and examples.index > $3
           order by examples.index limit $4"#,
        audit,
        dataset,
        after,
        limit,
    )
    .fetch_all(&db.pool)
    .await?;
    rows.into_iter().map(LabelRow::try_from).collect()
}

/// Whether the audit is there, and with it the dataset that it is of.
async fn is_there(db: &Database, audit: Uuid) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"-- labels::is_there
           select exists (select from audits where id = $1) as "found!""#,
        audit
    )
    .fetch_one(&db.pool)
    .await?;
    Ok(found)
}

/// A row as the database has it.
struct Stored {
    index: i32,
    key: String,
    label: i32,
    split: Option<String>,
    group_name: Option<String>,
    difficulty: Option<f64>,
    text: Option<String>,
    standing: Option<String>,
    decided: Option<i32>,
}

impl TryFrom<Stored> for LabelRow {
    type Error = StoreError;

    fn try_from(row: Stored) -> Result<Self, StoreError> {
        let standing = match row.standing {
            None => Standing::Undecided,
            Some(word) => parse_standing(&word, row.index)?,
        };
        Ok(Self {
            index: row.index,
            key: row.key,
            label: row.label,
            split: row.split,
            group: row.group_name,
            difficulty: row.difficulty,
            text: row.text,
            standing,
            decided: row.decided,
        })
    }
}
