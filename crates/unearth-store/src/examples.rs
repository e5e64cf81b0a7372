//! The rows of a dataset.

use crate::{Database, StoreError, copy::BinaryCopy};
use futures::{Stream, TryStreamExt as _};
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
    /// How hard its user holds it to be; higher is harder.
    pub difficulty: Option<f64>,
    /// Offset and length of the original file.
    pub original: Option<(u64, u64)>,
    /// Media type of the original file.
    pub media_type: Option<&'e str>,
    /// The example itself where it is a text.
    pub text: Option<&'e str>,
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
    /// The example itself where it is a text.
    pub text: Option<String>,
}

pub(crate) async fn copy_in<'e>(
    connection: &mut PgConnection,
    dataset: Uuid,
    examples: impl Iterator<Item = NewExample<'e>>,
) -> Result<u64, StoreError> {
    let mut copy = BinaryCopy::begin(
        connection,
        "copy examples (dataset_id, index, key, label, split, group_name, difficulty, original_offset, original_bytes, media_type, text) from stdin (format binary)",
    )
    .await?;
    for (index, example) in examples.enumerate() {
        copy.row(11)
            .bytes(dataset.as_bytes())
            .i32(index as i32)
            .bytes(example.key.as_bytes())
            .i32(example.label)
            .optional_text(example.split)
            .optional_text(example.group)
            .optional_f64(example.difficulty)
            .optional_i64(example.original.map(|(offset, _)| offset as i64))
            .optional_i64(example.original.map(|(_, bytes)| bytes as i64))
            .optional_text(example.media_type)
            .optional_text(example.text);
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
         select index, key, label, split, group_name, original_offset, original_bytes, media_type,
                text
         from examples where dataset_id = $1 and index = $2",
        dataset,
        index,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(found)
}

/// These examples, in index order.
///
/// # Errors
/// When the database fails.
pub async fn of_indices(
    db: &Database,
    dataset: Uuid,
    indices: &[i32],
) -> Result<Vec<Example>, StoreError> {
    let found = sqlx::query_as!(
        Example,
        "-- examples::of_indices
         select index, key, label, split, group_name, original_offset, original_bytes, media_type,
                text
         from examples where dataset_id = $1 and index = any($2) order by index",
        dataset,
        indices,
    )
    .fetch_all(&db.pool)
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
         select index, key, label, split, group_name, original_offset, original_bytes, media_type,
                text
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

/// Indices of the examples of a split, ascending.
pub fn of_split<'a>(
    db: &'a Database,
    dataset: Uuid,
    split: &'a str,
) -> impl Stream<Item = Result<u32, StoreError>> + 'a {
    let rows = sqlx::query_scalar!(
        "-- examples::of_split
         select index from examples where dataset_id = $1 and split = $2 order by index",
        dataset,
        split,
    );
    let rows = rows.fetch(&db.pool).map_ok(|index| index as u32);
    rows.map_err(StoreError::from)
}

/// Names of the groups of a dataset, sorted.
///
/// # Errors
/// When the database fails.
pub async fn group_names(db: &Database, dataset: Uuid) -> Result<Vec<String>, StoreError> {
    let names = sqlx::query_scalar!(
        r#"-- examples::group_names
           select distinct group_name as "name!" from examples
           where dataset_id = $1 and group_name is not null order by 1"#,
        dataset,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(names)
}

/// Name of the group of each example, in index order; none where it has none.
pub fn groups(
    db: &Database,
    dataset: Uuid,
) -> impl Stream<Item = Result<Option<String>, StoreError>> + '_ {
    sqlx::query_scalar!(
        "-- examples::groups
         select group_name from examples where dataset_id = $1 order by index",
        dataset,
    )
    .fetch(&db.pool)
    .map_err(StoreError::from)
}

/// How hard its user holds each example to be, in index order; none where that is unknown.
pub fn difficulties(
    db: &Database,
    dataset: Uuid,
) -> impl Stream<Item = Result<Option<f64>, StoreError>> + '_ {
    sqlx::query_scalar!(
        "-- examples::difficulties
         select difficulty from examples where dataset_id = $1 order by index",
        dataset,
    )
    .fetch(&db.pool)
    .map_err(StoreError::from)
}

/// The indices of the examples with these keys, by key; keys that no example has are left out.
///
/// # Errors
/// When the database fails.
pub async fn by_key(
    db: &Database,
    dataset: Uuid,
    keys: &[String],
) -> Result<HashMap<String, u32>, StoreError> {
    let rows = sqlx::query!(
        "-- examples::by_key
         select examples.key, index from unnest($2::text[]) as wanted (key)
         join examples on dataset_id = $1 and md5(examples.key) = md5(wanted.key)
                      and examples.key = wanted.key",
        dataset,
        keys,
    )
    .fetch_all(&db.pool)
    .await?;
    let found = rows.into_iter().map(|row| (row.key, row.index as u32));
    Ok(found.collect())
}

/// The given labels of some examples, in the order of `indices`, each of which must be there.
///
/// # Errors
/// When the database fails.
pub async fn labels(db: &Database, dataset: Uuid, indices: &[u32]) -> Result<Vec<i32>, StoreError> {
    let wanted: Vec<i32> = indices.iter().map(|&index| index as i32).collect();
    let labels = sqlx::query_scalar!(
        "-- examples::labels
         select label from unnest($2::int[]) with ordinality as wanted (index, at)
         join examples on dataset_id = $1 and examples.index = wanted.index
         order by at",
        dataset,
        &wanted,
    )
    .fetch_all(&db.pool)
    .await?;
    if labels.len() == indices.len() {
        return Ok(labels);
    }
    let detail = format!("has no example at some of {} indices", indices.len());
    Err(StoreError::inconsistent(
        "examples", "index", dataset, detail,
    ))
}

/// The keys of some examples, ascending by index.
///
/// # Errors
/// When the database fails.
pub async fn keys(
    db: &Database,
    dataset: Uuid,
    indices: &[u32],
) -> Result<Vec<String>, StoreError> {
    let wanted: Vec<i32> = indices.iter().map(|&index| index as i32).collect();
    let keys = sqlx::query_scalar!(
        "-- examples::keys
         select key from examples where dataset_id = $1 and index = any($2) order by index",
        dataset,
        &wanted,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(keys)
}
