//! Answers to POST requests that carried an `Idempotency-Key`.

use crate::{Database, StoreError};
use serde_json::Value;
use time::OffsetDateTime;

/// The stored answer to a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: Value,
    /// `Location` header.
    pub location: Option<String>,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// Nothing: the caller now answers the request and then calls [`finish`] or [`forget`].
    New,
    /// Another request with this key is being answered.
    InFlight,
    /// It came with another body.
    OtherBody,
    /// It was answered.
    Answered(Answer),
}

/// Claims `key` for a request whose body hashes to `request_hash`.
///
/// # Errors
/// When the database fails.
pub async fn begin(
    db: &Database,
    key: &str,
    request_hash: &[u8],
    now: OffsetDateTime,
) -> Result<Seen, StoreError> {
    let inserted = sqlx::query!(
        "-- idempotency::begin
         insert into idempotency_keys (key, request_hash, created_at) values ($1, $2, $3)
         on conflict (key) do update
             set request_hash = excluded.request_hash, status = null, body = null,
                 location = null, created_at = excluded.created_at
             where idempotency_keys.created_at < excluded.created_at - interval '1 day'
                or (idempotency_keys.status is null
                    and idempotency_keys.created_at < excluded.created_at - interval '1 minute')",
        key,
        request_hash,
        now,
    )
    .execute(&db.pool)
    .await?;
    if inserted.rows_affected() == 1 {
        return Ok(Seen::New);
    }
    let row = sqlx::query!(
        "-- idempotency::begin (look up)
         select request_hash, status, body, location from idempotency_keys where key = $1",
        key
    )
    .fetch_optional(&db.pool)
    .await?;
    // Forgotten between the two statements: the other request failed, so this one may retry.
    let Some(row) = row else {
        return Ok(Seen::InFlight);
    };
    if row.request_hash != request_hash {
        return Ok(Seen::OtherBody);
    }
    Ok(match (row.status, row.body) {
        (Some(status), Some(body)) => Seen::Answered(Answer {
            status: status as u16,
            body,
            location: row.location,
        }),
        _ => Seen::InFlight,
    })
}

/// Says that the request is still being answered: one that nobody speaks of for a minute is abandoned.
///
/// # Errors
/// When the database fails.
pub async fn renew(db: &Database, key: &str, now: OffsetDateTime) -> Result<(), StoreError> {
    sqlx::query!(
        "-- idempotency::renew
         update idempotency_keys set created_at = $2 where key = $1 and status is null",
        key,
        now,
    )
    .execute(&db.pool)
    .await?;
    Ok(())
}

/// Stores the answer under its key.
///
/// # Errors
/// When the database fails.
pub async fn finish(db: &Database, key: &str, answer: &Answer) -> Result<(), StoreError> {
    sqlx::query!(
        "-- idempotency::finish
         update idempotency_keys set status = $2, body = $3, location = $4 where key = $1",
        key,
        answer.status as i16,
        answer.body,
        answer.location,
    )
    .execute(&db.pool)
    .await?;
    Ok(())
}

/// Frees a key whose request was refused: the same key may try again.
///
/// # Errors
/// When the database fails.
pub async fn forget(db: &Database, key: &str) -> Result<(), StoreError> {
    sqlx::query!(
        "-- idempotency::forget
         delete from idempotency_keys where key = $1 and status is null",
        key
    )
    .execute(&db.pool)
    .await?;
    Ok(())
}
