//! A dataset as a run sees it: its pack, and which of its examples are trained on.

use crate::{Worker, WorkerError};
use futures::TryStreamExt as _;
use std::{collections::HashMap, path::Path, pin::pin, sync::Arc};
use unearth_audit::Population;
use unearth_columns::Column;
use unearth_dataset::{Pack, probes::Strata};
use unearth_store::{datasets, examples};
use uuid::Uuid;

/// The dataset of a run.
pub(crate) struct Data {
    pub(crate) pack: Arc<Pack>,
    /// Indices trained on, ascending.
    pub(crate) trained: Arc<Column<u32>>,
    /// All others, ascending.
    held_out: Column<u32>,
    /// Names of the classes, in label order.
    pub(crate) class_names: Vec<String>,
    /// Empty where the dataset has none.
    pub(crate) groups: Groups,
}

/// Groups of a dataset.
#[derive(Default)]
pub(crate) struct Groups {
    /// Names, sorted.
    pub(crate) names: Vec<String>,
    /// Position of each example's among them, in index order, or none; empty where there are no groups.
    of_examples: Column<u32>,
}

/// Of an example without group.
const NO_GROUP: u32 = u32::MAX;

impl Groups {
    /// The group of an example.
    pub(crate) fn of(&self, index: usize) -> Option<u32> {
        let group = self.of_examples.get(index).copied();
        group.filter(|&group| group != NO_GROUP)
    }
}

impl Data {
    /// The classes of every group; those without group are one of their own.
    pub(crate) fn strata(&self) -> Strata<'_> {
        let (pack, groups) = (&self.pack, &self.groups);
        let group_of = |index| groups.of(index);
        Strata::new(pack.labels(), pack.classes(), groups.names.len(), group_of)
    }

    /// Whether there is more than one group to compare.
    pub(crate) fn has_groups(&self) -> bool {
        self.groups.names.len() > 1
    }

    /// Indices of a population, ascending.
    pub(crate) fn members(&self, population: Population) -> &[u32] {
        match population {
            Population::Trained => &self.trained,
            Population::HeldOut => &self.held_out,
        }
    }
}

/// Brings a dataset's pack to this machine; `split` is the one that is trained on, all without one.
pub(crate) async fn load(
    worker: &Worker,
    dataset: Uuid,
    split: Option<&str>,
) -> Result<Data, WorkerError> {
    let missing = |what| WorkerError::Inconsistent(format!("dataset {dataset} has no {what}"));
    let stored = datasets::get(&worker.db, dataset)
        .await?
        .ok_or_else(|| missing("row"))?;
    let key = stored.pack_blob.ok_or_else(|| missing("pack"))?;
    let file = worker.blobs.local_file(&key, &worker.scratch).await?;
    let pack = Arc::new(Pack::open(file.path())?);
    // Mapped, a copy is there to the end without its name: a worker that is killed leaves none behind.
    drop(file);
    let trained = trained(worker, dataset, split, pack.len()).await?;
    Ok(Data {
        class_names: stored.class_names.unwrap_or_default(),
        held_out: others(&worker.scratch, pack.len(), &trained)?,
        trained: Arc::new(trained),
        groups: groups(worker, dataset, pack.len()).await?,
        pack,
    })
}

async fn trained(
    worker: &Worker,
    dataset: Uuid,
    split: Option<&str>,
    examples: usize,
) -> Result<Column<u32>, WorkerError> {
    let mut trained = Column::collected(&worker.scratch, 0..examples as u32)?;
    let Some(split) = split else {
        return Ok(trained);
    };
    let mut found = 0;
    let mut rows = pin!(examples::of_split(&worker.db, dataset, split));
    while let Some(index) = rows.try_next().await? {
        trained[found] = index;
        found += 1;
    }
    trained.truncate(found);
    Ok(trained)
}

/// The indices below `examples` that are not among `members`, which ascend.
fn others(scratch: &Path, examples: usize, members: &[u32]) -> std::io::Result<Column<u32>> {
    let mut others = Column::filled(scratch, examples - members.len(), 0)?;
    let mut members = members.iter().copied().peekable();
    let is_other = |index: &u32| members.next_if_eq(index).is_none();
    for (slot, index) in others.iter_mut().zip((0..examples as u32).filter(is_other)) {
        *slot = index;
    }
    Ok(others)
}

async fn groups(worker: &Worker, dataset: Uuid, examples: usize) -> Result<Groups, WorkerError> {
    let names = examples::group_names(&worker.db, dataset).await?;
    if names.is_empty() {
        return Ok(Groups::default());
    }
    let positions: HashMap<&str, u32> = names.iter().map(String::as_str).zip(0..).collect();
    let mut of_examples = Column::filled(&worker.scratch, examples, NO_GROUP)?;
    let mut rows = pin!(examples::groups(&worker.db, dataset));
    let mut index = 0;
    while let Some(name) = rows.try_next().await? {
        let group = name.and_then(|name| positions.get(name.as_str()));
        of_examples[index] = group.copied().unwrap_or(NO_GROUP);
        index += 1;
    }
    Ok(Groups { names, of_examples })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_of_one_population() {
        let scratch = std::env::temp_dir();
        let others = |members: &[u32]| others(&scratch, 6, members).unwrap().to_vec();
        assert_eq!(others(&[0, 3, 4]), [1, 2, 5]);
        assert_eq!(others(&[]), [0, 1, 2, 3, 4, 5]);
        assert_eq!(others(&[0, 1, 2, 3, 4, 5]), [0u32; 0]);
    }
}
