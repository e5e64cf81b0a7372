//! The rows of a dataset.

use crate::{Database, StoreError, copy::BinaryCopy};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// An example to store; its index is its position.
#[derive(Debug, Clone, Copy)]
pub struct NewExample<'e> {
    /// File name or id.
    pub key: &'e str,
    /// Given label.
    pub label: i32,
    /// Split.
    pub split: Option<&'e str>,
    /// Group.
    pub group: Option<&'e str>,
    /// Offset and length of the original file.
    pub original: Option<(u64, u64)>,
    /// Media type of the original file.
    pub media_type: Option<&'e str>,
}

/// An example as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Position in the dataset.
    pub index: i32,
    /// File name or id.
    pub key: String,
    /// Given label.
    pub label: i32,
    /// Split.
    pub split: Option<String>,
    /// Group.
    pub group_name: Option<String>,
    /// Where the original file begins.
    pub original_offset: Option<i64>,
    /// Its length.
    pub original_bytes: Option<i64>,
    /// Its media type.
    pub media_type: Option<String>,
}

pub(crate) async fn copy_in<'e>(
    connection: &mut PgConnection,
    dataset: Uuid,
    examples: impl Iterator<Item = NewExample<'e>>,
) -> Result<u64, StoreError> {
    let mut copy = BinaryCopy::begin(
        connection,
        "copy examples (dataset_id, index, key, label, split, group_name, original_offset, original_bytes, media_type) from stdin (format binary)",
    )
    .await?;
    for (index, example) in examples.enumerate() {
        copy.row(9)
            .bytes(dataset.as_bytes())
            .i32(index as i32)
            .bytes(example.key.as_bytes())
            .i32(example.label)
            .optional_text(example.split)
            .optional_text(example.group)
            .optional_i64(example.original.map(|(offset, _)| offset as i64))
            .optional_i64(example.original.map(|(_, bytes)| bytes as i64))
            .optional_text(example.media_type);
        copy.flush_if_full().await?;
    }
    copy.finish().await
}

/// One example.
///
/// # Errors
/// When the database fails.
pub async fn get(db: &Database, dataset: Uuid, index: i32) -> Result<Option<Example>, StoreError> {
    let found = sqlx::query_as!(
        Example,
        "-- examples::get
         select index, key, label, split, group_name, original_offset, original_bytes, media_type
         from examples where dataset_id = $1 and index = $2",
        dataset,
        index,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(found)
}

/// Examples in index order after `after`, of one label or split where given.
///
/// # Errors
/// When the database fails.
pub async fn page(
    db: &Database,
    dataset: Uuid,
    label: Option<i32>,
    split: Option<&str>,
    after: i32,
    limit: i64,
) -> Result<Vec<Example>, StoreError> {
    let found = sqlx::query_as!(
        Example,
        "-- examples::page
         select index, key, label, split, group_name, original_offset, original_bytes, media_type
         from examples
         where dataset_id = $1 and index > $2
           and ($3::int is null or label = $3) and ($4::text is null or split = $4)
         order by index limit $5",
        dataset,
        after,
        label,
        split,
        limit,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(found)
}

/// Indices of the examples of a split, ascending; of all examples where none is named.
///
/// # Errors
/// When the database fails.
pub async fn indices(
    db: &Database,
    dataset: Uuid,
    split: Option<&str>,
) -> Result<Vec<u32>, StoreError> {
    let rows = sqlx::query_scalar!(
        "-- examples::indices
         select index from examples
         where dataset_id = $1 and ($2::text is null or split = $2) order by index",
        dataset,
        split,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows.into_iter().map(|index| index as u32).collect())
}

/// Groups of a dataset: their names in order, and the position of each example's among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    /// Names, sorted.
    pub names: Vec<String>,
    /// Group of each example, in index order; none where it has none.
    pub of_examples: Vec<Option<u32>>,
}

/// The groups of a dataset.
///
/// # Errors
/// When the database fails.
pub async fn groups(db: &Database, dataset: Uuid) -> Result<Groups, StoreError> {
    let names = sqlx::query_scalar!(
        r#"-- examples::groups (names)
           select distinct group_name as "name!" from examples
           where dataset_id = $1 and group_name is not null order by 1"#,
        dataset,
    )
    .fetch_all(&db.pool)
    .await?;
    if names.is_empty() {
        return Ok(Groups::default());
    }
    let positions: HashMap<&str, u32> = names.iter().map(String::as_str).zip(0..).collect();
    let rows = sqlx::query_scalar!(
        "-- examples::groups
         select group_name from examples where dataset_id = $1 order by index",
        dataset,
    )
    .fetch_all(&db.pool)
    .await?;
    let of_examples = rows
        .iter()
        .map(|name| positions.get(name.as_deref()?).copied())
        .collect();
    Ok(Groups { names, of_examples })
}

/// Index of each of these keys, in their order; none where the dataset has no such key.
///
/// # Errors
/// When the database fails.
pub async fn with_keys(
    db: &Database,
    dataset: Uuid,
    keys: &[String],
) -> Result<Vec<Option<u32>>, StoreError> {
    let rows = sqlx::query!(
        r#"-- examples::with_keys
           select index, key from examples where dataset_id = $1 and key = any($2)"#,
        dataset,
        keys,
    )
    .fetch_all(&db.pool)
    .await?;
    let found: HashMap<String, u32> = rows
        .into_iter()
        .map(|row| (row.key, row.index as u32))
        .collect();
    Ok(keys.iter().map(|key| found.get(key).copied()).collect())
}
