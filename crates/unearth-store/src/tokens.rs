//! Access tokens, stored as hashes.

use crate::{Database, StoreError};
use time::OffsetDateTime;
use uuid::Uuid;

/// Remembers a token under a name; one that is known already stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    db: &Database,
    id: Uuid,
    name: &str,
    token: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let hash = blake3::hash(token.as_bytes());
    sqlx::query!(
        "-- tokens::insert
         insert into access_tokens (id, name, token_hash, created_at) values ($1, $2, $3, $4)
         on conflict (token_hash) do nothing",
        id,
        name,
        hash.as_bytes(),
        now,
    )
    .execute(&db.pool)
    .await?;
    Ok(())
}

/// Makes `token` the only one of its name.
///
/// # Errors
/// When the database fails.
pub async fn replace(
    db: &Database,
    id: Uuid,
    name: &str,
    token: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- tokens::replace
         delete from access_tokens where name = $1",
        name
    )
    .execute(&db.pool)
    .await?;
    insert(db, id, name, token, now).await
}

/// Whether a token is valid. Looking its hash up tells an attacker's clock nothing of the token.
///
/// # Errors
/// When the database fails.
pub async fn is_valid(db: &Database, token: &str) -> Result<bool, StoreError> {
    let hash = blake3::hash(token.as_bytes());
    let found = sqlx::query_scalar!(
        r#"-- tokens::is_valid
           select exists (select 1 from access_tokens where token_hash = $1) as "found!""#,
        hash.as_bytes(),
    )
    .fetch_one(&db.pool)
    .await?;
    Ok(found)
}
