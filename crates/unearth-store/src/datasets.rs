//! Datasets: uploads, their validation by a worker, what came of it.

use crate::{Database, StoreError, audits, error::fenced, examples::NewExample};
use serde_json::Value;
use sqlx::types::Json;
use time::{Duration, OffsetDateTime};
use unearth_audit::{DatasetFacts, DatasetState};
use uuid::Uuid;

/// A dataset as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// Identity.
    pub id: Uuid,
    /// Name of the upload.
    pub name: String,
    /// Where it stands.
    pub state: DatasetState,
    /// How to read the upload.
    pub options: Value,
    /// Size of the upload, bytes.
    pub upload_bytes: i64,
    /// BLAKE3 of the uploaded bytes.
    pub upload_hash: Vec<u8>,
    /// Blob key of the upload, until it is packed or refused; kept when bad examples were why.
    pub upload_blob: Option<String>,
    /// BLAKE3 of the validated content.
    pub content_hash: Option<String>,
    /// Sizes, classes, splits.
    pub facts: Option<DatasetFacts>,
    /// Class names in label order.
    pub class_names: Option<Vec<String>>,
    /// Duplicates, skipped files, warnings.
    pub report: Option<Value>,
    /// Why it was refused.
    pub error: Option<Value>,
    /// Phase and counts while validating.
    pub progress: Option<Value>,
    /// Blob key of the pack.
    pub pack_blob: Option<String>,
    /// Byte offset of the first pixel in the pack.
    pub pack_offset: Option<i64>,
    /// Blob key of the original image files.
    pub originals_blob: Option<String>,
    /// When the upload was complete.
    pub created_at: OffsetDateTime,
    /// When it became ready or was refused.
    pub finished_at: Option<OffsetDateTime>,
}

/// A complete upload.
#[derive(Debug, Clone)]
pub struct NewDataset {
    /// Identity, should it be new.
    pub id: Uuid,
    /// Name of the upload.
    pub name: String,
    /// BLAKE3 of bytes and options.
    pub source_hash: [u8; 32],
    /// BLAKE3 of the bytes alone.
    pub upload_hash: [u8; 32],
    /// How to read the upload.
    pub options: Value,
    /// Blob key of the upload.
    pub upload_blob: String,
    /// Its size, bytes.
    pub upload_bytes: i64,
}

/// Whether an upload was new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inserted {
    /// It waits for validation now.
    New,
    /// The same bytes with the same options are this dataset already.
    Existing(Uuid),
}

/// A dataset whose validation this worker holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// Dataset.
    pub id: Uuid,
    /// Token that fences every write.
    pub token: Uuid,
    /// How to read the upload.
    pub options: Value,
    /// Name of the upload.
    pub name: String,
    /// Blob key of the upload.
    pub upload_blob: String,
    /// Which attempt, from 1.
    pub attempt: i32,
    /// When an earlier attempt first met an outage.
    pub outage_since: Option<OffsetDateTime>,
}

/// What validation made of an upload.
#[derive(Debug, Clone)]
pub struct Packed {
    /// BLAKE3 of the content.
    pub content_hash: String,
    /// Sizes, classes, splits.
    pub facts: DatasetFacts,
    /// Class names in label order.
    pub class_names: Vec<String>,
    /// Duplicates, skipped files, warnings.
    pub report: Value,
    /// Blob key of the pack.
    pub pack_blob: String,
    /// Byte offset of the first pixel in the pack.
    pub pack_offset: i64,
    /// Blob key of the original image files.
    pub originals_blob: Option<String>,
}

/// What deleting a dataset removes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Audits made from it.
    pub audits: Vec<Uuid>,
    /// Whether one of them is not in a final state.
    pub active: bool,
    /// Its blobs.
    pub blobs: Vec<String>,
}

