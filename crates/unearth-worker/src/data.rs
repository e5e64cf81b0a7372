//! A dataset as a run sees it: its pack, and which of its examples are trained on.

use crate::{Worker, WorkerError};
use std::sync::Arc;
use unearth_dataset::{Pack, probes::Strata};
use unearth_store::{
    datasets,
    examples::{self, Groups},
};

/// The dataset of a run.
pub(crate) struct Data {
    pub(crate) pack: Arc<Pack>,
    /// Indices trained on, ascending.
    pub(crate) trained: Vec<u32>,
    /// Names of the classes, in label order.
    pub(crate) class_names: Vec<String>,
    /// Empty where the dataset has none.
    pub(crate) groups: Groups,
}

impl Data {
    /// The classes of every group; those without group are one of their own.
    pub(crate) fn strata(&self) -> Strata {
        let (pack, groups) = (&self.pack, &self.groups);
        Strata::new(
            pack.labels(),
            pack.classes(),
            &groups.of_examples,
            groups.names.len(),
        )
    }

    /// Whether there is more than one group to compare.
    pub(crate) fn has_groups(&self) -> bool {
        self.groups.names.len() > 1
    }
}

/// Brings a dataset's pack to this machine; `split` is the one that is trained on, all without one.
pub(crate) async fn load(
    worker: &Worker,
    dataset: uuid::Uuid,
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
    let trained = examples::indices(&worker.db, dataset, split).await?;
    let groups = examples::groups(&worker.db, dataset).await?;
    Ok(Data {
        class_names: stored.class_names.unwrap_or_default(),
        pack,
        trained,
        groups,
    })
}
