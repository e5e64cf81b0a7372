//! What the rows of an external run are: the examples of the dataset, and after the last one the probes.

use crate::App;
use std::collections::HashMap;
use unearth_audit::ExternalRun;
use unearth_store::{
    StoreError,
    audits::Audit,
    examples,
    probes::{self, Probe},
};
use uuid::Uuid;

/// Rows by index: examples from 0 on, then probes.
pub(super) struct RowSpace {
    dataset: Uuid,
    examples: usize,
    probes: Vec<Probe>,
}

impl RowSpace {
    /// What records are posted of.
    pub(super) async fn of_records(
        app: &App,
        audit: &Audit,
        run: &ExternalRun,
        examples: usize,
    ) -> Result<Self, StoreError> {
        let probes = match run.probes {
            0 => Vec::new(),
            _ => probes::of_external(&app.db, audit.id).await?,
        };
        Ok(Self {
            probes,
            ..Self::of_gradients(audit, examples)
        })
    }

    /// What gradients are posted of: probes have none.
    pub(super) fn of_gradients(audit: &Audit, examples: usize) -> Self {
        Self {
            dataset: audit.dataset_id,
            examples,
            probes: Vec::new(),
        }
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.examples + self.probes.len()
    }

    /// The indices of the rows with these keys, by key; keys that no row has are left out.
    pub(super) async fn by_key(
        &self,
        app: &App,
        keys: &[String],
    ) -> Result<HashMap<String, u32>, StoreError> {
        let mut known = examples::by_key(&app.db, self.dataset, keys).await?;
        let probes = (self.examples as u32..).zip(&self.probes);
        known.extend(probes.filter_map(|(index, probe)| Some((probe.key.clone()?, index))));
        Ok(known)
    }

    /// The labels of some rows, in the order of `indices`, each of which must be there.
    pub(super) async fn labels(&self, app: &App, indices: &[u32]) -> Result<Vec<i32>, StoreError> {
        let of_examples: Vec<u32> = indices
            .iter()
            .copied()
            .filter(|&index| self.probe(index).is_none())
            .collect();
        let labels = examples::labels(&app.db, self.dataset, &of_examples).await?;
        let mut labels = labels.into_iter();
        let of_rows = indices.iter().filter_map(|&index| match self.probe(index) {
            Some(probe) => Some(probe.label),
            None => labels.next(),
        });
        Ok(of_rows.collect())
    }

    /// The keys of some rows, ascending by index.
    pub(super) async fn keys(&self, app: &App, indices: &[u32]) -> Result<Vec<String>, StoreError> {
        let mut keys = examples::keys(&app.db, self.dataset, indices).await?;
        let probes = indices.iter().filter_map(|&index| self.probe(index));
        keys.extend(probes.filter_map(|probe| probe.key.clone()));
        Ok(keys)
    }

    /// The probe at an index, where it is one.
    fn probe(&self, index: u32) -> Option<&Probe> {
        self.probes
            .get((index as usize).checked_sub(self.examples)?)
    }
}
