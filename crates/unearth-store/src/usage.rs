//! What an audit takes in the database.

use crate::{Database, StoreError};
use uuid::Uuid;

/// Bytes of an audit's snapshots, records and scores as they are stored now.
///
/// Snapshots have tables of their own, which are taken whole. Scores lie in a table of all audits:
/// their rows count with their share of its indexes.
///
/// # Errors
/// When the database fails.
pub async fn of_audit(db: &Database, audit: Uuid) -> Result<u64, StoreError> {
    let bytes = sqlx::query_scalar!(
        r#"-- usage::of_audit
           with own as (select id from runs where audit_id = $1),
           snapshots as (
               select sum(pg_total_relation_size(to_regclass('snapshot_chunks_run_' || id))) as bytes
               from own
           ),
           records as (
               select sum(pg_column_size(loss) + pg_column_size(p_given) + pg_column_size(predicted)
                          + coalesce(pg_column_size(margin) + pg_column_size(el2n)
                                     + pg_column_size(best_other), 0)) as bytes
               from dynamics_chunks join own on own.id = dynamics_chunks.run_id
           ),
           populations as (
               select sum(pg_column_size(classes)) as bytes
               from predictions join own on own.id = predictions.run_id
           ),
           ranked as (
               select sum(pg_column_size(scores))::numeric
                      * pg_total_relation_size('scores') / greatest(pg_relation_size('scores'), 1) as bytes
               from scores join score_sets on score_sets.id = scores.score_set_id
               where score_sets.audit_id = $1
           ),
           columns as (
               select sum(pg_column_size(indices) + pg_column_size("values")) as bytes
               from score_columns join score_sets on score_sets.id = score_columns.score_set_id
               where score_sets.audit_id = $1
           )
           select (coalesce(snapshots.bytes, 0) + coalesce(records.bytes, 0)
                   + coalesce(populations.bytes, 0) + coalesce(ranked.bytes, 0)
                   + coalesce(columns.bytes, 0))::bigint as "bytes!"
           from snapshots, records, populations, ranked, columns"#,
        audit
    )
    .fetch_one(&db.pool)
    .await?;
    Ok(bytes as u64)
}
