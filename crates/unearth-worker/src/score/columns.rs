//! One value per example, read chunk by chunk from Postgres.

use super::{Column, Source, VogOf};
use crate::WorkerError;
use futures::TryStreamExt;
use std::{
    collections::{BTreeSet, HashMap},
    pin::pin,
};
use unearth_audit::{Grouping, LogitSource, Population, Scoring, Signal, Variant, chunk_range};
use unearth_signals::{
    dynamics::{Dynamics, Epoch, Suggestion},
    label_issue::mean_standing,
    vog::{self, StoredMaps},
};
use unearth_store::{
    dynamics::{self, RecordChunk},
    snapshots,
};

const NOT_TRAINED: &str = "it was not trained on";
const NOT_RECORDED: &str = "its run recorded nothing it could be computed from";

impl Source<'_> {
    pub(super) async fn column(
        &self,
        signal: Signal,
        scoring: Option<&Scoring>,
    ) -> Result<Column, WorkerError> {
        let (value, null_reason): (fn(&Dynamics) -> Option<f64>, _) = match signal {
            Signal::Vog => return self.vog(scoring.unwrap_or(&Scoring::DEFAULT)).await,
            Signal::LabelIssue => {
                return Ok(Column {
                    values: self.label_issue(Grouping::Global).await?,
                    null_reason: NOT_RECORDED,
                });
            }
            Signal::FinalLoss => {
                let evaluated = self.evaluation().await?;
                return Ok(Column {
                    values: evaluated.iter().map(|e| e.mean_loss).collect(),
                    null_reason: "the eval pass did not see it",
                });
            }
            // Of several models; see `pie`.
            Signal::Pie => (|_| None, NOT_RECORDED),
            Signal::MeanLoss => (|example| example.mean_loss, NOT_TRAINED),
            Signal::Confidence => (|example| example.confidence, NOT_TRAINED),
            Signal::Variability => (|example| example.variability, NOT_TRAINED),
            Signal::Aleatoric => (|example| example.aleatoric, NOT_TRAINED),
            Signal::Aum => (|example| example.aum, NOT_RECORDED),
            Signal::El2n => (|example| example.el2n, NOT_RECORDED),
            Signal::Correctness => (
                |example| Some(example.learning?.correct.into()),
                NOT_TRAINED,
            ),
            Signal::Forgetting => (
                |example| {
                    let learning = example.learning.filter(|it| !it.is_never_learned());
                    Some(learning?.forgetting.into())
                },
                "it was never learned",
            ),
            Signal::FirstLearned => (
                |example| example.learning?.first_learned.map(f64::from),
                "it was never learned",
            ),
            Signal::StayedLearned => (
                |example| example.learning?.stayed_learned.map(f64::from),
                "it was wrong at the last epoch",
            ),
        };
        Ok(Column {
            values: self.dynamics().await?.iter().map(value).collect(),
            null_reason,
        })
    }

    /// What `label_issue` is made of, in flight and in the eval pass: high = harder.
    pub(crate) const LABEL_ISSUE_READINGS: [fn(&Dynamics) -> Option<f64>; 2] = [
        |example| example.late_loss,
        |example| example.late_margin.map(|margin| -margin),
    ];

    /// Standings are taken within a population: the two are never compared. Groups are compared in each
    /// reading before the standings are taken: a standing no longer knows how far off an example is.
    pub(crate) async fn label_issue(
        &self,
        grouping: Grouping,
    ) -> Result<Vec<Option<f64>>, WorkerError> {
        let mut values = vec![None; self.data.pack.len()];
        for population in [Population::Trained, Population::HeldOut] {
            let members = self.members(population);
            let sources = self.label_issue_records(population).await?;
            let of = |source: &[Dynamics], reading: fn(&Dynamics) -> Option<f64>| {
                let values = members.iter().map(|&at| reading(&source[at])).collect();
                self.grouped(grouping, &members, values)
            };
            let readings: Vec<Vec<Option<f64>>> = sources
                .iter()
                .flat_map(|(_, source)| {
                    Self::LABEL_ISSUE_READINGS.map(|reading| of(source, reading))
                })
                .collect();
            for (&at, value) in members.iter().zip(mean_standing(&readings)) {
                values[at] = value;
            }
        }
        Ok(values)
    }

    /// The records that `label_issue` reads of a population, with the logits they are from.
    pub(crate) async fn label_issue_records(
        &self,
        population: Population,
    ) -> Result<Vec<(LogitSource, &[Dynamics])>, WorkerError> {
        let learned = (self.shape.trajectory, self.dynamics().await?);
        // What was posted is of one kind of logits, which its late epochs tell best.
        if self.shape.is_external {
            return Ok(vec![learned]);
        }
        let evaluated = (LogitSource::EvalPass, self.evaluation().await?);
        Ok(match population {
            Population::Trained => vec![evaluated, learned],
            Population::HeldOut => vec![evaluated],
        })
    }

    async fn vog(&self, scoring: &Scoring) -> Result<Column, WorkerError> {
        let mut vogs = self.vogs([scoring]).await?;
        let vog = vogs.remove(&self.vog_of(scoring));
        vog.ok_or_else(|| WorkerError::Inconsistent(format!("no VoG of {}", scoring.key())))
    }

    /// VoG by every way of scoring it, from one reading of the maps.
    pub(super) async fn vogs(
        &self,
        scorings: impl IntoIterator<Item = &Scoring>,
    ) -> Result<HashMap<VogOf, Column>, WorkerError> {
        let examples = self.data.pack.len();
        let ways = scorings.into_iter().map(|scoring| self.vog_of(scoring));
        let mut values: HashMap<VogOf, Vec<Option<f64>>> = ways
            .map(|way| (way, Vec::with_capacity(examples)))
            .collect();
        let positions: BTreeSet<u32> = values.keys().flat_map(|(_, of)| of).copied().collect();
        let positions: Vec<i32> = positions.into_iter().map(|at| at as i32).collect();
        let pixels = self.shape.map_bytes() / 2;
        let mut stored = pin!(snapshots::stream(&self.worker.db, self.run, &positions));
        let mut chunk: Vec<snapshots::StoredMaps> = Vec::with_capacity(positions.len());
        while let Some(maps) = stored.try_next().await? {
            chunk.push(maps);
            if chunk.len() < positions.len() {
                continue;
            }
            for ((variant, window), values) in &mut values {
                let vog = chunk_vog(&chunk, window, pixels, *variant)?;
                values.extend(vog.into_iter().map(Some));
            }
            chunk.clear();
        }
        let column = |(way, values)| Ok((way, self.complete(values, "no gradient was taken")?));
        values.into_iter().map(column).collect()
    }

    /// How every example was learned, in index order; read once.
    pub(crate) async fn dynamics(&self) -> Result<&[Dynamics], WorkerError> {
        let learned = self
            .dynamics
            .get_or_try_init(|| self.read(self.shape.trajectory, 0));
        Ok(learned.await?)
    }

    /// What the final model says of every example, in index order; read once.
    pub(crate) async fn evaluation(&self) -> Result<&[Dynamics], WorkerError> {
        let last = self.shape.epochs.saturating_sub(1);
        let evaluated = self
            .evaluation
            .get_or_try_init(|| self.read(LogitSource::EvalPass, last));
        Ok(evaluated.await?)
    }

    /// The dynamics of every example over its records from one source, from an epoch on. Where an
    /// external run has none from that source, nothing is known of any example.
    async fn read(&self, source: LogitSource, from: u32) -> Result<Vec<Dynamics>, WorkerError> {
        let labels = self.data.pack.labels();
        let epochs = (self.shape.epochs - from.min(self.shape.epochs)) as usize;
        if epochs == 0 || !self.shape.records(source) {
            return Ok(unearth_signals::dynamics::dynamics(&[], labels));
        }
        let mut read = Vec::with_capacity(labels.len());
        let mut stored = pin!(dynamics::stream(&self.worker.db, self.run, source, from));
        let mut chunk: Vec<RecordChunk> = Vec::with_capacity(epochs);
        while let Some(record) = stored.try_next().await? {
            chunk.push(record);
            if chunk.len() == epochs {
                let range = chunk_range(chunk[0].chunk as usize, labels.len());
                let views: Vec<Epoch<'_>> = chunk.iter().map(epoch).collect();
                read.extend(unearth_signals::dynamics::dynamics(&views, &labels[range]));
                chunk.clear();
            }
        }
        self.require_every_example(read.len())?;
        Ok(read)
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

    /// The label that the model would give each example: from the late epochs of training where it was
    /// trained on, from the final model where it was not.
    pub(super) async fn suggestions(&self) -> Result<Vec<Option<Suggestion>>, WorkerError> {
        let (learned, evaluated) = (self.dynamics().await?, self.evaluation().await?);
        let suggestions = learned.iter().zip(evaluated);
        Ok(suggestions
            .map(|(learned, evaluated)| learned.suggestion.or(evaluated.suggestion))
            .collect())
    }
}

