//! External runs: their beginning, the batches that are posted, and the order they are brought in.
//!
//! A batch stands in a table of its own until everything is there. Whoever posts one holds a share of the
//! run's row lock, and whoever ends the posting holds all of it: no batch comes in between the check that
//! everything is there and the run's place in the queue.

mod assembly;
mod completion;
mod posting;

pub use assembly::{
    MapPlace, PostedRecords, Stretch, forget_maps, forget_records, maps, places, prepare, records,
};
pub use completion::{Batch, Completing};
pub use posting::{
    NewMaps, NewRecords, Put, Received, ReceivedBatch, put_maps, put_records, received,
    remove_maps, remove_records,
};

use crate::{
    Database, StoreError, events,
    probes::{self, Probe},
};
use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;
use unearth_audit::{Archaeology, Estimate, Event, ExternalRun, Origin, Scoring, Signal, State};
use uuid::Uuid;

/// An external audit to begin.
#[derive(Debug, Clone)]
pub struct NewExternal {
    /// Identity.
    pub id: Uuid,
    /// Dataset.
    pub dataset_id: Uuid,
    /// What will be posted.
    pub run: ExternalRun,
    /// Probes that were trained on beside the examples.
    pub probes: Vec<Probe>,
    /// The archaeology, where one was asked for.
    pub archaeology: Option<Archaeology>,
    /// VoG scorings.
    pub scorings: Vec<Scoring>,
    /// Whether its gradient maps stay once it has succeeded.
    pub keep_snapshots: bool,
    /// Cost foreseen.
    pub estimate: Estimate,
}

/// Stores an audit that takes batches from now on.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    db: &Database,
    new: &NewExternal,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let origin = Origin::External(new.run.clone());
    let mut tx = db.begin().await?;
    // Which signals there will be is known when everything was posted.
    let signals: [Signal; 0] = [];
    sqlx::query!(
        "-- external::insert
         insert into audits (id, dataset_id, signals, recipe, recipe_hash, scorings, seed, archaeology, keep_snapshots, state, estimate, created_at)
         values ($1, $2, $3, $4, $5, $6, 0, $7, $8, 'receiving', $9, $10)",
        new.id,
        new.dataset_id,
        Json(&signals) as _,
        Json(&origin) as _,
        new.run.hash(),
        Json(&new.scorings) as _,
        new.archaeology.as_ref().map(Json) as _,
        new.keep_snapshots,
        Json(new.estimate) as _,
        now,
    )
    .execute(&mut *tx)
    .await?;
    let run = sqlx::query_scalar!(
        "-- external::insert (run)
         insert into runs (audit_id, ordinal, recipe, seed, keeps_maps, state, run_after, created_at)
         values ($1, 0, $2, 0, $3, 'receiving', $4, $4)
         returning id",
        new.id,
        Json(&origin) as _,
        !new.run.checkpoints.is_empty(),
        now,
    )
    .fetch_one(&mut *tx)
    .await?;
    probes::copy_in(&mut tx, run, &new.probes).await?;
    let event = Event::State {
        state: State::Receiving,
        reason: None,
    };
    events::append(&mut tx, new.id, &event, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether an audit is of an external run of which not everything was posted.
pub(crate) async fn is_receiving(
    connection: &mut PgConnection,
    audit: Uuid,
) -> Result<bool, StoreError> {
    let row = sqlx::query!(
        r#"-- external::is_receiving
           select recipe as "origin: Json<Origin>", posted_at from audits where id = $1"#,
        audit,
    )
    .fetch_one(connection)
    .await?;
    Ok(row.origin.external().is_some() && row.posted_at.is_none())
}

/// Little-endian bytes of indices; none where they follow one another.
fn index_bytes(indices: &[u32]) -> Option<Vec<u8>> {
    let follow = indices.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    (!follow).then(|| {
        indices
            .iter()
            .flat_map(|index| index.to_le_bytes())
            .collect()
    })
}

/// The indices of a stored batch.
fn indices_of(first: i32, examples: i32, bytes: Option<&[u8]>) -> Vec<u32> {
    match bytes {
        None => (first as u32..(first + examples) as u32).collect(),
        Some(bytes) => bytes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|&four| u32::from_le_bytes(four))
            .collect(),
    }
}
