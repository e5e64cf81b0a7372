use super::{Found, SESSION_IDLE, USE_WRITTEN_EVERY, hash, tokens::note_use};
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
    let row = sqlx::query!(
        "-- access::find_session
         select sessions.id as session, sessions.last_used_at, access_tokens.id, name, role,
                expires_at, revoked_at
         from sessions join access_tokens on access_tokens.id = sessions.token_id
         where secret_hash = $1 and sessions.last_used_at > $2",
        &hash(secret),
        now - SESSION_IDLE,
    )
    .fetch_optional(&db.pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.last_used_at + USE_WRITTEN_EVERY <= now {
        sqlx::query!(
            "-- access::note_use (session)
             update sessions set last_used_at = $2 where id = $1",
            row.session,
            now,
        )
        .execute(&db.pool)
        .await?;
        note_use(db, row.id, now).await?;
    }
    Ok(Some(Found {
        id: row.id,
        name: row.name,
        role: row.role,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
    }))
}
