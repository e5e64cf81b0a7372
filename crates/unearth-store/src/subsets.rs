//! Subsets: the examples of an audit that a rule over its stored scores picks out.

use crate::{
    Database, StoreError,
    archaeology::{self, Category},
    exemplars::{self, ExemplarsOf},
    scores,
};
use sqlx::{Postgres, QueryBuilder};
use unearth_audit::{
    Computation, Condition, End, Grouping, Population, ScoreKey, Scoring, Signal, share_of,
};
use uuid::Uuid;

/// Which examples a subset holds, as conditions on what is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Membership(Vec<Member>);

/// A condition with what it looks at found.
#[derive(Debug, Clone, PartialEq)]
enum Member {
    /// Ranks `first..=last` of a score set.
    Ranks { set: i64, first: i32, last: i32 },
    /// Value 0 in a score set.
    Zero { set: i64 },
    /// In a group of equal pixels with more than one label.
    SamePixelsOtherLabel { dataset: Uuid },
    /// In a category of the archaeology.
    Category(Category),
    /// Where two populations disagree.
    Exemplar(ExemplarsOf),
}

/// Why a subset cannot be told in an audit, as a sentence without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable(pub String);

/// Finds what the conditions look at.
///
/// # Errors
/// When the database fails.
pub async fn find(
    db: &Database,
    audit: Uuid,
    dataset: Uuid,
    population: Population,
    conditions: &[Condition],
) -> Result<Result<Membership, Unavailable>, StoreError> {
    let mut members = Vec::with_capacity(conditions.len());
    for &condition in conditions {
        let found = match condition {
            Condition::Within { signal, end, share } => {
                ready_set(db, audit, signal, population).await?.map(|set| {
                    let (first, last) = ranks(set.scored, end, share);
                    Member::Ranks {
                        set: set.id,
                        first,
                        last,
                    }
                })
            }
            Condition::IsZero(signal) => ready_set(db, audit, signal, population)
                .await?
                .map(|set| Member::Zero { set: set.id }),
            Condition::SamePixelsOtherLabel => equal_pixels_are_known(db, dataset)
                .await?
                .then_some(Member::SamePixelsOtherLabel { dataset })
                .ok_or_else(|| {
                    Unavailable("the dataset has no list of examples with equal pixels".into())
                }),
            Condition::Category(suite) => archaeology::category(db, audit, suite.as_str())
                .await?
                .map(Member::Category)
                .ok_or_else(|| {
                    Unavailable(format!(
                        "the audit has no archaeology with the category {suite}"
                    ))
                }),
            Condition::Exemplar(level) => exemplars::of_level(db, audit, level, population)
                .await?
                .map(Member::Exemplar)
                .ok_or_else(|| {
                    Unavailable(format!(
                        "the audit has no population `{level}` to compare with the unpruned one, or not yet"
                    ))
                }),
        };
        match found {
            Ok(member) => members.push(member),
            Err(unavailable) => return Ok(Err(unavailable)),
        }
    }
    Ok(Ok(Membership(members)))
}

/// Ranks of the `⌈share·scored⌉` examples at one end; an empty range where nothing is scored.
fn ranks(scored: i32, end: End, share: f64) -> (i32, i32) {
    let count = share_of(share, u64::from(scored.unsigned_abs())) as i32;
    match end {
        End::Hardest => (1, count),
        End::Easiest => (scored - count + 1, scored),
    }
}

struct ReadySet {
    id: i64,
    scored: i32,
}

async fn ready_set(
    db: &Database,
    audit: Uuid,
    signal: Signal,
    population: Population,
) -> Result<Result<ReadySet, Unavailable>, StoreError> {
    let key = ScoreKey {
        computation: match signal {
            Signal::Vog => Computation::Vog(Scoring::DEFAULT),
            _ => Computation::Default,
        },
        population,
        grouping: Grouping::Global,
    };
    let scoring = key.key();
    let name = signal.info().name;
    // Examples without a value have the last ranks.
    let found = sqlx::query!(
        r#"-- subsets::ready_set
           select id, state, error,
                  coalesce((select rank from scores
                            where score_set_id = score_sets.id and value is not null
                            order by rank desc limit 1), 0) as "scored!"
           from score_sets where audit_id = $1 and signal = $2 and scoring = $3"#,
        audit,
        name,
        scoring,
    )
    .fetch_optional(&db.pool)
    .await?;
    let Some(set) = found else {
        let over = match population {
            Population::Trained => "",
            Population::HeldOut => " over examples that were not trained on",
        };
        return Ok(Err(Unavailable(format!(
            "the audit has no {name}{over}, which its rule needs"
        ))));
    };
    Ok(match (set.state.as_str(), set.error) {
        ("ready", _) => Ok(ReadySet {
            id: set.id,
            scored: set.scored,
        }),
        (_, Some(error)) => Err(Unavailable(format!(
            "{name} {scoring}, which its rule needs, could not be computed: {error}"
        ))),
        _ => Err(Unavailable(format!(
            "{name} {scoring}, which its rule needs, waits for a worker"
        ))),
    })
}