/// Stores an upload, unless the same one is there. A refused one is tried anew, unless it was
/// refused for its bad examples, which it would be again.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    db: &Database,
    new: &NewDataset,
    now: OffsetDateTime,
) -> Result<Inserted, StoreError> {
    let mut tx = db.begin().await?;
    sqlx::query!(
        "-- datasets::insert (forget a refused one)
         delete from datasets where source_hash = $1 and state = 'failed' and upload_blob is null
             and not exists (select 1 from audits where dataset_id = datasets.id)",
        &new.source_hash,
    )
    .execute(&mut *tx)
    .await?;
    let inserted = sqlx::query!(
        "-- datasets::insert
         insert into datasets (id, name, source_hash, upload_hash, options, state, upload_blob, upload_bytes, created_at)
         values ($1, $2, $3, $4, $5, 'validating', $6, $7, $8)
         on conflict (source_hash) do nothing",
        new.id,
        new.name,
        &new.source_hash,
        &new.upload_hash,
        new.options,
        new.upload_blob,
        new.upload_bytes,
        now,
    )
    .execute(&mut *tx)
    .await?;
    let outcome = if inserted.rows_affected() == 1 {
        audits::wake_workers(&mut tx).await?;
        Inserted::New
    } else {
        let id = sqlx::query_scalar!(
            "-- datasets::insert (existing)
             select id from datasets where source_hash = $1",
            &new.source_hash,
        )
        .fetch_one(&mut *tx)
        .await?;
        Inserted::Existing(id)
    };
    tx.commit().await?;
    Ok(outcome)
}

struct Row {
    id: Uuid,
    name: String,
    state: String,
    options: Value,
    upload_bytes: i64,
    upload_hash: Vec<u8>,
    upload_blob: Option<String>,
    content_hash: Option<String>,
    facts: Option<Json<DatasetFacts>>,
    class_names: Option<Json<Vec<String>>>,
    report: Option<Value>,
    error: Option<Value>,
    progress: Option<Value>,
    pack_blob: Option<String>,
    pack_offset: Option<i64>,
    originals_blob: Option<String>,
    created_at: OffsetDateTime,
    finished_at: Option<OffsetDateTime>,
}

impl TryFrom<Row> for Dataset {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let state = row.state.parse().map_err(|detail: String| {
            StoreError::inconsistent("datasets", "state", row.id, detail)
        })?;
        Ok(Self {
            id: row.id,
            name: row.name,
            state,
            options: row.options,
            upload_bytes: row.upload_bytes,
            upload_hash: row.upload_hash,
            upload_blob: row.upload_blob,
            content_hash: row.content_hash,
            facts: row.facts.map(|Json(facts)| facts),
            class_names: row.class_names.map(|Json(names)| names),
            report: row.report,
            error: row.error,
            progress: row.progress,
            pack_blob: row.pack_blob,
            pack_offset: row.pack_offset,
            originals_blob: row.originals_blob,
            created_at: row.created_at,
            finished_at: row.finished_at,
        })
    }
}

/// One dataset.
///
/// # Errors
/// When the database fails or the row is inconsistent.
pub async fn get(db: &Database, id: Uuid) -> Result<Option<Dataset>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"-- datasets::get
           select id, name, state, options, upload_bytes, upload_hash, upload_blob, content_hash,
                  facts as "facts: Json<DatasetFacts>",
                  class_names as "class_names: Json<Vec<String>>",
                  report, error, progress, pack_blob, pack_offset, originals_blob, created_at, finished_at
           from datasets where id = $1"#,
        id
    )
    .fetch_optional(&db.pool)
    .await?;
    row.map(Dataset::try_from).transpose()
}

