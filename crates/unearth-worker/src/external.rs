//! An external run: what was posted put in the order of the dataset, scored like any other.

use crate::{Worker, WorkerError, archaeology, data::Data, progress::of_phase, score};
use bytemuck::{Pod, Zeroable};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use std::{
    pin::pin,
    sync::{Mutex, PoisonError},
};
use tokio::sync::watch;
use unearth_audit::{EpochRecord, MapChunk, Phase, Progress, Record, chunk_count, chunk_range};
use unearth_columns::Column;
use unearth_store::{
    StoreError,
    audits::AuditResult,
    dynamics,
    external::{self, Stretch},
    runs::{self, ClaimedRun, Ending},
    snapshots, usage,
};

/// Puts a run's batches in order, computes its scores and ends it.
///
/// What is in order already, from an attempt that was interrupted, stays; its batches are gone.
pub(crate) async fn run(
    worker: &Worker,
    run: &ClaimedRun,
    data: &Data,
    progress: &watch::Sender<Option<Progress>>,
) -> Result<(), WorkerError> {
    let assembly = Assembly {
        worker,
        run,
        examples: data.pack.len(),
        probes: run.origin.external().map_or(0, |it| it.probes as usize),
        progress,
    };
    external::prepare(&worker.db, run).await?;
    assembly.records().await?;
    assembly.maps().await?;
    score::run(worker, run, data, progress).await?;
    if let Some(asked) = &run.archaeology {
        archaeology::run(worker, run, data, asked).await?;
    }
    finish(worker, run, data).await
}

struct Assembly<'a> {
    worker: &'a Worker,
    run: &'a ClaimedRun,
    examples: usize,
    /// Rows after the examples in what was posted.
    probes: usize,
    progress: &'a watch::Sender<Option<Progress>>,
}

