use crate::{Database, StoreError};
use time::OffsetDateTime;
use uuid::Uuid;

/// Something that was done or refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// When.
    pub at: OffsetDateTime,
    /// Who, with name and role; none where no token was known.
    pub by: Option<&'a super::Identity>,
    /// Method and route, such as `POST /v1/audits`.
    pub action: &'a str,
    /// The address without its query.
    pub path: &'a str,
    /// HTTP status of the answer.
    pub status: u16,
    /// Address that the request came from, where it is known.
    pub client: Option<&'a str>,
    /// What the log knows the request by.
    pub request_id: &'a str,
}

/// Something that was done or refused, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEntry {
    /// Order of writing.
    pub id: i64,
    /// When.
    pub at: OffsetDateTime,
    /// Token; none where none was known.
    pub token_id: Option<Uuid>,
    /// Its name at that time.
    pub token_name: Option<String>,
    /// Its role at that time.
    pub role: Option<String>,
    /// Method and route.
    pub action: String,
    /// The address without its query.
    pub path: String,
    /// HTTP status of the answer.
    pub status: i16,
    /// Address that the request came from.
    pub client: Option<String>,
    /// What the log knows the request by.
    pub request_id: String,
}

/// Writes an entry.
///
/// # Errors
/// When the database fails.
pub async fn write(db: &Database, entry: Entry<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "-- access::write
         insert into access_log (at, token_id, token_name, role, action, path, status, client, request_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        entry.at,
        entry.by.map(|by| by.token),
        entry.by.map(|by| &*by.name),
        entry.by.map(|by| by.role.as_str()),
        entry.action,
        entry.path,
        i16::try_from(entry.status).unwrap_or(i16::MAX),
        entry.client,
        entry.request_id,
    )
    .execute(&db.pool)
    .await?;
    Ok(())
}

/// Entries before the one with this id, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn entries(
    db: &Database,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<LoggedEntry>, StoreError> {
    let found = sqlx::query_as!(
        LoggedEntry,
        "-- access::entries
         select id, at, token_id, token_name, role, action, path, status, client, request_id
         from access_log where id < $1 order by id desc limit $2",
        before.unwrap_or(i64::MAX),
        limit,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(found)
}
