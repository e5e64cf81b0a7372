use super::hash;
use crate::{Database, StoreError};
use time::OffsetDateTime;
use uuid::Uuid;

/// Remembers a code that begins one session of a token. Forgets those that expired.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    db: &Database,
    token: Uuid,
    code: &str,
    expires_at: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- access::insert_code
         with expired as (delete from login_codes where expires_at <= $4)
         insert into login_codes (code_hash, token_id, expires_at) values ($1, $2, $3)",
        &hash(code),
        token,
        expires_at,
        now,
    )
    .execute(&db.pool)
    .await?;
    Ok(())
}

/// Takes a code: of several who come with it one gets its token, where that is valid.
///
/// # Errors
/// When the database fails.
pub async fn take(
    db: &Database,
    code: &str,
    now: OffsetDateTime,
) -> Result<Option<Uuid>, StoreError> {
    let token = sqlx::query_scalar!(
        "-- access::take_code
         delete from login_codes using access_tokens
         where code_hash = $1 and login_codes.expires_at > $2
           and access_tokens.id = token_id and revoked_at is null
           and (access_tokens.expires_at is null or access_tokens.expires_at > $2)
         returning token_id",
        &hash(code),
        now,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(token)
}
