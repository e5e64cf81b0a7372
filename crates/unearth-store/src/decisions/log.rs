//! What was done, in order.

use crate::{Database, StoreError};
use time::OffsetDateTime;
use unearth_audit::Verdict;
use uuid::Uuid;

/// An action as it was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Place in the order.
    pub seq: i64,
    /// Identity.
    pub id: Uuid,
    /// Who.
    pub reviewer: String,
    /// The action that it takes back.
    pub undoes: Option<Uuid>,
    /// Whether it was taken back.
    pub is_undone: bool,
    /// Whether it overrules earlier ones on its examples.
    pub settles: bool,
    /// The sample in which it was taken.
    pub sample: Option<Uuid>,
    /// How many examples it decides.
    pub examples: i32,
    /// The first of them.
    pub index: Option<i32>,
    /// What it holds of that one.
    pub verdict: Option<Verdict>,
    /// The class that it gives it.
    pub label: Option<i32>,
    /// When.
    pub decided_at: OffsetDateTime,
}

/// Actions of an audit before `before`, the latest first; of one reviewer where one is named.
///
/// # Errors
/// When the database fails.
pub async fn log(
    db: &Database,
    audit: Uuid,
    reviewer: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Action>, StoreError> {
    let rows = sqlx::query!(
        r#"-- log::log
           select a.seq, a.id, a.reviewer, a.undoes,
                  exists (select from review_actions u where u.undoes = a.id) as "is_undone!",
                  a.settles, a.sample_id as sample, a.examples, first.index as "index?",
                  first.verdict as "verdict?", first.label as "label?", a.decided_at
           from review_actions a
           left join lateral (
               select index, verdict, label from decisions
               where decisions.action_seq = coalesce(
                   (select seq from review_actions t where t.id = a.undoes), a.seq)
               order by index limit 1) as first on true
           where a.audit_id = $1 and ($2::text is null or a.reviewer = $2)
             and ($3::bigint is null or a.seq < $3)
           order by a.seq desc limit $4"#,
        audit,
        reviewer,
        before,
        limit,
    )
    .fetch_all(&db.pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Action {
                seq: row.seq,
                id: row.id,
                reviewer: row.reviewer,
                undoes: row.undoes,
                is_undone: row.is_undone,
                settles: row.settles,
                sample: row.sample,
                examples: row.examples,
                index: row.index,
                verdict: row
                    .verdict
                    .map(|word| verdict(&word, row.seq))
                    .transpose()?,
                label: row.label,
                decided_at: row.decided_at,
            })
        })
        .collect()
}

/// The first `limit` examples that an action decides.
///
/// # Errors
/// When the database fails.
pub async fn indices(db: &Database, action: Uuid, limit: i64) -> Result<Vec<i32>, StoreError> {
    let indices = sqlx::query_scalar!(
        "-- log::indices
         select index from decisions
         where action_seq = (select seq from review_actions where id = $1)
         order by index limit $2",
        action,
        limit,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(indices)
}

fn verdict(word: &str, action: i64) -> Result<Verdict, StoreError> {
    Verdict::from_word(word)
        .ok_or_else(|| StoreError::inconsistent("decisions", "verdict", action, "is no verdict"))
}

/// A decision on one example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionOnExample {
    /// The action that it is part of.
    pub action: Uuid,
    /// Who.
    pub reviewer: String,
    /// What they hold of it.
    pub verdict: Verdict,
    /// The class that they give it.
    pub label: Option<i32>,
    /// Whether it was taken back.
    pub is_undone: bool,
    /// Whether it overrules earlier ones.
    pub settles: bool,
    /// When.
    pub decided_at: OffsetDateTime,
}

/// Every decision on one example, the latest first.
///
/// # Errors
/// When the database fails.
pub async fn of_example(
    db: &Database,
    audit: Uuid,
    index: i32,
) -> Result<Vec<DecisionOnExample>, StoreError> {
    let rows = sqlx::query!(
        r#"-- log::of_example
           select a.seq, a.id as action, a.reviewer, d.verdict, d.label,
                  exists (select from review_actions u where u.undoes = a.id) as "is_undone!",
                  a.settles, a.decided_at
           from decisions d join review_actions a on a.seq = d.action_seq
           where d.audit_id = $1 and d.index = $2
           order by a.seq desc"#,
        audit,
        index,
    )
    .fetch_all(&db.pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(DecisionOnExample {
                action: row.action,
                reviewer: row.reviewer,
                verdict: verdict(&row.verdict, row.seq)?,
                label: row.label,
                is_undone: row.is_undone,
                settles: row.settles,
                decided_at: row.decided_at,
            })
        })
        .collect()
}
