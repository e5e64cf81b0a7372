//! Examples drawn at random to estimate how many labels are wrong.

use crate::{Database, StoreError};
use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;
use unearth_audit::{SampleRequest, SampleStratum, allocate};
use uuid::Uuid;

/// A sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Identity.
    pub id: Uuid,
    /// The signal of the ranking whose ranks make the strata.
    pub signal: String,
    /// How that ranking is computed.
    pub scoring: String,
    /// What it was drawn from.
    pub strata: Vec<SampleStratum>,
    /// Examples in it.
    pub examples: i64,
    /// Seed of the draw.
    pub seed: i64,
    /// When.
    pub created_at: OffsetDateTime,
}

/// The ranking that is drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Ranking<'a> {
    /// Audit.
    pub audit: Uuid,
    /// Its dataset.
    pub dataset: Uuid,
    /// Score set.
    pub score_set: i64,
    /// Name of its signal.
    pub signal: &'a str,
    /// How it is computed.
    pub scoring: &'a str,
}

/// Draws a sample: from every stratum uniformly, without replacement, in an order that is random over all.
///
/// # Errors
/// When the database fails.
pub async fn draw(
    db: &Database,
    id: Uuid,
    ranking: Ranking<'_>,
    request: &SampleRequest,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let total = crate::scores::total(db, ranking.score_set).await?;
    let mut strata = Vec::new();
    for (first, last) in request.bands(total as u64) {
        strata.extend(groups(&mut tx, ranking, (first, last), request.by_group).await?);
    }
    let sizes: Vec<u64> = strata.iter().map(|stratum| stratum.examples).collect();
    let drawn = allocate(&sizes, request.examples);
    for (stratum, drawn) in strata.iter_mut().zip(drawn) {
        stratum.drawn = drawn;
    }
    sqlx::query!(
        "-- samples::draw
         insert into samples (id, audit_id, signal, scoring, strata, seed, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        id,
        ranking.audit,
        ranking.signal,
        ranking.scoring,
        Json(&strata) as _,
        request.seed as i64,
        now,
    )
    .execute(&mut *tx)
    .await?;
    for (position, stratum) in strata.iter().enumerate() {
        take(&mut tx, id, ranking, request, (position as i32, stratum)).await?;
    }
    shuffle(&mut tx, id, request.seed).await?;
    tx.commit().await?;
    Ok(())
}

/// The strata of a band of ranks: its groups by name, or itself.
async fn groups(
    tx: &mut PgConnection,
    ranking: Ranking<'_>,
    (first, last): (u32, u32),
    by_group: bool,
) -> Result<Vec<SampleStratum>, StoreError> {
    let rows = sqlx::query!(
        r#"-- samples::groups
           select case when $5 then group_name end as name, count(*) as "examples!"
           from scores
           join examples on examples.dataset_id = $2 and examples.index = scores.index
           where score_set_id = $1 and rank between $3 and $4
           group by 1 order by 1 nulls last"#,
        ranking.score_set,
        ranking.dataset,
        first as i32,
        last as i32,
        by_group,
    )
    .fetch_all(tx)
    .await?;
    let strata = rows.into_iter().map(|row| SampleStratum {
        first_rank: first,
        last_rank: last,
        group: row.name,
        examples: row.examples as u64,
        drawn: 0,
    });
    Ok(strata.collect())
}

/// Draws from one stratum: the examples whose seeded hash is smallest.
async fn take(
    tx: &mut PgConnection,
    sample: Uuid,
    ranking: Ranking<'_>,
    request: &SampleRequest,
    (position, stratum): (i32, &SampleStratum),
) -> Result<(), StoreError> {
    sqlx::query!(
        "-- samples::take
         insert into sample_examples (sample_id, position, index, stratum)
         select $1, -row_number() over () - (select count(*) from sample_examples where sample_id = $1),
                index, $2
         from (
             select scores.index
             from scores
             join examples on examples.dataset_id = $4 and examples.index = scores.index
             where score_set_id = $3 and rank between $5 and $6
               and (not $7 or group_name is not distinct from $8)
             order by hashint8extended(scores.index, $9), scores.index
             limit $10) as drawn",
        sample,
        position,
        ranking.score_set,
        ranking.dataset,
        stratum.first_rank as i32,
        stratum.last_rank as i32,
        request.by_group,
        stratum.group,
        request.seed as i64,
        stratum.drawn as i64,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Gives what was drawn its places, which were negative until here, by another hash.
async fn shuffle(tx: &mut PgConnection, sample: Uuid, seed: u64) -> Result<(), StoreError> {
    sqlx::query!(
        "-- samples::shuffle
         update sample_examples set position = shuffled.position
         from (select index,
                      row_number() over (order by hashint8extended(index, $2), index) - 1 as position
               from sample_examples where sample_id = $1) as shuffled
         where sample_id = $1 and sample_examples.index = shuffled.index",
        sample,
        // Apart from the draw's own hash, by which each stratum was cut off.
        !(seed as i64),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A sample of an audit.
///
/// # Errors
/// When the database fails.
pub async fn get(db: &Database, audit: Uuid, id: Uuid) -> Result<Option<Sample>, StoreError> {
    Ok(select(db, audit, Some(id)).await?.pop())
}

/// The samples of an audit, the latest first.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &Database, audit: Uuid) -> Result<Vec<Sample>, StoreError> {
    select(db, audit, None).await
}

async fn select(db: &Database, audit: Uuid, id: Option<Uuid>) -> Result<Vec<Sample>, StoreError> {
    let rows = sqlx::query!(
        r#"-- samples::select
           select id, signal, scoring, strata as "strata: Json<Vec<SampleStratum>>", seed, created_at,
                  (select count(*) from sample_examples where sample_id = samples.id) as "examples!"
           from samples where audit_id = $1 and ($2::uuid is null or id = $2)
           order by created_at desc, id"#,
        audit,
        id,
    )
    .fetch_all(&db.pool)
    .await?;
    let samples = rows.into_iter().map(|row| Sample {
        id: row.id,
        signal: row.signal,
        scoring: row.scoring,
        strata: row.strata.0,
        examples: row.examples,
        seed: row.seed,
        created_at: row.created_at,
    });
    Ok(samples.collect())
}

/// What the decisions in a sample found in one stratum: of each example the last one there that was not
/// undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Found {
    /// Examples on whose label somebody judged.
    pub judged: i64,
    /// Those that were relabelled or excluded.
    pub wrong: i64,
    /// Examples that were looked at without a judgement.
    pub unjudged: i64,
}

/// What was found, by stratum.
///
/// # Errors
/// When the database fails.
pub async fn found(db: &Database, sample: &Sample) -> Result<Vec<Found>, StoreError> {
    let rows = sqlx::query!(
        r#"-- samples::found
           select stratum,
                  count(*) filter (where verdict in ('keep', 'relabel', 'exclude')) as "judged!",
                  count(*) filter (where verdict in ('relabel', 'exclude')) as "wrong!",
                  count(*) filter (where verdict in ('second_look', 'cannot_judge')) as "unjudged!"
           from (
               select distinct on (s.index) s.stratum, d.verdict
               from valid_actions a
               join decisions d on d.action_seq = a.seq
               join sample_examples s on s.sample_id = a.sample_id and s.index = d.index
               where a.sample_id = $1
               order by s.index, a.seq desc) as last
           group by stratum"#,
        sample.id,
    )
    .fetch_all(&db.pool)
    .await?;
    let mut found = vec![Found::default(); sample.strata.len()];
    for row in rows {
        let Some(place) = found.get_mut(row.stratum as usize) else {
            let detail = "is of no stratum";
            return Err(StoreError::inconsistent(
                "sample_examples",
                "stratum",
                sample.id,
                detail,
            ));
        };
        *place = Found {
            judged: row.judged,
            wrong: row.wrong,
            unjudged: row.unjudged,
        };
    }
    Ok(found)
}

/// The next examples of a sample on which nobody has decided in it: place and index.
///
/// # Errors
/// When the database fails.
pub async fn open(db: &Database, sample: Uuid, limit: i64) -> Result<Vec<(i32, i32)>, StoreError> {
    let rows = sqlx::query!(
        "-- samples::open
         select position, index from sample_examples s
         where sample_id = $1 and not exists (
             select from valid_actions a join decisions d on d.action_seq = a.seq
             where a.sample_id = $1 and d.index = s.index)
         order by position limit $2",
        sample,
        limit,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.position, row.index))
        .collect())
}

/// Whether an example is in a sample.
///
/// # Errors
/// When the database fails.
pub async fn holds(db: &Database, sample: Uuid, indices: &[i32]) -> Result<bool, StoreError> {
    let held = sqlx::query_scalar!(
        r#"-- samples::holds
           select count(*) as "held!" from sample_examples where sample_id = $1 and index = any($2)"#,
        sample,
        indices,
    )
    .fetch_one(&db.pool)
    .await?;
    Ok(held == indices.len() as i64)
}
