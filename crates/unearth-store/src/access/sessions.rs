use super::{Found, SESSION_IDLE, hash, tokens::note_use};
use crate::{Database, StoreError};
use time::OffsetDateTime;
use uuid::Uuid;

/// Begins a session that may do what the token may. Forgets those that ended by themselves.
///
/// # Errors
/// When the database fails.
pub async fn begin(
    db: &Database,
    id: Uuid,
    token: Uuid,
    secret: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- access::begin_session
         with ended as (delete from sessions where last_used_at <= $5)
         insert into sessions (id, secret_hash, token_id, created_at, last_used_at)
         values ($1, $2, $3, $4, $4)",
        id,
        &hash(secret),
        token,
        now,
        now - SESSION_IDLE,
    )
    .execute(&db.pool)
    .await?;
    Ok(())
}

/// Ends a session; none is ended where nobody's is named.
///
/// # Errors
/// When the database fails.
pub async fn end(db: &Database, secret: &str) -> Result<(), StoreError> {
    sqlx::query!(
        "-- access::end_session
         delete from sessions where secret_hash = $1",
        &hash(secret),
    )
    .execute(&db.pool)
    .await?;
    Ok(())
}

/// The token of a session that has been used lately.
pub(super) async fn find(
    db: &Database,
    secret: &str,
    now: OffsetDateTime,
) -> Result<Option<Found>, StoreError> {
    let found = sqlx::query_as!(
        Found,
        r#"-- access::find_session
           select access_tokens.id, name, role, expires_at, revoked_at,
                  sessions.last_used_at as "last_used_at?"
           from sessions join access_tokens on access_tokens.id = sessions.token_id
           where secret_hash = $1 and sessions.last_used_at > $2"#,
        &hash(secret),
        now - SESSION_IDLE,
    )
    .fetch_optional(&db.pool)
    .await?;
    if let Some(found) = found.as_ref().filter(|found| found.is_news(now)) {
        sqlx::query!(
            "-- access::note_use (session)
             update sessions set last_used_at = $2 where secret_hash = $1",
            &hash(secret),
            now,
        )
        .execute(&db.pool)
        .await?;
        note_use(db, found.id, now).await?;
    }
    Ok(found)
}
