//! A dataset as a run sees it: its pack, and which of its examples are trained on.

use crate::{Worker, WorkerError};
use bytemuck::Pod;
use futures::{Stream, TryStreamExt as _};
use std::{collections::HashMap, path::Path, pin::pin, sync::Arc};
use unearth_audit::Population;
use unearth_columns::Column;
use unearth_dataset::{Pack, probes::Strata};
use unearth_store::{StoreError, datasets, examples};
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
    let of_split = examples::of_split(&worker.db, dataset, split);
    let found = fill_first(&mut trained, of_split).await?;
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
    let group_of = |name: Option<String>| {
        let group = name.and_then(|name| positions.get(name.as_str()));
        group.copied().unwrap_or(NO_GROUP)
    };
    let groups = examples::groups(&worker.db, dataset).map_ok(group_of);
    fill(&mut of_examples, groups).await?;
    Ok(Groups { names, of_examples })
}

/// Puts what comes into a column, in its order: as much as it has room for, neither more nor less.
pub(crate) async fn fill<T: Pod>(
    column: &mut Column<T>,
    values: impl Stream<Item = Result<T, StoreError>>,
) -> Result<(), WorkerError> {
    let found = fill_first(column, values).await?;
    let expected = column.len();
    if found == expected {
        return Ok(());
    }
    Err(WorkerError::Inconsistent(format!(
        "{found} values are stored of {expected} examples"
    )))
}

/// The same of what may be less; says how much it was.
async fn fill_first<T: Pod>(
    column: &mut [T],
    values: impl Stream<Item = Result<T, StoreError>>,
) -> Result<usize, WorkerError> {
    let mut found = 0;
    let mut values = pin!(values);
    while let Some(value) = values.try_next().await? {
        let Some(slot) = column.get_mut(found) else {
            let expected = column.len();
            return Err(WorkerError::Inconsistent(format!(
                "more than {expected} values are stored of as many examples"
            )));
        };
        *slot = value;
        found += 1;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;

    #[tokio::test]
    async fn a_column_takes_exactly_what_it_has_room_for() {
        let fill = async |count: u32| {
            let values = stream::iter((0..count).map(Ok));
            let mut column = Column::from(vec![9; 3]);
            let filled = fill(&mut column, values).await;
            filled.map(|()| column.to_vec())
        };
        assert_eq!(fill(3).await.unwrap(), [0, 1, 2]);
        for (count, said) in [(2, "2 values are stored of 3"), (4, "more than 3 values")] {
            let error = fill(count).await.unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn every_example_is_of_one_population() {
        let scratch = std::env::temp_dir();
        let others = |members: &[u32]| others(&scratch, 6, members).unwrap().to_vec();
        assert_eq!(others(&[0, 3, 4]), [1, 2, 5]);
        assert_eq!(others(&[]), [0, 1, 2, 3, 4, 5]);
        assert_eq!(others(&[0, 1, 2, 3, 4, 5]), [0u32; 0]);
    }
}