/// A stored record as the maths takes it.
pub(crate) fn epoch(record: &RecordChunk) -> Epoch<'_> {
    let values = &record.values;
    Epoch {
        loss: &values.loss,
        p_given: &values.p_given,
        margin: &values.margin,
        el2n: &values.el2n,
        predicted: &values.predicted,
        best_other: &values.best_other,
    }
}

/// VoG of a chunk of examples over those of its checkpoints that a window covers.
fn chunk_vog(
    chunk: &[snapshots::StoredMaps],
    window: &[u32],
    pixels: usize,
    variant: Variant,
) -> Result<Vec<f64>, WorkerError> {
    let covered = |maps: &&snapshots::StoredMaps| window.contains(&(maps.checkpoint as u32));
    let scales_of = |maps: &snapshots::StoredMaps| -> Vec<f32> {
        let four = maps.scales.as_chunks::<4>().0.iter();
        four.map(|&bytes| f32::from_le_bytes(bytes)).collect()
    };
    let scales: Vec<Vec<f32>> = chunk.iter().filter(covered).map(scales_of).collect();
    let checkpoints = chunk.iter().filter(covered).zip(&scales);
    let checkpoints: Vec<StoredMaps<'_>> = checkpoints
        .map(|(maps, scales)| StoredMaps {
            scales,
            maps: &maps.maps,
        })
        .collect();
    let variant = match variant {
        Variant::Std => vog::Variant::Std,
        Variant::Paper => vog::Variant::Paper,
    };
    vog::vog_chunk(&checkpoints, pixels, variant)
        .map_err(|error| WorkerError::Inconsistent(format!("chunk {}: {error}", chunk[0].chunk)))
}
