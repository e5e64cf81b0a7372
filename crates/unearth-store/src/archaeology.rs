//! What an archaeology found: a report per audit and a category per example.

use crate::{Database, StoreError, copy::BinaryCopy, runs, runs::ClaimedRun};
use sqlx::{Postgres, QueryBuilder, types::Json};
use time::OffsetDateTime;
use unearth_audit::ArchaeologyReport;
use uuid::Uuid;

/// The vote on one example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Categorised {
    /// Example.
    pub index: i32,
    /// Position in the report's categories.
    pub category: i16,
    /// Whether another category had as many votes.
    pub tied: bool,
    /// Votes of each category.
    pub votes: Vec<u16>,
}

/// Stores report and categories of an audit that is being finished; what is there already is replaced.
///
/// # Errors
/// [`StoreError::LeaseLost`] with nothing written, or the database fails.
pub async fn store(
    db: &Database,
    run: &ClaimedRun,
    report: &ArchaeologyReport,
    categorised: impl Iterator<Item = Categorised>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    sqlx::query!(
        "-- archaeology::store (replace)
         delete from categories where audit_id = $1",
        run.audit_id,
    )
    .execute(&mut *tx)
    .await?;
    let mut copy = BinaryCopy::begin(
        &mut tx,
        "copy categories (audit_id, index, category, tied, votes) from stdin (format binary)",
    )
    .await?;
    for row in categorised {
        let votes: Vec<u8> = row.votes.iter().flat_map(|it| it.to_le_bytes()).collect();
        copy.row(5)
            .bytes(run.audit_id.as_bytes())
            .i32(row.index)
            .i16(row.category)
            .bool(row.tied)
            .bytes(&votes);
        copy.flush_if_full().await?;
    }
    copy.finish().await?;
    sqlx::query!(
        "-- archaeology::store
         insert into archaeologies (audit_id, report, created_at) values ($1, $2, $3)
         on conflict (audit_id) do update set report = excluded.report, created_at = excluded.created_at",
        run.audit_id,
        Json(report) as _,
        now,
    )
    .execute(&mut *tx)
    .await?;
    runs::fence(&mut tx, run).await?;
    tx.commit().await?;
    Ok(())
}

/// The report of an audit; none where there was no archaeology, or not yet.
///
/// # Errors
/// When the database fails.
pub async fn report(db: &Database, audit: Uuid) -> Result<Option<ArchaeologyReport>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"-- archaeology::report
           select report as "report: Json<ArchaeologyReport>" from archaeologies where audit_id = $1"#,
        audit,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(found.map(|Json(report)| report))
}

/// The vote on one example; none where it was not trained on.
///
/// # Errors
/// When the database fails.
pub async fn of_example(
    db: &Database,
    audit: Uuid,
    index: i32,
) -> Result<Option<Categorised>, StoreError> {
    let found = sqlx::query!(
        "-- archaeology::of_example
         select index, category, tied, votes from categories where audit_id = $1 and index = $2",
        audit,
        index,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(found.map(|row| Categorised {
        index: row.index,
        category: row.category,
        tied: row.tied,
        votes: votes(&row.votes),
    }))
}

/// A category of an audit's archaeology.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Category {
    audit: Uuid,
    /// Position in the report's categories.
    position: i16,
}

/// The category with this name; none where the audit has no archaeology with it, or not yet.
///
/// # Errors
/// When the database fails.
pub async fn category(
    db: &Database,
    audit: Uuid,
    name: &str,
) -> Result<Option<Category>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"-- archaeology::category
           select (position - 1)::smallint as "position!"
           from archaeologies,
                jsonb_array_elements(report -> 'categories') with ordinality as of_report (category, position)
           where audit_id = $1 and category ->> 'name' = $2"#,
        audit,
        name,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(found.map(|position| Category { audit, position }))
}

impl Category {
    /// Adds ` in (…)` to a query behind an example's index.
    pub(crate) fn push_to(self, query: &mut QueryBuilder<Postgres>) {
        query
            .push(" in (select index from categories where audit_id = ")
            .push_bind(self.audit)
            .push(" and category = ")
            .push_bind(self.position)
            .push(")");
    }
}

/// Votes as they are stored.
pub fn votes(bytes: &[u8]) -> Vec<u16> {
    let pairs = bytes.as_chunks::<2>().0.iter();
    pairs.map(|&two| u16::from_le_bytes(two)).collect()
}