/// Datasets, newest first, those older than `after` where it is given.
///
/// # Errors
/// When the database fails or a row is inconsistent.
pub async fn list(
    db: &Database,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Dataset>, StoreError> {
    // UUIDv7 sorts by time.
    let rows = sqlx::query_as!(
        Row,
        r#"-- datasets::list
           select id, name, state, options, upload_bytes, upload_hash, upload_blob, content_hash,
                  facts as "facts: Json<DatasetFacts>",
                  class_names as "class_names: Json<Vec<String>>",
                  report, error, progress, pack_blob, pack_offset, originals_blob, created_at, finished_at
           from datasets where $1::uuid is null or id < $1
           order by id desc limit $2"#,
        after,
        limit,
    )
    .fetch_all(&db.pool)
    .await?;
    rows.into_iter().map(Dataset::try_from).collect()
}

/// Leases the oldest dataset that waits for validation.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    db: &Database,
    worker: Uuid,
    token: Uuid,
    now: OffsetDateTime,
    lease: Duration,
) -> Result<Option<Claimed>, StoreError> {
    let row = sqlx::query!(
        r#"-- datasets::claim
           with next as (
               select id from datasets
               where state = 'validating' and (lease_expires_at is null or lease_expires_at <= $3)
               order by created_at, id limit 1
               for update skip locked
           )
           update datasets
           set lease_worker = $1, lease_token = $2, lease_expires_at = $4, attempts = attempts + 1
           from next where datasets.id = next.id
           returning datasets.id, name, options, upload_blob as "upload_blob!", attempts, outage_since"#,
        worker,
        token,
        now,
        now + lease,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(row.map(|row| Claimed {
        id: row.id,
        token,
        options: row.options,
        name: row.name,
        upload_blob: row.upload_blob,
        attempt: row.attempts,
        outage_since: row.outage_since,
    }))
}

/// Leaves an upload to the next attempt, from `again_at` on; this one does not count. The first `outage` that it is left for is
/// remembered.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn postpone(
    db: &Database,
    claimed: &Claimed,
    again_at: OffsetDateTime,
    outage: Option<OffsetDateTime>,
) -> Result<(), StoreError> {
    let hit = sqlx::query!(
        "-- datasets::postpone
         update datasets
         set lease_token = null, lease_expires_at = $3, attempts = greatest(attempts - 1, 0),
             outage_since = coalesce(outage_since, $4)
         where id = $1 and lease_token = $2 and state = 'validating'",
        claimed.id,
        claimed.token,
        again_at,
        outage,
    )
    .execute(&db.pool)
    .await?;
    fenced(hit.rows_affected())
}

/// Renews the lease and stores how far validation is.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn heartbeat(
    db: &Database,
    id: Uuid,
    token: Uuid,
    progress: &Value,
    expires_at: OffsetDateTime,
) -> Result<(), StoreError> {
    let hit = sqlx::query!(
        "-- datasets::heartbeat
         update datasets set lease_expires_at = $3, progress = $4
         where id = $1 and lease_token = $2 and state = 'validating'",
        id,
        token,
        expires_at,
        progress,
    )
    .execute(&db.pool)
    .await?;
    fenced(hit.rows_affected())
}

/// Makes a dataset ready: its examples and what is known of it appear together.
///
/// # Errors
/// [`StoreError::LeaseLost`] with nothing written, or the database fails.
pub async fn finish<'e>(
    db: &Database,
    id: Uuid,
    token: Uuid,
    packed: &Packed,
    examples: impl Iterator<Item = NewExample<'e>>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    crate::examples::copy_in(&mut tx, id, examples).await?;
    let hit = sqlx::query!(
        "-- datasets::finish
         update datasets
         set state = 'ready', content_hash = $3, facts = $4, class_names = $5, report = $6,
             pack_blob = $7, pack_offset = $8, originals_blob = $9, upload_blob = null,
             lease_token = null, lease_expires_at = null, progress = null, finished_at = $10
         where id = $1 and lease_token = $2 and state = 'validating'",
        id,
        token,
        packed.content_hash,
        Json(&packed.facts) as _,
        Json(&packed.class_names) as _,
        packed.report,
        packed.pack_blob,
        packed.pack_offset,
        packed.originals_blob,
        now,
    )
    .execute(&mut *tx)
    .await?;
    fenced(hit.rows_affected())?;
    tx.commit().await?;
    Ok(())
}

