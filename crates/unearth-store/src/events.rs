//! What an audit tells while it runs.

use crate::{Database, EVENTS_CHANNEL, StoreError};
use serde::Serialize;
use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;
use unearth_audit::Event;
use uuid::Uuid;

/// One stored event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoredEvent {
    /// Number within the audit, from 1, without gaps.
    pub seq: i64,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// Appends an event and announces it when the transaction commits.
///
/// The number is taken under the audit's row lock, so that events become visible in order.
pub(crate) async fn append(
    connection: &mut PgConnection,
    audit: Uuid,
    event: &Event,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- events::append
         with numbered as (
             update audits set event_seq = event_seq + 1 where id = $1 returning event_seq
         )
         insert into audit_events (audit_id, seq, at, event)
         select $1, event_seq, $2, $3 from numbered",
        audit,
        now,
        Json(event) as _,
    )
    .execute(&mut *connection)
    .await?;
    announce(connection, audit).await
}

/// Appends an event of which no run is the teller.
///
/// # Errors
/// When the database fails.
pub async fn tell(
    db: &Database,
    audit: Uuid,
    event: &Event,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    append(&mut tx, audit, event, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Tells listeners that there is something new to read of this audit.
pub(crate) async fn announce(connection: &mut PgConnection, audit: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "-- events::announce
         select pg_notify($1, $2)",
        EVENTS_CHANNEL,
        audit.to_string()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The events of `audit` after number `after`, in order.
///
/// # Errors
/// When the database fails.
pub async fn after(
    db: &Database,
    audit: Uuid,
    after: i64,
    limit: i64,
) -> Result<Vec<StoredEvent>, StoreError> {
    let rows = sqlx::query!(
        r#"-- events::after
           select seq, at, event as "event: Json<Event>"
           from audit_events where audit_id = $1 and seq > $2
           order by seq limit $3"#,
        audit,
        after,
        limit,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| StoredEvent {
            seq: row.seq,
            at: row.at,
            event: row.event.0,
        })
        .collect())
}