impl Assembly<'_> {
    /// All epochs, one after the other.
    async fn records(&self) -> Result<(), WorkerError> {
        let db = &self.worker.db;
        for epoch in 0..self.run.shape.epochs {
            self.tell(u64::from(epoch));
            let Some(values) = self.record(epoch).await? else {
                continue;
            };
            let record = EpochRecord {
                epoch,
                source: self.run.shape.trajectory,
                probes: values.piece(self.examples..values.len()),
                values: values.first(self.examples),
            };
            dynamics::store(db, self.run, &record, None, (self.worker.now)()).await?;
            external::forget_records(db, self.run, epoch).await?;
        }
        Ok(())
    }

    /// One epoch in index order, examples before probes; none when it is in order already.
    async fn record(&self, epoch: u32) -> Result<Option<Record>, WorkerError> {
        let rows = self.examples + self.probes;
        let mut batches = pin!(external::records(&self.worker.db, self.run.id, epoch).peekable());
        if batches.as_mut().peek().await.is_none() {
            return Ok(None);
        }
        let mut values = Record::unseen_in(&self.worker.scratch, rows)?;
        let mut found = 0;
        while let Some(batch) = batches.try_next().await? {
            found += batch.indices.len();
            let at = &batch.indices;
            let placed = [
                place(&mut values.loss, at, batch.loss.as_deref()),
                place(&mut values.p_given, at, batch.p_given.as_deref()),
                place(&mut values.margin, at, batch.margin.as_deref()),
                place(&mut values.el2n, at, batch.el2n.as_deref()),
                place(&mut values.predicted, at, batch.predicted.as_deref()),
                place(&mut values.best_other, at, batch.best_other.as_deref()),
            ];
            if placed.contains(&None) {
                return Err(self.misplaced(&format!("a batch of epoch {}", epoch + 1)));
            }
        }
        if found == rows {
            return Ok(Some(values));
        }
        Err(self.misplaced(&format!("epoch {}", epoch + 1)))
    }

    /// All checkpoints; one chunk of examples is in memory at a time.
    async fn maps(&self) -> Result<(), WorkerError> {
        let db = &self.worker.db;
        let done = snapshots::complete(db, self.run.id).await?;
        for checkpoint in 0..self.run.shape.checkpoints.len() as u32 {
            self.tell(u64::from(self.run.shape.epochs + checkpoint));
            if !done
                .iter()
                .any(|(position, _)| *position == checkpoint as i32)
            {
                self.checkpoint(checkpoint).await?;
            }
            external::forget_maps(db, self.run, checkpoint).await?;
        }
        Ok(())
    }

    /// One checkpoint, which is there whole or not at all.
    async fn checkpoint(&self, checkpoint: u32) -> Result<(), WorkerError> {
        let (db, run) = (&self.worker.db, self.run);
        let order = self.order(checkpoint).await?;
        let failure = Mutex::new(None);
        let chunks = stream::unfold(0, |chunk| {
            self.next_chunk(checkpoint, chunk, &order, &failure)
        });
        let now = self.worker.now;
        let stored =
            snapshots::store_checkpoint(db, run, checkpoint, self.examples, pin!(chunks), now)
                .await;
        let failure = failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match failure {
            Some(error) => Err(error.into()),
            None => Ok(stored?),
        }
    }

    /// The chunk of maps with this number, and the number of the next. A sweep's stream knows no errors:
    /// it ends early, and the cause is put aside.
    async fn next_chunk(
        &self,
        checkpoint: u32,
        chunk: usize,
        order: &[Place],
        failure: &Mutex<Option<StoreError>>,
    ) -> Option<(MapChunk, usize)> {
        if chunk == chunk_count(self.examples) {
            return None;
        }
        match self.chunk(checkpoint, chunk, order).await {
            Ok(maps) => Some((maps, chunk + 1)),
            Err(error) => {
                *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                None
            }
        }
    }

    async fn chunk(
        &self,
        checkpoint: u32,
        chunk: usize,
        order: &[Place],
    ) -> Result<MapChunk, StoreError> {
        let run = self.run;
        let stretches = stretches(&order[chunk_range(chunk, self.examples)]);
        let map_bytes = run.shape.map_bytes();
        let db = &self.worker.db;
        let (scales, maps) = external::maps(db, run.id, checkpoint, &stretches, map_bytes).await?;
        let scales = scales.as_chunks::<4>().0.iter();
        Ok(MapChunk {
            checkpoint,
            chunk: chunk as u32,
            scales: scales.map(|&four| f32::from_le_bytes(four)).collect(),
            maps,
        })
    }

    /// Where the map of each example is, in index order.
    async fn order(&self, checkpoint: u32) -> Result<Column<Place>, WorkerError> {
        let worker = self.worker;
        let mut order = Column::filled(&worker.scratch, self.examples, Place::NOWHERE)?;
        let misplaced = || self.misplaced(&format!("checkpoint {checkpoint}"));
        let mut batches = pin!(external::places(&worker.db, self.run.id, checkpoint));
        while let Some(batch) = batches.try_next().await? {
            for (&index, row) in batch.indices.iter().zip(0..) {
                let place = order.get_mut(index as usize);
                let free = place.filter(|place| **place == Place::NOWHERE);
                *free.ok_or_else(misplaced)? = Place {
                    chunk: batch.chunk,
                    row,
                };
            }
        }
        if order.contains(&Place::NOWHERE) {
            return Err(misplaced());
        }
        Ok(order)
    }

    fn tell(&self, step: u64) {
        let shape = &self.run.shape;
        self.progress.send_replace(Some(Progress {
            step,
            total: u64::from(shape.epochs) + shape.checkpoints.len() as u64,
            ..of_phase(self.run, Phase::Assembling)
        }));
    }

    /// What was checked when the posting ended does not hold any more.
    fn misplaced(&self, what: &str) -> WorkerError {
        WorkerError::Inconsistent(format!(
            "run {}: {what} does not hold each of {} examples and {} probes once",
            self.run.id, self.examples, self.probes
        ))
    }
}

