//! What people decide on examples: actions that are only ever added, and where each example stands by them.
//!
//! Two reviewers never overwrite one another: a standing is derived from the last decision of each, in the
//! transaction that adds one, and the actions of an audit are added one after the other.

mod log;
mod standing;

pub use log::{Action, DecisionOnExample, indices, log, of_example};
pub(crate) use standing::parse as parse_standing;
pub use standing::{ExampleStanding, Holding, of_examples, standing_of};

use crate::{
    Database, StoreError,
    scores::{self, Filter},
};
use sqlx::{PgConnection, Postgres, QueryBuilder, Transaction};
use time::OffsetDateTime;
use unearth_audit::Verdict;
use uuid::Uuid;

/// Something that a reviewer does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAction {
    /// Made up by whoever asks: an action that comes twice is done once.
    pub id: Uuid,
    /// Audit.
    pub audit: Uuid,
    /// Who.
    pub reviewer: String,
    /// When.
    pub now: OffsetDateTime,
}

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// The same of every example; the class where it is [`Verdict::Relabel`], which is [`Verdict::Keep`] for
    /// those that have it already.
    Verdict(Verdict, Option<i32>),
    /// That the class which the audit suggests is right; nothing where it suggests none.
    Suggestion,
}

/// How a decision is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner {
    /// Whether it overrules earlier ones on its examples.
    pub settles: bool,
    /// The sample in which it was taken.
    pub sample: Option<Uuid>,
}

/// The examples that are decided.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// These.
    Indices(&'a [i32]),
    /// Those of a ranking that a filter leaves, which must be as many as their reviewer was told.
    Filtered {
        /// Ranking.
        score_set: i64,
        /// Rows of it.
        filter: &'a Filter,
        /// How many the reviewer was told that there are.
        expected: i64,
    },
}

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// It is there, as it may have been before; of so many examples.
    Yes(i64),
    /// So many examples match by now, and not as many as the reviewer was told. Nothing is decided.
    Otherwise(i64),
    /// Another action has its id.
    IdIsTaken,
    /// There is no such action to undo, or it undoes one itself.
    NotFound,
    /// Only its reviewer can undo it.
    NotTheirs(String),
}

/// Decides on examples of an audit, of this dataset.
///
/// # Errors
/// When the database fails, or knows the audit or the sample no more.
pub async fn decide(
    db: &Database,
    dataset: Uuid,
    action: &NewAction,
    judgement: Judgement,
    manner: Manner,
    which: Which<'_>,
) -> Result<Done, StoreError> {
    let mut tx = begin(db, action.audit).await?;
    if let Some(done) = known(&mut tx, action, None).await? {
        return Ok(done);
    }
    if let Which::Filtered {
        score_set,
        filter,
        expected,
    } = which
    {
        let matching = scores::matching(&mut tx, score_set, dataset, filter).await?;
        if matching != expected {
            tx.rollback().await?;
            return Ok(Done::Otherwise(matching));
        }
    }
    let seq = sqlx::query_scalar!(
        "-- decisions::decide
         insert into review_actions (id, audit_id, reviewer, settles, sample_id, examples, decided_at)
         values ($1, $2, $3, $4, $5, 0, $6) returning seq",
        action.id,
        action.audit,
        action.reviewer,
        manner.settles,
        manner.sample,
        action.now,
    )
    .fetch_one(&mut *tx)
    .await?;
    let examples = insert(&mut tx, seq, dataset, action.audit, judgement, which).await?;
    count_in(&mut tx, seq, examples).await?;
    standing::derive(&mut tx, action.audit, seq).await?;
    tx.commit().await?;
    Ok(Done::Yes(examples))
}

