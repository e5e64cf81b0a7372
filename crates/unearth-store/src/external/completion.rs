//! The end of the posting.

use super::indices_of;
use crate::{Database, StoreError, audits, events};
use futures::{Stream, TryStreamExt as _};
use sqlx::{Postgres, Transaction, types::Json};
use time::OffsetDateTime;
use unearth_audit::{Event, Quantity, Signal, State};
use uuid::Uuid;

/// An external run to which no batch comes while this is held. Dropped, it takes batches again.
#[derive(Debug)]
pub struct Completing {
    tx: Transaction<'static, Postgres>,
    audit: Uuid,
    run: i64,
}

/// Which examples a batch holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Epoch or checkpoint, from 0.
    pub position: u32,
    /// Number within it.
    pub chunk: u32,
    /// Examples, ascending.
    pub indices: Vec<u32>,
    /// Quantities of a record; empty for maps.
    pub quantities: Vec<Quantity>,
}

impl Completing {
    /// Holds the run of `audit`; none when it takes no batches.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin(db: &Database, audit: Uuid) -> Result<Option<Self>, StoreError> {
        let mut tx = db.begin().await?;
        let run = sqlx::query_scalar!(
            "-- external::Completing::begin
             select id from runs where audit_id = $1 and ordinal = 0 and state = 'receiving'
             for no key update",
            audit,
        )
        .fetch_optional(&mut *tx)
        .await?;
        Ok(run.map(|run| Self { tx, audit, run }))
    }

    /// The batches of records, epochs ascending.
    pub fn records(&mut self) -> impl Stream<Item = Result<Batch, StoreError>> + '_ {
        sqlx::query!(
            r#"-- external::Completing::records
               select epoch, chunk, examples, first_index, indices, loss is not null as "loss!",
                      p_given is not null as "p_given!", margin is not null as "margin!",
                      el2n is not null as "el2n!", predicted is not null as "predicted!",
                      best_other is not null as "best_other!"
               from posted_records where run_id = $1 order by epoch, chunk"#,
            self.run,
        )
        .fetch(&mut *self.tx)
        .map_ok(|row| {
            let known = [
                row.loss,
                row.p_given,
                row.margin,
                row.el2n,
                row.predicted,
                row.best_other,
            ];
            let quantities = Quantity::ALL.into_iter().zip(known);
            Batch {
                position: row.epoch as u32,
                chunk: row.chunk as u32,
                indices: indices_of(row.first_index, row.examples, row.indices.as_deref()),
                quantities: quantities
                    .filter_map(|(quantity, known)| known.then_some(quantity))
                    .collect(),
            }
        })
        .map_err(StoreError::from)
    }

    /// The batches of maps, checkpoints ascending.
    pub fn maps(&mut self) -> impl Stream<Item = Result<Batch, StoreError>> + '_ {
        sqlx::query!(
            "-- external::Completing::maps
             select checkpoint, chunk, examples, first_index, indices
             from posted_maps where run_id = $1 order by checkpoint, chunk",
            self.run,
        )
        .fetch(&mut *self.tx)
        .map_ok(|row| Batch {
            position: row.checkpoint as u32,
            chunk: row.chunk as u32,
            indices: indices_of(row.first_index, row.examples, row.indices.as_deref()),
            quantities: Vec::new(),
        })
        .map_err(StoreError::from)
    }

    /// Queues the run: its batches are put in order and these signals computed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn finish(
        mut self,
        signals: &[Signal],
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "-- external::Completing::finish
             update runs set state = 'queued', run_after = $2 where id = $1",
            self.run,
            now,
        )
        .execute(&mut *self.tx)
        .await?;
        sqlx::query!(
            "-- external::Completing::finish (audit)
             update audits set state = 'queued', signals = $2, posted_at = $3 where id = $1",
            self.audit,
            Json(signals) as _,
            now,
        )
        .execute(&mut *self.tx)
        .await?;
        let event = Event::State {
            state: State::Queued,
            reason: None,
        };
        events::append(&mut self.tx, self.audit, &event, now).await?;
        audits::wake_workers(&mut self.tx).await?;
        self.tx.commit().await?;
        Ok(())
    }

    /// Lets the run take batches again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release(self) -> Result<(), StoreError> {
        Ok(self.tx.rollback().await?)
    }
}
