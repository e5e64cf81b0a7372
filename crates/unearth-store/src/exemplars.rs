//! What populations of models disagree on: a report per audit, and two modal classes per example and
//! population.

use crate::{
    Database, StoreError,
    copy::BinaryCopy,
    runs::{self, ClaimedRun},
    score_sets::{self, Rows, Scored},
};
use sqlx::{Postgres, QueryBuilder, types::Json};
use time::OffsetDateTime;
use unearth_audit::{Computation, Grouping, Level, PieReport, Population, ScoreKey, Signal};
use uuid::Uuid;

/// What a population and the unpruned one make of an example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exemplar {
    /// Example.
    pub index: i32,
    /// Modal class of the unpruned population.
    pub unpruned_class: i32,
    /// Modal class of the population.
    pub own_class: i32,
    /// Share of the unpruned models that predict their modal class.
    pub unpruned_agreement: f32,
    /// Share of the population's models that predict their modal class.
    pub own_agreement: f32,
    /// Whether either modal class is tied with another.
    pub tied: bool,
}

/// Stores the ranking of a population by how far it disagrees with the unpruned one, with both modal classes
/// of every example; one that is there already is replaced.
///
/// # Errors
/// [`StoreError::LeaseLost`] with nothing written, or the database fails.
pub async fn store(
    db: &Database,
    run: &ClaimedRun,
    scored: &Scored<impl Rows>,
    exemplars: impl Iterator<Item = Exemplar>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let set = score_sets::replace(&mut tx, run.audit_id, scored, now).await?;
    let mut copy = BinaryCopy::begin(
        &mut tx,
        "copy exemplars (score_set_id, index, unpruned_class, own_class, unpruned_agreement, own_agreement, tied) from stdin (format binary)",
    )
    .await?;
    for row in exemplars {
        copy.row(7)
            .i64(set)
            .i32(row.index)
            .i32(row.unpruned_class)
            .i32(row.own_class)
            .f32(row.unpruned_agreement)
            .f32(row.own_agreement)
            .bool(row.tied);
        copy.flush_if_full().await?;
    }
    copy.finish().await?;
    runs::fence(&mut tx, run).await?;
    tx.commit().await?;
    Ok(())
}

/// Stores the report over the first `models` of each population, unless one over more is there.
///
/// # Errors
/// [`StoreError::LeaseLost`] with nothing written, or the database fails.
pub async fn store_report(
    db: &Database,
    run: &ClaimedRun,
    report: &PieReport,
    models: u32,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    sqlx::query!(
        "-- exemplars::store_report
         insert into pie_reports (audit_id, report, models, updated_at) values ($1, $2, $3, $4)
         on conflict (audit_id) do update
             set report = excluded.report, models = excluded.models, updated_at = excluded.updated_at
             where pie_reports.models < excluded.models or $5",
        run.audit_id,
        Json(report) as _,
        models as i32,
        now,
        report.is_complete,
    )
    .execute(&mut *tx)
    .await?;
    runs::fence(&mut tx, run).await?;
    tx.commit().await?;
    Ok(())
}

/// The report of an audit; none where there are no populations, or none with a model each yet.
///
/// # Errors
/// When the database fails.
pub async fn report(db: &Database, audit: Uuid) -> Result<Option<PieReport>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"-- exemplars::report
           select report as "report: Json<PieReport>" from pie_reports where audit_id = $1"#,
        audit,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(found.map(|Json(report)| report))
}

/// Over how many models of each population the report of an audit is; 0 without one.
///
/// # Errors
/// When the database fails.
pub async fn reported_models(db: &Database, audit: Uuid) -> Result<u32, StoreError> {
    let found = sqlx::query_scalar!(
        "-- exemplars::reported_models
         select models from pie_reports where audit_id = $1",
        audit,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(found.unwrap_or_default() as u32)
}

/// An example's place in the comparison of one population with the unpruned one.
#[derive(Debug, Clone, PartialEq)]
pub struct ExemplarOfLevel {
    /// What `ScoreKey::key` of `unearth-audit` gives: the population, and which examples.
    pub scoring: String,
    /// Taxicab distance of the two populations.
    pub distance: Option<f64>,
    /// What they make of it.
    pub exemplar: Exemplar,
}

/// One example in every comparison of an audit.
///
/// # Errors
/// When the database fails.
pub async fn of_example(
    db: &Database,
    audit: Uuid,
    index: i32,
) -> Result<Vec<ExemplarOfLevel>, StoreError> {
    let rows = sqlx::query!(
        r#"-- exemplars::of_example
           select scoring, value, exemplars.index, unpruned_class, own_class, unpruned_agreement,
                  own_agreement, tied
           from score_sets
           join exemplars on exemplars.score_set_id = score_sets.id and exemplars.index = $2
           join scores on scores.score_set_id = score_sets.id and scores.index = $2
           where audit_id = $1 order by score_sets.id"#,
        audit,
        index,
    )
    .fetch_all(&db.pool)
    .await?;
    let rows = rows.into_iter().map(|row| ExemplarOfLevel {
        scoring: row.scoring,
        distance: row.value,
        exemplar: Exemplar {
            index: row.index,
            unpruned_class: row.unpruned_class,
            own_class: row.own_class,
            unpruned_agreement: row.unpruned_agreement,
            own_agreement: row.own_agreement,
            tied: row.tied,
        },
    });
    Ok(rows.collect())
}

/// The examples on which a population and the unpruned one disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ExemplarsOf {
    set: i64,
}

/// Those of a level among a population of examples; none where it is not compared, or not yet.
pub(crate) async fn of_level(
    db: &Database,
    audit: Uuid,
    level: Level,
    population: Population,
) -> Result<Option<ExemplarsOf>, StoreError> {
    let key = ScoreKey {
        computation: Computation::Level(level),
        population,
        grouping: Grouping::Global,
    };
    let set = score_sets::get(db, audit, Signal::Pie.info().name, &key.key()).await?;
    Ok(set
        .filter(|set| set.state == "ready")
        .map(|set| ExemplarsOf { set: set.id }))
}

impl ExemplarsOf {
    /// Adds ` in (…)` to a query behind an example's index.
    pub(crate) fn push_to(self, query: &mut QueryBuilder<Postgres>) {
        query
            .push(" in (select index from exemplars where unpruned_class <> own_class and score_set_id = ")
            .push_bind(self.set)
            .push(")");
    }
}
