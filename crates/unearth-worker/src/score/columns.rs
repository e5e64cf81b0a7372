//! One value per example, read chunk by chunk from Postgres.

use super::{Learned, Reading, Scores, Source, VogOf};
use crate::WorkerError;
use futures::TryStreamExt;
use std::{
    collections::{BTreeSet, HashMap},
    pin::pin,
};
use unearth_audit::{Grouping, LogitSource, Population, Scoring, Signal, Variant, chunk_range};
use unearth_columns::Column;
use unearth_signals::{
    dynamics::{Epoch, Suggestion},
    label_issue::mean_standing,
    score::Score,
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
    ) -> Result<Scores, WorkerError> {
        let (reading, null_reason) = match signal {
            Signal::Vog => return self.vog(scoring.unwrap_or(&Scoring::DEFAULT)).await,
            Signal::LabelIssue => {
                return Ok(Scores {
                    values: self.label_issue(Grouping::Global).await?,
                    null_reason: NOT_RECORDED,
                });
            }
            Signal::FinalLoss => {
                let evaluated = self.evaluated().await?.of(Reading::MeanLoss);
                return self.scores(evaluated, "the eval pass did not see it");
            }
            // Of several models; see `pie`.
            Signal::Pie => {
                return Ok(Scores {
                    values: self.nothing()?,
                    null_reason: NOT_RECORDED,
                });
            }
            Signal::MeanLoss => (Reading::MeanLoss, NOT_TRAINED),
            Signal::Confidence => (Reading::Confidence, NOT_TRAINED),
            Signal::Variability => (Reading::Variability, NOT_TRAINED),
            Signal::Aleatoric => (Reading::Aleatoric, NOT_TRAINED),
            Signal::Aum => (Reading::Aum, NOT_RECORDED),
            Signal::El2n => (Reading::El2n, NOT_RECORDED),
            Signal::Correctness => (Reading::Correct, NOT_TRAINED),
            Signal::Forgetting => (Reading::Forgetting, "it was never learned"),
            Signal::FirstLearned => (Reading::FirstLearned, "it was never learned"),
            Signal::StayedLearned => (Reading::StayedLearned, "it was wrong at the last epoch"),
        };
        self.scores(self.learned().await?.of(reading), null_reason)
    }

    fn scores(&self, values: &[Score], null_reason: &'static str) -> Result<Scores, WorkerError> {
        Ok(Scores {
            values: Column::collected(&self.worker.scratch, values.iter().copied())?,
            null_reason,
        })
    }

    /// No score of any example.
    fn nothing(&self) -> Result<Column<Score>, WorkerError> {
        let examples = self.data.pack.len();
        Ok(Column::filled(&self.worker.scratch, examples, Score::NONE)?)
    }

    /// Standings are taken within a population: the two are never compared. Groups are compared in each
    /// reading before the standings are taken: a standing no longer knows how far off an example is.
    pub(crate) async fn label_issue(
        &self,
        grouping: Grouping,
    ) -> Result<Column<Score>, WorkerError> {
        let mut values = self.nothing()?;
        for population in [Population::Trained, Population::HeldOut] {
            let members = self.data.members(population);
            let mut places = self.places(members)?;
            let mut readings = Vec::new();
            for (_, learned) in self.label_issue_records(population).await? {
                for (reading, sign) in Reading::OF_LABEL_ISSUE {
                    let of = learned.of(reading);
                    let signed = |at: usize| of[at].get().map(|value| sign * value).into();
                    let mut reading = self.per_member(members, signed)?;
                    self.group(grouping, members, &mut reading, &mut places);
                    readings.push(reading);
                }
            }
            let readings: Vec<&[Score]> = readings.iter().map(|it| &**it).collect();
            let mut means = self.per_member(members, |_| Score::NONE)?;
            mean_standing(&readings, &mut places, &mut means);
            for (&at, &mean) in members.iter().zip(means.iter()) {
                values[at as usize] = mean;
            }
        }
        Ok(values)
    }

    /// The records that `label_issue` reads of a population, with the logits they are from.
    pub(crate) async fn label_issue_records(
        &self,
        population: Population,
    ) -> Result<Vec<(LogitSource, &Learned)>, WorkerError> {
        let learned = (self.shape.trajectory, self.learned().await?);
        // What was posted is of one kind of logits, which its late epochs tell best.
        if self.shape.is_external {
            return Ok(vec![learned]);
        }
        let evaluated = (LogitSource::EvalPass, self.evaluated().await?);
        Ok(match population {
            Population::Trained => vec![evaluated, learned],
            Population::HeldOut => vec![evaluated],
        })
    }

    async fn vog(&self, scoring: &Scoring) -> Result<Scores, WorkerError> {
        let mut vogs = self.vogs([scoring]).await?;
        let vog = vogs.remove(&self.vog_of(scoring));
        vog.ok_or_else(|| WorkerError::Inconsistent(format!("no VoG of {}", scoring.key())))
    }

    /// VoG by every way of scoring it, from one reading of the maps.
    pub(super) async fn vogs(
        &self,
        scorings: impl IntoIterator<Item = &Scoring>,
    ) -> Result<HashMap<VogOf, Scores>, WorkerError> {
        let mut vogs: HashMap<VogOf, Scores> = HashMap::new();
        for scoring in scorings {
            let nothing = Scores {
                values: self.nothing()?,
                null_reason: "no gradient was taken",
            };
            vogs.insert(self.vog_of(scoring), nothing);
        }
        let positions: BTreeSet<u32> = vogs.keys().flat_map(|(_, of)| of).copied().collect();
        let positions: Vec<i32> = positions.into_iter().map(|at| at as i32).collect();
        let pixels = self.shape.map_bytes() / 2;
        let mut stored = pin!(snapshots::stream(&self.worker.db, self.run, &positions));
        let mut chunk: Vec<snapshots::StoredMaps> = Vec::with_capacity(positions.len());
        let mut found = 0;
        while let Some(maps) = stored.try_next().await? {
            chunk.push(maps);
            if chunk.len() < positions.len() {
                continue;
            }
            let range = chunk_range(chunk[0].chunk as usize, self.data.pack.len());
            for ((variant, window), scores) in &mut vogs {
                let vog = chunk_vog(&chunk, window, pixels, *variant)?;
                self.require_examples(vog.len(), range.len())?;
                for (value, vog) in scores.values[range.clone()].iter_mut().zip(vog) {
                    *value = vog.into();
                }
            }
            found += range.len();
            chunk.clear();
        }
        if !vogs.is_empty() {
            self.require_examples(found, self.data.pack.len())?;
        }
        Ok(vogs)
    }

    /// How every example was learned; read once.
    pub(crate) async fn learned(&self) -> Result<&Learned, WorkerError> {
        let learned = self
            .learned
            .get_or_try_init(|| self.read(self.shape.trajectory, 0, Reading::ALL));
        learned.await
    }

    /// What the final model says of every example; read once.
    pub(crate) async fn evaluated(&self) -> Result<&Learned, WorkerError> {
        let last = self.shape.epochs.saturating_sub(1);
        let evaluated = self
            .evaluated
            .get_or_try_init(|| self.read(LogitSource::EvalPass, last, Reading::OF_EVALUATION));
        evaluated.await
    }

    /// What the records of every example from one source say, from an epoch on. Where an external run has none
    /// from that source, nothing is known of any example.
    async fn read(
        &self,
        source: LogitSource,
        from: u32,
        readings: &'static [Reading],
    ) -> Result<Learned, WorkerError> {
        let labels = self.data.pack.labels();
        let epochs = (self.shape.epochs - from.min(self.shape.epochs)) as usize;
        let mut learned = Learned::nothing(readings, labels.len(), &self.worker.scratch)?;
        if epochs == 0 || !self.shape.records(source) {
            return Ok(learned);
        }
        let mut stored = pin!(dynamics::stream(&self.worker.db, self.run, source, from));
        let mut chunk: Vec<RecordChunk> = Vec::with_capacity(epochs);
        while let Some(record) = stored.try_next().await? {
            chunk.push(record);
            if chunk.len() == epochs {
                let range = chunk_range(chunk[0].chunk as usize, labels.len());
                self.require_examples(learned.filled, range.start)?;
                let views: Vec<Epoch<'_>> = chunk.iter().map(epoch).collect();
                learned.add(&unearth_signals::dynamics::dynamics(&views, &labels[range]))?;
                chunk.clear();
            }
        }
        self.require_examples(learned.filled, labels.len())?;
        Ok(learned)
    }

    /// A column is only as good as its alignment: every example, once, in order.
    fn require_examples(&self, found: usize, expected: usize) -> Result<(), WorkerError> {
        if found == expected {
            return Ok(());
        }
        Err(WorkerError::Inconsistent(format!(
            "run {} holds values of {found} examples, expected {expected}",
            self.run
        )))
    }

    /// The label that the model would give each example, in index order: from the late epochs of training where it
    /// was trained on, from the final model where it was not.
    pub(super) async fn suggestions(
        &self,
    ) -> Result<impl Iterator<Item = (i32, Option<Suggestion>)> + '_, WorkerError> {
        let suggestion = self.suggestion().await?;
        let indices = 0..self.data.pack.len();
        Ok(indices.map(move |at| (at as i32, suggestion(at))))
    }

    /// The same of one example.
    pub(super) async fn suggestion(
        &self,
    ) -> Result<impl Fn(usize) -> Option<Suggestion> + '_, WorkerError> {
        let (learned, evaluated) = (self.learned().await?, self.evaluated().await?);
        Ok(move |at| learned.suggestion(at).or(evaluated.suggestion(at)))
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