/// The row of a batch that holds an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
struct Place {
    chunk: u32,
    row: u32,
}

impl Place {
    /// Of an example that is in no batch.
    const NOWHERE: Self = Self {
        chunk: u32::MAX,
        row: u32::MAX,
    };
}

/// Rows of one batch that follow one another are read at once.
fn stretches(places: &[Place]) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for place in places {
        match stretches.last_mut() {
            Some(last) if last.chunk == place.chunk && last.from + last.count == place.row => {
                last.count += 1;
            }
            _ => stretches.push(Stretch {
                chunk: place.chunk,
                from: place.row,
                count: 1,
            }),
        }
    }
    stretches
}

/// Puts posted values at their examples; none when one has no place. What was not posted stays unknown.
fn place<T: Copy>(all: &mut [T], indices: &[u32], posted: Option<&[T]>) -> Option<()> {
    let Some(posted) = posted else {
        return Some(());
    };
    if posted.len() != indices.len() {
        return None;
    }
    for (&index, &value) in indices.iter().zip(posted) {
        *all.get_mut(index as usize)? = value;
    }
    Some(())
}

async fn finish(worker: &Worker, run: &ClaimedRun, data: &Data) -> Result<(), WorkerError> {
    let database_bytes = usage::of_audit(&worker.db, run.audit_id).await?;
    let training_accuracy = accuracy(worker, run, data).await?;
    let now = (worker.now)();
    let result = AuditResult {
        training_accuracy,
        held_out_accuracy: None,
        warnings: Vec::new(),
        environment: None,
        fit_secs: None,
        sweep_secs: None,
        wall_secs: (now - run.started_at).as_seconds_f64(),
        database_bytes: Some(database_bytes),
        runs: Vec::new(),
    };
    worker.db.refresh_statistics().await?;
    runs::succeed_with_audit(&worker.db, run, Ending::Succeeded, &result, now).await?;
    Ok(())
}

/// Share of the examples whose predicted label at the last posted epoch is the given one; none where no
/// predictions were posted.
async fn accuracy(
    worker: &Worker,
    run: &ClaimedRun,
    data: &Data,
) -> Result<Option<f64>, WorkerError> {
    let Some(last) = run.shape.epochs.checked_sub(1) else {
        return Ok(None);
    };
    let labels = data.pack.labels();
    let (mut predicted, mut right) = (0_usize, 0_usize);
    let mut stored = pin!(dynamics::stream(
        &worker.db,
        run.id,
        run.shape.trajectory,
        last
    ));
    while let Some(record) = stored.try_next().await? {
        let range = chunk_range(record.chunk as usize, labels.len());
        for (&class, &label) in record.values.predicted.iter().zip(&labels[range]) {
            predicted += usize::from(class >= 0);
            right += usize::from(class >= 0 && class == label);
        }
    }
    Ok((predicted > 0).then(|| right as f64 / predicted as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_read_at_once() {
        let place = |chunk, row| Place { chunk, row };
        let stretch = |chunk, from, count| Stretch { chunk, from, count };
        let places = [
            place(3, 5),
            place(3, 6),
            place(3, 7),
            place(1, 8),
            place(3, 8),
            place(3, 0),
        ];
        assert_eq!(
            stretches(&places),
            [
                stretch(3, 5, 3),
                stretch(1, 8, 1),
                stretch(3, 8, 1),
                stretch(3, 0, 1)
            ]
        );
        assert!(stretches(&[]).is_empty());
    }

    #[test]
    fn a_value_without_a_place_is_found_out() {
        let mut all = [0; 3];
        assert_eq!(place(&mut all, &[2, 0], Some(&[7, 8])), Some(()));
        assert_eq!(all, [8, 0, 7]);
        assert_eq!(place(&mut all, &[3], Some(&[1])), None);
        assert_eq!(place(&mut all, &[1, 2], Some(&[1])), None);
        assert_eq!(place(&mut all, &[9], None::<&[i32]>), Some(()));
    }
}
