//! One value per example, read chunk by chunk from Postgres.

use super::{Column, Source};
use crate::WorkerError;
use futures::{Stream, TryStreamExt};
use std::pin::pin;
use unearth_audit::{LogitSource, Scoring, Signal, Variant, chunk_range};
use unearth_signals::{
    dynamics::mean_over_epochs,
    vog::{self, StoredMaps},
};
use unearth_store::{
    StoreError,
    dynamics::{self, RecordChunk},
    snapshots,
};

impl Source<'_> {
    pub(super) async fn column(
        &self,
        signal: Signal,
        scoring: Option<&Scoring>,
    ) -> Result<Column, WorkerError> {
        match signal {
            Signal::Vog => self.vog(scoring.unwrap_or(&Scoring::DEFAULT)).await,
            Signal::FinalLoss => self.final_loss().await,
            Signal::MeanLoss => self.mean(|record| &record.loss).await,
            Signal::Confidence => self.mean(|record| &record.p_given).await,
        }
    }

    async fn vog(&self, scoring: &Scoring) -> Result<Column, WorkerError> {
        let positions = scoring.window.positions(self.recipe.checkpoints.len());
        let positions: Vec<i32> = positions.into_iter().map(|at| at as i32).collect();
        let variant = match scoring.variant {
            Variant::Std => vog::Variant::Std,
            Variant::Paper => vog::Variant::Paper,
        };
        let examples = self.data.pack.len();
        let pixels = self.recipe.map_bytes() / 2;
        let mut values = Vec::with_capacity(examples);
        let mut stored = pin!(snapshots::stream(&self.worker.db, self.run, &positions));
        let mut window: Vec<snapshots::StoredMaps> = Vec::with_capacity(positions.len());
        while let Some(maps) = stored.try_next().await? {
            window.push(maps);
            if window.len() < positions.len() {
                continue;
            }
            values.extend(chunk_vog(&window, pixels, variant)?.into_iter().map(Some));
            window.clear();
        }
        self.complete(values, "no gradient was taken")
    }

    async fn final_loss(&self) -> Result<Column, WorkerError> {
        let mut values = Vec::with_capacity(self.data.pack.len());
        let mut records = pin!(self.records(LogitSource::EvalPass));
        while let Some(record) = records.try_next().await? {
            values.extend(record.loss.iter().map(|&loss| finite(loss)));
        }
        self.complete(values, "the eval pass did not see it")
    }

    /// The mean over the epochs of an in-flight quantity.
    async fn mean(&self, quantity: impl Fn(&RecordChunk) -> &[f32]) -> Result<Column, WorkerError> {
        let mut values = Vec::with_capacity(self.data.pack.len());
        let mut records = pin!(self.records(LogitSource::InFlight));
        let mut epochs: Vec<RecordChunk> = Vec::with_capacity(self.recipe.epochs as usize);
        while let Some(record) = records.try_next().await? {
            epochs.push(record);
            if epochs.len() == self.recipe.epochs as usize {
                let columns: Vec<&[f32]> = epochs.iter().map(&quantity).collect();
                values.extend(mean_over_epochs(&columns));
                epochs.clear();
            }
        }
        self.complete(values, "it was not trained on")
    }

    fn records(
        &self,
        source: LogitSource,
    ) -> impl Stream<Item = Result<RecordChunk, StoreError>> + '_ {
        dynamics::stream(&self.worker.db, self.run, source)
    }

    /// A column is only as good as its alignment: every example, once, in order.
    fn complete(
        &self,
        values: Vec<Option<f64>>,
        null_reason: &'static str,
    ) -> Result<Column, WorkerError> {
        self.require_every_example(values.len())?;
        Ok(Column {
            values,
            null_reason,
        })
    }

    fn require_every_example(&self, found: usize) -> Result<(), WorkerError> {
        let expected = self.data.pack.len();
        if found == expected {
            return Ok(());
        }
        Err(WorkerError::Inconsistent(format!(
            "run {} holds values of {found} examples, expected {expected}",
            self.run
        )))
    }

    /// Whether the final model labels each example as given, in index order.
    pub(super) async fn correct(&self) -> Result<Vec<Option<bool>>, WorkerError> {
        let labels = self.data.pack.labels();
        let mut correct = Vec::with_capacity(labels.len());
        let mut records = pin!(self.records(LogitSource::EvalPass));
        while let Some(record) = records.try_next().await? {
            let given = &labels[chunk_range(record.chunk as usize, labels.len())];
            let pairs = record.predicted.iter().zip(given);
            correct.extend(
                pairs.map(|(&predicted, &given)| (predicted >= 0).then_some(predicted == given)),
            );
        }
        self.require_every_example(correct.len())?;
        Ok(correct)
    }
}

fn chunk_vog(
    window: &[snapshots::StoredMaps],
    pixels: usize,
    variant: vog::Variant,
) -> Result<Vec<f64>, WorkerError> {
    let scales: Vec<Vec<f32>> = window
        .iter()
        .map(|maps| {
            maps.scales
                .as_chunks::<4>()
                .0
                .iter()
                .map(|&four| f32::from_le_bytes(four))
                .collect()
        })
        .collect();
    let checkpoints: Vec<StoredMaps<'_>> = window
        .iter()
        .zip(&scales)
        .map(|(maps, scales)| StoredMaps {
            scales,
            maps: &maps.maps,
        })
        .collect();
    vog::vog_chunk(&checkpoints, pixels, variant)
        .map_err(|error| WorkerError::Inconsistent(format!("chunk {}: {error}", window[0].chunk)))
}

fn finite(value: f32) -> Option<f64> {
    value.is_finite().then_some(f64::from(value))
}
