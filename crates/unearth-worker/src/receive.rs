//! What a training reports, stored as it comes.

use crate::{Worker, WorkerError};
use bytes::Bytes;
use futures::stream;
use std::time::Instant;
use tokio::sync::{mpsc::Receiver, watch};
use unearth_audit::{
    EpochRecord, Event, Level, LogitSource, MapChunk, Phase, Position, Progress, Report, Role,
};
use unearth_columns::Column;
use unearth_store::{
    dynamics, predictions,
    runs::{self, ClaimedRun},
    snapshots,
};

/// Stores reports in order until the training ends its side of the channel.
pub(crate) struct Receiving<'w> {
    pub(crate) worker: &'w Worker,
    pub(crate) run: &'w ClaimedRun,
    pub(crate) labels: &'w [i32],
    pub(crate) trained: &'w [u32],
    pub(crate) progress: &'w watch::Sender<Option<Progress>>,
}

impl Receiving<'_> {
    pub(crate) async fn all(&self, mut reports: Receiver<Report>) -> Result<(), WorkerError> {
        let mut epoch_began = Instant::now();
        while let Some(report) = reports.recv().await {
            match report {
                Report::Progress(progress) => self.note(progress),
                Report::Epoch(record) => {
                    self.epoch(&record, epoch_began).await?;
                    epoch_began = Instant::now();
                }
                Report::Maps(first) => {
                    self.checkpoint(first, &mut reports).await?;
                    epoch_began = Instant::now();
                }
                // Its chunks were consumed up to the marker.
                Report::SweepDone { checkpoint } => {
                    return Err(WorkerError::Inconsistent(format!(
                        "checkpoint {checkpoint} has no maps"
                    )));
                }
                Report::Quantised {
                    quantisation,
                    predicted,
                } => {
                    let level = Level::Quantised(quantisation);
                    predictions::store(&self.worker.db, self.run, level, &predicted).await?;
                }
                Report::ResumePoint { position, bytes } => {
                    self.resume_point(position, bytes).await?;
                }
            }
        }
        Ok(())
    }

    fn note(&self, progress: Progress) {
        self.progress.send_replace(Some(progress));
    }

    async fn epoch(&self, record: &EpochRecord, began: Instant) -> Result<(), WorkerError> {
        let event = match record.source {
            LogitSource::InFlight => Some(self.epoch_event(record, began)),
            LogitSource::EvalPass => None,
        };
        let (db, run, now) = (&self.worker.db, self.run, (self.worker.now)());
        if record.source == LogitSource::EvalPass
            && record.epoch + 1 == run.shape.epochs
            && let Some(member) = run.member
        {
            predictions::store(db, run, member.level, &record.values.predicted).await?;
        }
        // Of most models of a population nothing else is asked.
        if run.role != Role::Member {
            dynamics::store(db, run, record, event.as_ref(), now).await?;
        } else if let Some(event) = event {
            runs::tell(db, run, &event, now).await?;
        }
        Ok(())
    }

    fn epoch_event(&self, record: &EpochRecord, began: Instant) -> Event {
        let trained = self.trained.len().max(1) as f64;
        let loss: f64 = self
            .trained
            .iter()
            .map(|&i| f64::from(record.values.loss[i as usize]))
            .sum();
        let right = self
            .trained
            .iter()
            .filter(|&&i| record.values.predicted[i as usize] == self.labels[i as usize])
            .count();
        Event::Epoch {
            role: self.run.role,
            epoch: record.epoch + 1,
            epochs: self.run.shape.epochs,
            loss: loss / trained,
            accuracy: right as f64 / trained,
            examples_per_second: self.training_speed(began),
        }
    }

    /// As the training measured it, or by the clock where the epoch was too short for that.
    fn training_speed(&self, began: Instant) -> f64 {
        let measured = self
            .progress
            .borrow()
            .as_ref()
            .filter(|progress| progress.phase == Phase::Training)
            .and_then(|progress| progress.examples_per_second);
        measured
            .unwrap_or_else(|| self.trained.len() as f64 / began.elapsed().as_secs_f64().max(1e-6))
    }

    /// Stores a whole sweep in one transaction, chunk by chunk as the maps leave the device.
    async fn checkpoint(
        &self,
        first: MapChunk,
        reports: &mut Receiver<Report>,
    ) -> Result<(), WorkerError> {
        let checkpoint = first.checkpoint;
        let chunks = stream::unfold((Some(first), reports), |(ready, reports)| async move {
            let chunk = match ready {
                Some(chunk) => Some(chunk),
                None => self.next_chunk(reports).await,
            };
            chunk.map(|chunk| (chunk, (None, reports)))
        });
        snapshots::store_checkpoint(
            &self.worker.db,
            self.run,
            checkpoint,
            self.labels.len(),
            std::pin::pin!(chunks),
            self.worker.now,
        )
        .await?;
        Ok(())
    }

    /// The next chunk of the sweep; none at its end, or when the training stopped in its middle.
    async fn next_chunk(&self, reports: &mut Receiver<Report>) -> Option<MapChunk> {
        loop {
            match reports.recv().await? {
                Report::Maps(chunk) => return Some(chunk),
                Report::Progress(progress) => self.note(progress),
                Report::SweepDone { .. }
                | Report::Epoch(_)
                | Report::Quantised { .. }
                | Report::ResumePoint { .. } => {
                    return None;
                }
            }
        }
    }

    async fn resume_point(&self, position: Position, bytes: Column<u8>) -> Result<(), WorkerError> {
        let (worker, run) = (self.worker, self.run);
        let key = format!(
            "runs/{}/resume-{:06}-{:08}-{:04}-{}.safetensors",
            run.id, position.epoch, position.batch, position.sweeps, run.token
        );
        worker.blobs.put(&key, Bytes::from_owner(bytes)).await?;
        let before = match runs::set_resume_point(&worker.db, run, position, &key).await {
            Ok(before) => before,
            Err(error) => {
                if error.is_nothing_written() {
                    worker.blobs.delete(&key).await?;
                }
                return Err(error.into());
            }
        };
        if let Some(before) = before {
            worker.blobs.delete(&before).await?;
        }
        Ok(())
    }
}
