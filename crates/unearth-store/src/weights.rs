//! Uploaded initial weights.

use crate::{Database, StoreError};
use serde::Serialize;
use time::OffsetDateTime;

/// A file of initial weights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Weights {
    /// BLAKE3 of the file, hex; recipes name it.
    pub hash: String,
    /// Name of the upload.
    pub name: String,
    /// Blob key.
    #[serde(skip)]
    pub blob: String,
    /// Size.
    pub bytes: i64,
}

/// Remembers an upload; the same file twice is one.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    db: &Database,
    weights: &Weights,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- weights::insert
         insert into weights (hash, name, blob, bytes, created_at) values ($1, $2, $3, $4, $5)
         on conflict (hash) do nothing",
        weights.hash,
        weights.name,
        weights.blob,
        weights.bytes,
        now,
    )
    .execute(&db.pool)
    .await?;
    Ok(())
}

/// The file with this hash.
///
/// # Errors
/// When the database fails.
pub async fn get(db: &Database, hash: &str) -> Result<Option<Weights>, StoreError> {
    let found = sqlx::query_as!(
        Weights,
        "-- weights::get
         select hash, name, blob, bytes from weights where hash = $1",
        hash
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(found)
}