/// What becomes of a refused upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upload {
    /// It stays, to be validated again with other options.
    Kept,
    /// Nothing refers to it any more: the caller removes its blob.
    Dropped,
}

/// Refuses a dataset with a reason for its owner.
///
/// # Errors
/// [`StoreError::LeaseLost`], or the database fails.
pub async fn refuse(
    db: &Database,
    id: Uuid,
    token: Uuid,
    error: &Value,
    upload: Upload,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let hit = sqlx::query!(
        "-- datasets::refuse
         update datasets
         set state = 'failed', error = $3, lease_token = null,
             upload_blob = case when $5 then upload_blob end,
             lease_expires_at = null, progress = null, finished_at = $4
         where id = $1 and lease_token = $2 and state = 'validating'",
        id,
        token,
        error,
        now,
        upload == Upload::Kept,
    )
    .execute(&db.pool)
    .await?;
    fenced(hit.rows_affected())
}

/// What a request to validate again did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It waits for validation now.
    Begun,
    /// The same bytes with these options are this dataset already.
    Existing(Uuid),
    /// It was not refused, or its upload was not kept.
    No,
}

/// Validates a refused upload again, with other options and without another upload.
///
/// # Errors
/// When the database fails.
pub async fn validate_again(
    db: &Database,
    id: Uuid,
    options: &Value,
    source_hash: [u8; 32],
    now: OffsetDateTime,
) -> Result<Again, StoreError> {
    let mut tx = db.begin().await?;
    let existing = sqlx::query_scalar!(
        "-- datasets::validate_again (existing)
         select id from datasets where source_hash = $1 and id <> $2",
        &source_hash,
        id,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(existing) = existing {
        return Ok(Again::Existing(existing));
    }
    let hit = sqlx::query!(
        "-- datasets::validate_again
         update datasets
         set state = 'validating', options = $2, source_hash = $3, error = null, attempts = 0,
             outage_since = null, finished_at = null, created_at = $4
         where id = $1 and state = 'failed' and upload_blob is not null",
        id,
        options,
        &source_hash,
        now,
    )
    .execute(&mut *tx)
    .await?;
    if hit.rows_affected() == 0 {
        return Ok(Again::No);
    }
    audits::wake_workers(&mut tx).await?;
    tx.commit().await?;
    Ok(Again::Begun)
}

/// What deleting a dataset would remove.
///
/// # Errors
/// When the database fails.
pub async fn holdings(db: &Database, id: Uuid) -> Result<Holdings, StoreError> {
    let audits = sqlx::query!(
        r#"-- datasets::holdings
           select id, state in ('receiving', 'queued', 'running') as "active!"
           from audits where dataset_id = $1 order by id"#,
        id
    )
    .fetch_all(&db.pool)
    .await?;
    let blobs = sqlx::query!(
        "-- datasets::holdings (blobs)
         select upload_blob, pack_blob, originals_blob from datasets where id = $1",
        id
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(Holdings {
        active: audits.iter().any(|audit| audit.active),
        audits: audits.into_iter().map(|audit| audit.id).collect(),
        blobs: blobs
            .map(|row| [row.upload_blob, row.pack_blob, row.originals_blob])
            .into_iter()
            .flatten()
            .flatten()
            .collect(),
    })
}

/// Removes a dataset and its examples. False, with nothing removed, while an audit was made from it.
///
/// # Errors
/// When the database fails.
pub async fn delete(db: &Database, id: Uuid) -> Result<bool, StoreError> {
    let deleted = sqlx::query!(
        "-- datasets::delete
         delete from datasets where id = $1",
        id
    )
    .execute(&db.pool)
    .await;
    match deleted {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => Ok(false),
        Err(error) => Err(error.into()),
    }
}
