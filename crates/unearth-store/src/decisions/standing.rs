//! What all decisions on an example come to.

use crate::{Database, StoreError, scores::RankedRow};
use sqlx::{PgConnection, Postgres, QueryBuilder};
use unearth_audit::Standing;
use uuid::Uuid;

/// Derives anew where the examples of an action stand.
pub(super) async fn derive(
    tx: &mut PgConnection,
    audit: Uuid,
    action: i64,
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- standing::derive
         with touched as (select index from decisions where action_seq = $2),
         valid as (
             select d.index, d.action_seq, d.verdict, d.label, a.reviewer, a.settles
             from touched
             join decisions d on d.audit_id = $1 and d.index = touched.index
             join valid_actions a on a.seq = d.action_seq
         ),
         settled as (
             select index, max(action_seq) as seq from valid where settles group by index
         ),
         latest as (
             select distinct on (valid.index, valid.reviewer) valid.*
             from valid left join settled on settled.index = valid.index
             where valid.action_seq >= coalesce(settled.seq, 0)
             order by valid.index, valid.reviewer, valid.action_seq desc
         ),
         summed as (
             select index, count(*) as reviewers,
                    count(distinct (verdict, label)) filter (where judges) as judgements,
                    min(verdict) filter (where judges) as verdict, min(label) as label,
                    bool_or(verdict = 'second_look') as second_look
             from (select *, verdict in ('keep', 'relabel', 'exclude') as judges from latest) as latest
             group by index
         ),
         gone as (
             delete from standings using touched
             where standings.audit_id = $1 and standings.index = touched.index
               and not exists (select from summed where summed.index = touched.index)
         )
         insert into standings (audit_id, index, standing, label, reviewers)
         select $1, index,
                case when judgements > 1 then 'conflict'
                     when judgements = 1 then verdict
                     when second_look then 'second_look'
                     else 'cannot_judge' end,
                case when judgements = 1 then label end,
                reviewers
         from summed
         on conflict (audit_id, index) do update
             set standing = excluded.standing, label = excluded.label, reviewers = excluded.reviewers",
        audit,
        action,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Where an example stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleStanding {
    /// Example.
    pub index: i32,
    /// What the decisions on it come to.
    pub standing: Standing,
    /// The class that it gets; none unless it is relabelled.
    pub label: Option<i32>,
    /// How many reviewers have decided on it.
    pub reviewers: i32,
}

/// Where these examples stand, by index; those that are undecided, too.
///
/// # Errors
/// When the database fails.
pub async fn of_examples(
    db: &Database,
    audit: Uuid,
    indices: &[i32],
) -> Result<Vec<ExampleStanding>, StoreError> {
    let rows = sqlx::query!(
        r#"-- standing::of_examples
           select wanted.index as "index!", standing as "standing?", label, reviewers as "reviewers?"
           from unnest($2::integer[]) as wanted(index)
           left join standings on standings.audit_id = $1 and standings.index = wanted.index
           order by wanted.index"#,
        audit,
        indices,
    )
    .fetch_all(&db.pool)
    .await?;
    let standing = |word: Option<String>, index: i32| match word {
        None => Ok(Standing::Undecided),
        Some(word) => parse(&word, index),
    };
    rows.into_iter()
        .map(|row| {
            Ok(ExampleStanding {
                index: row.index,
                standing: standing(row.standing, row.index)?,
                label: row.label,
                reviewers: row.reviewers.unwrap_or_default(),
            })
        })
        .collect()
}

/// Where an example of a ranking stands.
///
/// # Errors
/// When the database holds a word that is none.
pub fn standing_of(row: &RankedRow) -> Result<Standing, StoreError> {
    match &row.standing {
        None => Ok(Standing::Undecided),
        Some(word) => parse(word, row.index),
    }
}

pub(crate) fn parse(word: &str, index: i32) -> Result<Standing, StoreError> {
    Standing::from_word(word)
        .ok_or_else(|| StoreError::inconsistent("standings", "standing", index, "is no standing"))
}

/// Which examples, by what was decided on them in an audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Audit.
    pub audit: Uuid,
    /// Where they stand: any of these; anywhere where there is none.
    pub standings: Vec<Standing>,
    /// On which this reviewer has not decided.
    pub open_to: Option<String>,
}

impl Holding {
    /// Adds the condition on `index` to a query.
    pub(crate) fn push_to(&self, query: &mut QueryBuilder<Postgres>, index: &str) {
        let (undecided, decided): (Vec<Standing>, Vec<Standing>) = self
            .standings
            .iter()
            .partition(|&&standing| standing == Standing::Undecided);
        let stands = |query: &mut QueryBuilder<Postgres>| {
            query
                .push("exists (select from standings where standings.audit_id = ")
                .push_bind(self.audit)
                .push(format!(" and standings.index = {index}"));
        };
        if !self.standings.is_empty() {
            query.push(" and (false");
            if !undecided.is_empty() {
                query.push(" or not ");
                stands(query);
                query.push(")");
            }
            if !decided.is_empty() {
                let words = decided.iter().map(|standing| standing.as_str().to_owned());
                query.push(" or ");
                stands(query);
                query.push(" and standings.standing = any(");
                query.push_bind(words.collect::<Vec<_>>());
                query.push("))");
            }
            query.push(")");
        }
        if let Some(reviewer) = &self.open_to {
            query
                .push(
                    " and not exists (
                        select from decisions d join valid_actions a on a.seq = d.action_seq
                        where d.audit_id = ",
                )
                .push_bind(self.audit)
                .push(format!(" and d.index = {index} and a.reviewer = "))
                .push_bind(reviewer.clone())
                .push(")");
        }
    }
}
