//! One epoch's order and augmentation, brought to the device in long stretches: a transfer per batch would make the host
//! wait for the device every time, and one of all examples grows with them.

use crate::data::Indices;
use crate::scratch::Scratch;
use crate::{augment, batches};
use std::io;
use std::ops::Range;
use tch::Tensor;
use unearth_audit::Recipe;
use unearth_columns::Column;

/// Examples of a stretch: a mebibyte or two of indices and changes.
const STRETCH_EXAMPLES: usize = 1 << 16;

/// What an epoch goes over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// Indices of examples and of probes after them, ascending.
    pub(crate) trained: &'a [u32],
    /// Index of the first probe whose changes of the first epoch are kept for all; none where every
    /// epoch has its own.
    pub(crate) frozen_from: Option<u32>,
}

/// What is done with which example in which batch.
pub(crate) struct Epoch<'a> {
    recipe: &'a Recipe,
    seed: u64,
    number: u32,
    frozen_from: Option<u32>,
    scratch: &'a Scratch,
    /// Indices in training order.
    order: Column<u32>,
    stretch: Stretch,
}

/// Neighbours in the order, on the device.
struct Stretch {
    range: Range<usize>,
    /// Their indices, int64 `[s]`.
    indices: Tensor,
    /// Their changes, int64 `[s, 3]`.
    changes: Option<Tensor>,
}

impl<'a> Epoch<'a> {
    /// Draws the order of the epoch counted `number` from 0.
    ///
    /// # Errors
    /// When it is long and cannot be put into a file.
    pub(crate) fn plan(
        recipe: &'a Recipe,
        rows: Rows<'_>,
        seed: u64,
        number: u32,
        scratch: &'a Scratch,
    ) -> io::Result<Self> {
        let mut epoch = Self {
            recipe,
            seed,
            number,
            frozen_from: rows.frozen_from,
            scratch,
            order: batches::order(rows.trained, seed, number, scratch.folder())?,
            stretch: Stretch {
                range: 0..0,
                indices: Tensor::new(),
                changes: None,
            },
        };
        epoch.reach(&(0..1));
        Ok(epoch)
    }

    /// Brings what a batch needs to the device, unless it is there; batches after it come with it.
    pub(crate) fn reach(&mut self, batch: &Range<usize>) {
        let there = &self.stretch.range;
        if there.start <= batch.start && batch.end <= there.end {
            return;
        }
        let end = (batch.start + STRETCH_EXAMPLES.max(batch.len())).min(self.order.len());
        let range = batch.start..end;
        let order = &self.order[range.clone()];
        let sides = (self.recipe.height.into(), self.recipe.width.into());
        let epoch_of = |row: u32| match self.frozen_from {
            Some(first) if row >= first => 0,
            _ => self.number,
        };
        let changes = augment::plan(self.recipe.augment, order, self.seed, epoch_of, sides);
        let device = self.scratch.device();
        let indices: Vec<i64> = order.iter().map(|&index| index.into()).collect();
        self.stretch = Stretch {
            range,
            indices: Tensor::from_slice(&indices).to_device(device),
            changes: changes.map(|changes| changes.to_device(device)),
        };
    }

    /// Indices of a batch, which may be out of reach.
    pub(crate) fn indices_on_host(&self, batch: &Range<usize>) -> Vec<i64> {
        let order = self.order[batch.clone()].iter();
        order.map(|&index| index.into()).collect()
    }

    /// Indices of a batch within reach.
    pub(crate) fn indices(&self, batch: &Range<usize>) -> Indices {
        Indices {
            on_host: self.indices_on_host(batch),
            on_device: self.rows(&self.stretch.indices, batch),
        }
    }

    /// The uint8 pixels `[b, height, width, channels]` of a batch within reach after their changes.
    pub(crate) fn augmented(&self, batch: &Range<usize>, pixels: &Tensor) -> Tensor {
        match &self.stretch.changes {
            Some(changes) => augment::apply(&self.rows(changes, batch), pixels),
            None => pixels.shallow_clone(),
        }
    }

    fn rows(&self, tensor: &Tensor, batch: &Range<usize>) -> Tensor {
        let start = batch.start - self.stretch.range.start;
        tensor.narrow(0, start as i64, batch.len() as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host;
    use std::path::Path;
    use tch::Device;
    use unearth_audit::{Augment, DatasetFacts, RecipeRequest};

    #[test]
    fn a_batch_is_the_same_from_whatever_stretch_it_comes() {
        let facts = DatasetFacts {
            examples: 100,
            classes: 2,
            height: 16,
            width: 16,
            channels: 1,
            ..DatasetFacts::default()
        };
        let mut recipe = RecipeRequest::default().resolve(&facts).unwrap();
        recipe.augment = Augment::FlipCrop;
        let trained: Vec<u32> = (0..STRETCH_EXAMPLES as u32 + 100).collect();
        let rows = Rows {
            trained: &trained,
            frozen_from: Some(5),
        };
        let scratch = Scratch::new(Path::new("."), Device::Cpu);
        let epoch = || Epoch::plan(&recipe, rows, 3, 1, &scratch).unwrap();
        let drawn = |epoch: &Epoch<'_>, batch: &Range<usize>| {
            let indices = epoch.indices(batch);
            assert_eq!(host::i64s(&indices.on_device), indices.on_host);
            let changes = epoch.stretch.changes.as_ref().unwrap();
            (indices.on_host, host::i64s(&epoch.rows(changes, batch)))
        };
        let (mut on_the_way, mut at_once) = (epoch(), epoch());
        let last = STRETCH_EXAMPLES - 4..STRETCH_EXAMPLES + 4;
        assert_eq!(on_the_way.indices_on_host(&last).len(), 8);
        on_the_way.reach(&(64..80));
        assert_eq!(on_the_way.stretch.range, 0..STRETCH_EXAMPLES);
        on_the_way.reach(&last);
        assert_eq!(on_the_way.stretch.range.start, last.start);
        at_once.stretch.range = 0..0;
        at_once.reach(&(40..trained.len()));
        assert_eq!(drawn(&on_the_way, &last), drawn(&at_once, &last));
    }
}
