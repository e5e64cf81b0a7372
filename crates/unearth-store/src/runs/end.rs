//! How runs end, and their audits with them.

use super::{ClaimedRun, fence};
use crate::{
    Database, StoreError,
    audits::{self, AuditResult},
    error::fenced,
    events,
};
use sqlx::{PgConnection, Postgres, Transaction, types::Json};
use time::OffsetDateTime;
use unearth_audit::{Event, Member, Role, State};

/// What became of a run that did its part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Succeeded {
    /// It is over. Its resume point's blob, which may go.
    Yes(Option<String>),
    /// Nothing was written: every other run of the audit is over, so that what concerns all of them is
    /// this one's to do, and [`succeed_with_audit`] ends it.
    AuditIsLeft,
}

/// Begins a change of a run that is held; all runs of its audit stay as they are until its end. Where the
/// lease is lost nothing stays locked: a lock that is dropped with its transaction stays a moment, and hides
/// the run from a claim.
pub(super) async fn hold(
    db: &Database,
    run: &ClaimedRun,
) -> Result<Transaction<'static, Postgres>, StoreError> {
    let mut tx = db.begin().await?;
    audits::lock_runs(&mut tx, run.audit_id).await?;
    if let Err(lost) = fence(&mut tx, run).await {
        tx.rollback().await?;
        return Err(lost);
    }
    Ok(tx)
}

/// Ends a run well, unless it is the last of its audit.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn succeed(
    db: &Database,
    run: &ClaimedRun,
    now: OffsetDateTime,
) -> Result<Succeeded, StoreError> {
    let mut tx = hold(db, run).await?;
    if others_are_over(&mut tx, run).await? {
        tx.rollback().await?;
        return Ok(Succeeded::AuditIsLeft);
    }
    let blob = end_well(&mut tx, run, now).await?;
    // Somebody may have cancelled the audit while this one was at its end.
    audits::finish_if_cancelled(&mut tx, run.audit_id, now).await?;
    tx.commit().await?;
    Ok(Succeeded::Yes(blob))
}

/// How the last run of an audit that succeeds ends itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending<'a> {
    /// It did its part.
    Succeeded,
    /// It failed for this reason, and the audit goes on without it, as its user allowed.
    Missing(&'a str),
}

/// Ends the last run of an audit, and the audit well. Returns the resume point's blob, which may go.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn succeed_with_audit(
    db: &Database,
    run: &ClaimedRun,
    ending: Ending<'_>,
    result: &AuditResult,
    now: OffsetDateTime,
) -> Result<Option<String>, StoreError> {
    let mut tx = hold(db, run).await?;
    if !others_are_over(&mut tx, run).await? {
        let detail = "another run of its audit is not over";
        return Err(StoreError::inconsistent("runs", "state", run.id, detail));
    }
    let blob = match ending {
        Ending::Succeeded => end_well(&mut tx, run, now).await?,
        Ending::Missing(reason) => {
            end_badly(&mut tx, run, reason, now).await?;
            go_on_without(&mut tx, run, reason, now).await?;
            None
        }
    };
    sqlx::query!(
        "-- runs::succeed_with_audit
         update audits set state = 'succeeded', result = $2, finished_at = $3 where id = $1",
        run.audit_id,
        Json(result) as _,
        now,
    )
    .execute(&mut *tx)
    .await?;
    crate::seed_scores::forget(&mut tx, run.audit_id).await?;
    crate::retention::give_up_unless_kept(&mut tx, run.audit_id, now).await?;
    let event = Event::State {
        state: State::Succeeded,
        reason: None,
    };
    events::append(&mut tx, run.audit_id, &event, now).await?;
    tx.commit().await?;
    Ok(blob)
}

/// Whether every other run of the audit is over: a failed one is, where the audit goes on.
async fn others_are_over(tx: &mut PgConnection, run: &ClaimedRun) -> Result<bool, StoreError> {
    let over = sqlx::query_scalar!(
        r#"-- runs::others_are_over
           select coalesce(bool_and(state in ('succeeded', 'failed')), true) as "over!"
           from runs where audit_id = $1 and id <> $2"#,
        run.audit_id,
        run.id,
    )
    .fetch_one(tx)
    .await?;
    Ok(over)
}

async fn end_well(
    tx: &mut PgConnection,
    run: &ClaimedRun,
    now: OffsetDateTime,
) -> Result<Option<String>, StoreError> {
    let row = sqlx::query!(
        "-- runs::end_well
         update runs
         set state = 'succeeded', finished_at = $3, lease_token = null, lease_expires_at = null,
             progress = null, resume_position = null, resume_blob = null
         from runs before
         where runs.id = $1 and before.id = $1 and runs.lease_token = $2 and runs.state = 'running'
         returning before.resume_blob",
        run.id,
        run.token,
        now,
    )
    .fetch_optional(tx)
    .await?
    .ok_or(StoreError::LeaseLost)?;
    Ok(row.resume_blob)
}

/// What a failure ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// The audit, with all of its runs.
    Audit,
    /// The run alone: the audit goes on with fewer models, as its user allowed.
    Alone,
    /// Nothing yet: the audit can do without it and every other run is over, so that what concerns all of
    /// them is this one's to do, and [`succeed_with_audit`] ends it as [`Ending::Missing`].
    AuditIsLeft,
}