/// Takes an action back, all of it.
///
/// # Errors
/// When the database fails.
pub async fn undo(db: &Database, action: &NewAction, undone: Uuid) -> Result<Done, StoreError> {
    let mut tx = begin(db, action.audit).await?;
    if let Some(done) = known(&mut tx, action, Some(undone)).await? {
        return Ok(done);
    }
    let target = sqlx::query!(
        r#"-- decisions::undo (target)
           select a.seq, a.reviewer, a.undoes, a.examples,
                  exists (select from review_actions u where u.undoes = a.id) as "is_undone!"
           from review_actions a where a.id = $1 and a.audit_id = $2"#,
        undone,
        action.audit,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(target) = target.filter(|target| target.undoes.is_none()) else {
        return Ok(Done::NotFound);
    };
    if target.reviewer != action.reviewer {
        return Ok(Done::NotTheirs(target.reviewer));
    }
    let examples = i64::from(target.examples);
    if target.is_undone {
        return Ok(Done::Yes(examples));
    }
    sqlx::query!(
        "-- decisions::undo
         insert into review_actions (id, audit_id, reviewer, undoes, settles, examples, decided_at)
         values ($1, $2, $3, $4, false, $5, $6)",
        action.id,
        action.audit,
        action.reviewer,
        undone,
        target.examples,
        action.now,
    )
    .execute(&mut *tx)
    .await?;
    standing::derive(&mut tx, action.audit, target.seq).await?;
    tx.commit().await?;
    Ok(Done::Yes(examples))
}

/// Begins a transaction in which nobody else adds an action to the audit: actions become visible in the
/// order of their numbers, and no two derive a standing at once.
async fn begin(db: &Database, audit: Uuid) -> Result<Transaction<'static, Postgres>, StoreError> {
    let mut tx = db.begin().await?;
    sqlx::query!(
        "-- decisions::begin
         select pg_advisory_xact_lock(hashtextextended('decisions ' || $1::uuid::text, 0))",
        audit,
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx)
}

/// What came of the action, where it is there already.
async fn known(
    tx: &mut PgConnection,
    action: &NewAction,
    undoes: Option<Uuid>,
) -> Result<Option<Done>, StoreError> {
    let found = sqlx::query!(
        "-- decisions::known
         select audit_id, reviewer, undoes, examples from review_actions where id = $1",
        action.id,
    )
    .fetch_optional(tx)
    .await?;
    Ok(found.map(|found| {
        let same = found.audit_id == action.audit
            && found.reviewer == action.reviewer
            && found.undoes == undoes;
        if same {
            Done::Yes(i64::from(found.examples))
        } else {
            Done::IdIsTaken
        }
    }))
}

/// Adds what is decided of every example, and counts them.
async fn insert(
    tx: &mut PgConnection,
    seq: i64,
    dataset: Uuid,
    audit: Uuid,
    judgement: Judgement,
    which: Which<'_>,
) -> Result<i64, StoreError> {
    let mut query = QueryBuilder::new(
        "-- decisions::insert
         with chosen as (",
    );
    match which {
        Which::Indices(indices) => query
            .push("select index, label from examples where dataset_id = ")
            .push_bind(dataset)
            .push(" and index = any(")
            .push_bind(indices)
            .push(")"),
        Which::Filtered {
            score_set, filter, ..
        } => {
            query.push("select scores.index, scores.label from scores ");
            scores::push_source(&mut query, score_set, dataset, filter);
            &mut query
        }
    };
    query.push("), judged as (select chosen.index, chosen.label as given, ");
    match judgement {
        Judgement::Verdict(verdict, label) => query
            .push_bind(verdict.as_str())
            .push("::text as verdict, ")
            .push_bind(label)
            .push("::integer as label from chosen)"),
        Judgement::Suggestion => query
            .push("'relabel' as verdict, suggestions.label from chosen join suggestions on suggestions.audit_id = ")
            .push_bind(audit)
            .push(" and suggestions.index = chosen.index)"),
    };
    query
        .push(" insert into decisions (action_seq, audit_id, index, verdict, label) select ")
        .push_bind(seq)
        .push(", ")
        .push_bind(audit)
        .push(
            ", index,
              case when label = given then 'keep' else verdict end,
              case when label = given then null else label end
              from judged",
        );
    let inserted = query.build().execute(tx).await?;
    Ok(inserted.rows_affected() as i64)
}

async fn count_in(tx: &mut PgConnection, seq: i64, examples: i64) -> Result<(), StoreError> {
    sqlx::query!(
        "-- decisions::count_in
         update review_actions set examples = $2 where seq = $1",
        seq,
        examples as i32,
    )
    .execute(tx)
    .await?;
    Ok(())
}
