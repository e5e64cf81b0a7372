//! What nothing refers to any more.
//!
//! A process that is killed between writing a blob and committing its row, or between deleting a row and its blob, leaves
//! the blob: too much is kept rather than too little. This finds it later.

use crate::{Blobs, Database, StoreError, blob_names};
use std::collections::HashSet;
use time::OffsetDateTime;

/// A blob that no row names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// Its key; of one that was never finished, the name of its file.
    pub key: String,
    /// Its size.
    pub bytes: u64,
}

/// Blobs from before `before` that no row names, by key. What is younger may be about to be named.
///
/// In a folder, files that were never finished are among them; a bucket has rules of its own for what was not finished,
/// and does not list it.
///
/// # Errors
/// When the database or the blob store fails.
pub async fn orphans(
    db: &Database,
    blobs: &Blobs,
    before: OffsetDateTime,
) -> Result<Vec<Orphan>, StoreError> {
    // Listed before the rows are read: a row that comes in between only saves a blob.
    let old = blobs.older_than(before).await?;
    let mut connection = db.pool.acquire().await?;
    let named: HashSet<String> = blob_names::all(&mut connection)
        .await?
        .into_iter()
        .map(|named| named.key)
        .collect();
    let mut orphans: Vec<Orphan> = old
        .into_iter()
        .filter(|(key, _)| !named.contains(key))
        .map(|(key, bytes)| Orphan { key, bytes })
        .collect();
    orphans.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(orphans)
}

/// Removes an orphan. One that is gone already is fine.
///
/// # Errors
/// When the blob store fails.
pub async fn remove(blobs: &Blobs, orphan: &Orphan) -> Result<(), StoreError> {
    blobs.remove_anything(&orphan.key).await
}

/// Forgets what the access log knows from before `before`. Returns how many entries that were.
///
/// # Errors
/// When the database fails.
pub async fn forget_accesses(db: &Database, before: OffsetDateTime) -> Result<u64, StoreError> {
    let gone = sqlx::query!(
        "-- garbage::forget_accesses
         delete from access_log where at < $1",
        before,
    )
    .execute(&db.pool)
    .await?;
    Ok(gone.rows_affected())
}
