//! Gradient maps that are given up once an audit has succeeded: by far the most of what it takes. Its rankings, records
//! and decisions stay; only further windows and the pictures of the maps need them.
//!
//! Rows say first that they are gone; the partitions are dropped after that, which returns their space to the file
//! system, by [`drop_orphans`](crate::snapshots::drop_orphans).

use crate::{Database, StoreError, audits, snapshots};
use sqlx::PgConnection;
use time::OffsetDateTime;
use unearth_audit::State;
use uuid::Uuid;

/// What a request to give maps up did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenUp {
    /// They are gone; also where there were none.
    Yes,
    /// The audit is in this state; only one that succeeded does not need them any more.
    No(State),
    /// Windows that were asked for are being scored from them.
    InUse,
    /// There is no such audit.
    NotFound,
}

/// Gives up the maps of an audit.
///
/// # Errors
/// When the database fails.
pub async fn give_up(
    db: &Database,
    audit: Uuid,
    now: OffsetDateTime,
) -> Result<GivenUp, StoreError> {
    let mut tx = db.begin().await?;
    let outcome = match audits::lock_state(&mut tx, audit).await? {
        None => GivenUp::NotFound,
        Some(State::Succeeded) if is_scoring(&mut tx, audit).await? => GivenUp::InUse,
        Some(State::Succeeded) => {
            mark(&mut tx, audit, now).await?;
            GivenUp::Yes
        }
        Some(state) => GivenUp::No(state),
    };
    if outcome != GivenUp::Yes {
        tx.rollback().await?;
        return Ok(outcome);
    }
    tx.commit().await?;
    snapshots::drop_orphans(db).await?;
    Ok(outcome)
}

/// Audits that succeeded before `before` and still keep maps, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn keeping_since(db: &Database, before: OffsetDateTime) -> Result<Vec<Uuid>, StoreError> {
    let audits = sqlx::query_scalar!(
        "-- retention::keeping_since
         select id from audits
         where state = 'succeeded' and finished_at < $1
           and exists (select from runs
                       where audit_id = audits.id and keeps_maps and maps_dropped_at is null)
         order by finished_at",
        before,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(audits)
}

/// Gives up the maps of an audit that succeeds in this transaction, if it was asked not to keep them.
pub(crate) async fn give_up_unless_kept(
    tx: &mut PgConnection,
    audit: Uuid,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let kept = sqlx::query_scalar!(
        "-- retention::give_up_unless_kept
         select keep_snapshots from audits where id = $1",
        audit,
    )
    .fetch_one(&mut *tx)
    .await?;
    if !kept {
        mark(tx, audit, now).await?;
    }
    Ok(())
}

async fn is_scoring(tx: &mut PgConnection, audit: Uuid) -> Result<bool, StoreError> {
    let scoring = sqlx::query_scalar!(
        r#"-- retention::is_scoring
           select exists (select from score_sets where audit_id = $1 and state = 'queued') as "scoring!""#,
        audit,
    )
    .fetch_one(tx)
    .await?;
    Ok(scoring)
}

async fn mark(tx: &mut PgConnection, audit: Uuid, now: OffsetDateTime) -> Result<(), StoreError> {
    sqlx::query!(
        "-- retention::mark
         update runs set maps_dropped_at = $2
         where audit_id = $1 and keeps_maps and maps_dropped_at is null",
        audit,
        now,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "-- retention::mark (markers)
         delete from snapshots where run_id in (select id from runs where audit_id = $1)",
        audit,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
