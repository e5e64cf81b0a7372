//! Losses over the epochs, of members one by one and of all examples in a stream.

use crate::{Worker, WorkerError};
use futures::TryStreamExt as _;
use std::{collections::HashMap, pin::pin};
use unearth_audit::{LogitSource, chunk_range};
use unearth_store::{dynamics, runs::Sibling};

/// A row of a training: an example of the dataset, or a probe in its own index space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Row {
    Example(u32),
    Probe(usize),
}

impl Row {
    /// Its index, if it is an example.
    pub(crate) fn example(self) -> Option<u32> {
        match self {
            Self::Example(index) => Some(index),
            Self::Probe(_) => None,
        }
    }
}

/// Loss of some rows after each epoch.
pub(crate) struct Trajectories(HashMap<Row, Vec<f32>>);

impl Trajectories {
    /// Reads those of `rows`.
    pub(crate) async fn of(
        worker: &Worker,
        run: &Sibling,
        logits: LogitSource,
        rows: impl Iterator<Item = Row>,
    ) -> Result<Self, WorkerError> {
        let mut found: HashMap<Row, Vec<f32>> = rows.map(|row| (row, vec![])).collect();
        for record in dynamics::of_probes(&worker.db, run.id, logits).await? {
            for (at, &loss) in record.values.loss.iter().enumerate() {
                if let Some(losses) = found.get_mut(&Row::Probe(at)) {
                    losses.push(loss);
                }
            }
        }
        let mut stored = pin!(dynamics::losses(&worker.db, run.id, logits));
        while let Some(record) = stored.try_next().await? {
            let first = chunk_range(record.chunk as usize, usize::MAX).start as u32;
            for (index, &loss) in (first..).zip(&record.loss) {
                if let Some(losses) = found.get_mut(&Row::Example(index)) {
                    losses.push(loss);
                }
            }
        }
        Ok(Self(found))
    }

    pub(crate) fn get(&self, row: Row) -> Option<&[f32]> {
        self.0.get(&row).map(Vec::as_slice)
    }
}

#[cfg(test)]
impl FromIterator<(Row, Vec<f32>)> for Trajectories {
    fn from_iter<I: IntoIterator<Item = (Row, Vec<f32>)>>(rows: I) -> Self {
        Self(rows.into_iter().collect())
    }
}