/// Ends a run as failed, for good, and its audit with all other runs, unless that can do without it.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn fail(
    db: &Database,
    run: &ClaimedRun,
    reason: &str,
    now: OffsetDateTime,
) -> Result<Failed, StoreError> {
    let mut tx = hold(db, run).await?;
    let over = others_are_over(&mut tx, run).await?;
    if can_do_without(&mut tx, run).await? {
        if over {
            tx.rollback().await?;
            return Ok(Failed::AuditIsLeft);
        }
        end_badly(&mut tx, run, reason, now).await?;
        go_on_without(&mut tx, run, reason, now).await?;
        audits::finish_if_cancelled(&mut tx, run.audit_id, now).await?;
        tx.commit().await?;
        return Ok(Failed::Alone);
    }
    end_badly(&mut tx, run, reason, now).await?;
    audits::stop_runs(&mut tx, run.audit_id, now).await?;
    sqlx::query!(
        "-- runs::fail (audit)
         update audits set state = 'failed', reason = $2, finished_at = $3 where id = $1",
        run.audit_id,
        reason,
        now,
    )
    .execute(&mut *tx)
    .await?;
    let event = Event::State {
        state: State::Failed,
        reason: Some(reason.to_owned()),
    };
    events::append(&mut tx, run.audit_id, &event, now).await?;
    tx.commit().await?;
    Ok(Failed::Audit)
}

async fn end_badly(
    tx: &mut PgConnection,
    run: &ClaimedRun,
    reason: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let hit = sqlx::query!(
        "-- runs::end_badly
         update runs
         set state = 'failed', error = $3, finished_at = $4, lease_token = null,
             lease_expires_at = null, progress = null
         where id = $1 and lease_token = $2 and state = 'running'",
        run.id,
        run.token,
        reason,
        now,
    )
    .execute(tx)
    .await?;
    fenced(hit.rows_affected())
}

/// Whether the audit may finish without this run: it is a model of a population that keeps as many as its
/// user asked for at least. The main run is more than that.
async fn can_do_without(tx: &mut PgConnection, run: &ClaimedRun) -> Result<bool, StoreError> {
    let (Some(pie), Some(Member { level, .. })) = (&run.pie, run.member) else {
        return Ok(false);
    };
    if run.role != Role::Member {
        return Ok(false);
    }
    let missing = sqlx::query_scalar!(
        r#"-- runs::can_do_without
           select count(*) as "missing!" from runs
           where audit_id = $1 and level = $2 and state = 'failed' and id <> $3"#,
        run.audit_id,
        level.to_string(),
        run.id,
    )
    .fetch_one(tx)
    .await?;
    Ok(missing < i64::from(pie.population - pie.population_min))
}

async fn go_on_without(
    tx: &mut PgConnection,
    run: &ClaimedRun,
    reason: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let Some(member) = run.member else {
        return Ok(());
    };
    let event = Event::Missing {
        member,
        reason: reason.to_owned(),
    };
    events::append(tx, run.audit_id, &event, now).await
}

/// Why a run is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenBack {
    /// The worker is leaving; the attempt does not count and any other worker may go on at once.
    Leaving,
    /// The attempt failed; the next one begins at this time.
    Failed(OffsetDateTime),
    /// The surroundings failed; the attempt does not count, and the next one begins at this time.
    Outage(OffsetDateTime),
}

/// Gives a run back to be tried again, or ends it when somebody asked to cancel.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn give_back(
    db: &Database,
    run: &ClaimedRun,
    reason: &str,
    given_back: GivenBack,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let (run_after, counted) = match given_back {
        GivenBack::Leaving => (now, false),
        GivenBack::Failed(run_after) => (run_after, true),
        GivenBack::Outage(run_after) => (run_after, false),
    };
    let mut tx = hold(db, run).await?;
    let cancel = sqlx::query_scalar!(
        "-- runs::give_back
         update runs
         set state = case when cancel_requested then 'cancelled' else 'queued' end,
             finished_at = case when cancel_requested then $6::timestamptz end,
             run_after = $3, error = $4, lease_token = null, lease_expires_at = null,
             fruitless_attempts =
                 case when $5 then fruitless_attempts else greatest(fruitless_attempts - 1, 0) end
         where id = $1 and lease_token = $2 and state = 'running'
         returning cancel_requested",
        run.id,
        run.token,
        run_after,
        reason,
        counted,
        now,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(StoreError::LeaseLost)?;
    if cancel {
        audits::finish_if_cancelled(&mut tx, run.audit_id, now).await?;
        return Ok(tx.commit().await?);
    }
    sqlx::query!(
        "-- runs::give_back (audit)
         update audits set state = 'queued'
         where id = $1 and not exists (
             select 1 from runs where audit_id = $1 and state = 'running')",
        run.audit_id
    )
    .execute(&mut *tx)
    .await?;
    let event = Event::Interrupted {
        reason: reason.to_owned(),
    };
    events::append(&mut tx, run.audit_id, &event, now).await?;
    audits::wake_workers(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends a run because its audit was cancelled.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn cancelled(
    db: &Database,
    run: &ClaimedRun,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let mut tx = hold(db, run).await?;
    let hit = sqlx::query!(
        "-- runs::cancelled
         update runs
         set state = 'cancelled', finished_at = $3, lease_token = null, lease_expires_at = null,
             progress = null
         where id = $1 and lease_token = $2 and state = 'running'",
        run.id,
        run.token,
        now,
    )
    .execute(&mut *tx)
    .await?;
    fenced(hit.rows_affected())?;
    audits::finish_if_cancelled(&mut tx, run.audit_id, now).await?;
    tx.commit().await?;
    Ok(())
}
