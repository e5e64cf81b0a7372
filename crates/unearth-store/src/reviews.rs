//! How far a review has come.

use crate::{
    Database, StoreError,
    decisions::parse_standing,
    scores::{self, Filter},
};
use sqlx::{FromRow, QueryBuilder};
use unearth_audit::Standing;
use uuid::Uuid;

/// How many examples of an audit stand where; those that are undecided are left out.
///
/// # Errors
/// When the database fails.
pub async fn standings(db: &Database, audit: Uuid) -> Result<Vec<(Standing, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"-- reviews::standings
           select standing, count(*) as "examples!", min(index) as "first!"
           from standings where audit_id = $1 group by standing"#,
        audit,
    )
    .fetch_all(&db.pool)
    .await?;
    rows.into_iter()
        .map(|row| Ok((parse_standing(&row.standing, row.first)?, row.examples)))
        .collect()
}

/// A reviewer of an audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewer {
    /// Name.
    pub name: String,
    /// Examples that they have decided on, by decisions that were not undone.
    pub examples: i64,
}

/// Who has reviewed, by name.
///
/// # Errors
/// When the database fails.
pub async fn reviewers(db: &Database, audit: Uuid) -> Result<Vec<Reviewer>, StoreError> {
    let rows = sqlx::query_as!(
        Reviewer,
        r#"-- reviews::reviewers
           select a.reviewer as "name!", count(distinct d.index) as "examples!"
           from valid_actions a join decisions d on d.action_seq = a.seq
           where a.audit_id = $1
           group by a.reviewer order by a.reviewer"#,
        audit,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows)
}

/// A group, and how far its review has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupReview {
    /// Name; none for the examples without group.
    pub name: Option<String>,
    /// Examples.
    pub examples: i64,
    /// Those that somebody has decided on.
    pub decided: i64,
}

/// How far the review of each group has come, by name.
///
/// # Errors
/// When the database fails.
pub async fn groups(
    db: &Database,
    audit: Uuid,
    dataset: Uuid,
) -> Result<Vec<GroupReview>, StoreError> {
    let rows = sqlx::query_as!(
        GroupReview,
        r#"-- reviews::groups
           select group_name as name, count(*) as "examples!", count(standings.index) as "decided!"
           from examples
           left join standings on standings.audit_id = $1 and standings.index = examples.index
           where dataset_id = $2
           group by group_name order by group_name nulls last"#,
        audit,
        dataset,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows)
}

/// What the review of the top of a ranking found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct TopReview {
    /// Rows that there are.
    pub rows: i64,
    /// Examples that somebody has decided on.
    pub reviewed: i64,
    /// Those that were relabelled or excluded.
    pub changed: i64,
}

/// What was found among the first `top` rows that a filter leaves of a ranking.
///
/// # Errors
/// When the database fails.
pub async fn of_top(
    db: &Database,
    (audit, dataset, score_set): (Uuid, Uuid, i64),
    filter: &Filter,
    top: i64,
) -> Result<TopReview, StoreError> {
    let mut query = QueryBuilder::new(
        "-- reviews::of_top
         select count(*) as rows, count(standings.index) as reviewed,
                count(*) filter (where standing in ('relabel', 'exclude')) as changed
         from (select scores.index from scores ",
    );
    scores::push_source(&mut query, score_set, dataset, filter);
    query
        .push(" order by scores.rank limit ")
        .push_bind(top)
        .push(
            ") as top left join standings on standings.index = top.index and standings.audit_id = ",
        )
        .push_bind(audit);
    Ok(query.build_query_as().fetch_one(&db.pool).await?)
}
