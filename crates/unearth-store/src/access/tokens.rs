use super::{Found, hash, role_of};
use crate::{Database, StoreError};
use time::OffsetDateTime;
use unearth_audit::AccessRole;
use uuid::Uuid;

/// A token to remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewToken<'a> {
    /// Identity.
    pub id: Uuid,
    /// Where it will be used, for people.
    pub name: &'a str,
    /// What its holder may do.
    pub role: AccessRole,
    /// From when on it is not valid any more; none: never.
    pub expires_at: Option<OffsetDateTime>,
    /// The token itself; only its hash is stored.
    pub token: &'a str,
}

/// A token as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Identity.
    pub id: Uuid,
    /// Where it is used, for people.
    pub name: String,
    /// What its holder may do.
    pub role: AccessRole,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// From when on it is not valid any more; none: never.
    pub expires_at: Option<OffsetDateTime>,
    /// When it was revoked.
    pub revoked_at: Option<OffsetDateTime>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<OffsetDateTime>,
}

/// Remembers a token; one that is known already stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    db: &Database,
    new: NewToken<'_>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- access::insert
         insert into access_tokens (id, name, role, token_hash, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (token_hash) do nothing",
        new.id,
        new.name,
        new.role.as_str(),
        &hash(new.token),
        now,
        new.expires_at,
    )
    .execute(&db.pool)
    .await?;
    Ok(())
}

/// Makes a token the only one of its name; the sessions of one that stays go on.
///
/// # Errors
/// When the database fails.
pub async fn replace(
    db: &Database,
    new: NewToken<'_>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- access::replace
         delete from access_tokens where name = $1 and token_hash <> $2",
        new.name,
        &hash(new.token),
    )
    .execute(&db.pool)
    .await?;
    insert(db, new, now).await
}

/// All tokens, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &Database) -> Result<Vec<Token>, StoreError> {
    let rows = sqlx::query!(
        "-- access::list
         select id, name, role, created_at, expires_at, revoked_at, last_used_at
         from access_tokens order by id desc",
    )
    .fetch_all(&db.pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Token {
                role: role_of(&row.role, row.id)?,
                id: row.id,
                name: row.name,
                created_at: row.created_at,
                expires_at: row.expires_at,
                revoked_at: row.revoked_at,
                last_used_at: row.last_used_at,
            })
        })
        .collect()
}

/// Revokes a token, with it its sessions and links. Returns whether there is such a token.
///
/// # Errors
/// When the database fails.
pub async fn revoke(db: &Database, id: Uuid, now: OffsetDateTime) -> Result<bool, StoreError> {
    let hit = sqlx::query!(
        "-- access::revoke
         update access_tokens set revoked_at = coalesce(revoked_at, $2) where id = $1",
        id,
        now,
    )
    .execute(&db.pool)
    .await?;
    Ok(hit.rows_affected() == 1)
}

pub(super) async fn find(
    db: &Database,
    token: &str,
    now: OffsetDateTime,
) -> Result<Option<Found>, StoreError> {
    let found = sqlx::query_as!(
        Found,
        "-- access::find
         select id, name, role, expires_at, revoked_at, last_used_at
         from access_tokens where token_hash = $1",
        &hash(token),
    )
    .fetch_optional(&db.pool)
    .await?;
    if let Some(found) = found.as_ref().filter(|found| found.is_news(now)) {
        note_use(db, found.id, now).await?;
    }
    Ok(found)
}

pub(super) async fn note_use(
    db: &Database,
    token: Uuid,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- access::note_use
         update access_tokens set last_used_at = $2 where id = $1",
        token,
        now,
    )
    .execute(&db.pool)
    .await?;
    Ok(())
}