async fn equal_pixels_are_known(db: &Database, dataset: Uuid) -> Result<bool, StoreError> {
    let known = sqlx::query_scalar!(
        r#"-- subsets::equal_pixels_are_known
           select jsonb_typeof(report -> 'duplicates' -> 'groups') is not distinct from 'array'
                  as "known!"
           from datasets where id = $1"#,
        dataset,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(known.unwrap_or(false))
}

impl Membership {
    /// Adds ` and …` to a query in which `index` is the column with the example's index.
    pub(crate) fn push_to(&self, query: &mut QueryBuilder<Postgres>, index: &str) {
        for member in &self.0 {
            query.push(" and ").push(index);
            match *member {
                Member::Ranks { set, first, last } => {
                    query
                        .push(" in (select index from scores where score_set_id = ")
                        .push_bind(set)
                        .push(" and rank between ")
                        .push_bind(first)
                        .push(" and ")
                        .push_bind(last)
                        .push(")");
                }
                Member::Zero { set } => {
                    query
                        .push(" in (select index from scores where score_set_id = ")
                        .push_bind(set)
                        .push(" and value = 0)");
                }
                // The report lists every such example; a second copy of it could only disagree.
                Member::SamePixelsOtherLabel { dataset } => {
                    query
                        .push(
                            " in (select member::int from datasets,
                                 jsonb_array_elements(report -> 'duplicates' -> 'groups') as equal,
                                 jsonb_array_elements_text(equal -> 'indices') as member
                             where (equal ->> 'labels_differ')::boolean and datasets.id = ",
                        )
                        .push_bind(dataset)
                        .push(")");
                }
                Member::Category(category) => category.push_to(query),
                Member::Exemplar(of) => of.push_to(query),
            }
        }
    }
}

/// The examples of a population that subsets are taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Base {
    /// A score set over them: each lists all of them.
    set: i64,
    /// How many they are.
    pub total: i64,
}

/// The examples that an audit ranks in a population; none while nothing is ranked.
///
/// # Errors
/// When the database fails.
pub async fn base(
    db: &Database,
    audit: Uuid,
    population: Population,
) -> Result<Option<Base>, StoreError> {
    let found = sqlx::query_scalar!(
        "-- subsets::base
         select id from score_sets
         where audit_id = $1 and state = 'ready' and (scoring like '%@held_out') = $2
         order by id limit 1",
        audit,
        population == Population::HeldOut,
    )
    .fetch_optional(&db.pool)
    .await?;
    let Some(set) = found else { return Ok(None) };
    let total = scores::total(db, set).await?;
    Ok(Some(Base { set, total }))
}

/// How many examples of a population a subset holds.
///
/// # Errors
/// When the database fails.
pub async fn count(db: &Database, base: Base, membership: &Membership) -> Result<i64, StoreError> {
    let mut query = QueryBuilder::new(
        "-- subsets::count
         select count(*) from scores where score_set_id = ",
    );
    query.push_bind(base.set);
    membership.push_to(&mut query, "scores.index");
    Ok(query.build_query_scalar().fetch_one(&db.pool).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_up_but_not_by_its_rounding() {
        assert_eq!(ranks(100, End::Hardest, 0.07), (1, 7));
        assert_eq!(ranks(101, End::Hardest, 0.05), (1, 6));
        assert_eq!(ranks(100, End::Easiest, 0.05), (96, 100));
        assert_eq!(ranks(7, End::Easiest, 1.0), (1, 7));
        assert_eq!(ranks(0, End::Hardest, 0.5), (1, 0));
        assert_eq!(ranks(0, End::Easiest, 0.5), (1, 0));
    }
}
