//! One epoch's order and augmentation, brought to the device at once: a transfer per batch would
//! make the host wait for the device every time.

use crate::{augment, batches};
use std::ops::Range;
use tch::{Device, Tensor};
use unearth_audit::Recipe;

/// What is done with which example in which batch.
pub(crate) struct Epoch {
    /// Indices in training order, int64 `[t]`.
    order: Tensor,
    /// Changes in the same order, int64 `[t, 3]`.
    changes: Option<Tensor>,
}

impl Epoch {
    /// Draws the epoch counted `number` from 0.
    pub(crate) fn plan(
        recipe: &Recipe,
        trained: &[u32],
        seed: u64,
        number: u32,
        device: Device,
    ) -> Self {
        let order = batches::order(trained, seed, number);
        let sides = (recipe.height.into(), recipe.width.into());
        let changes = augment::plan(recipe.augment, &order, seed, number, sides);
        let indices: Vec<i64> = order.iter().map(|&index| index.into()).collect();
        Self {
            order: Tensor::from_slice(&indices).to_device(device),
            changes: changes.map(|changes| changes.to_device(device)),
        }
    }

    /// Indices of a batch, int64 `[b]`.
    pub(crate) fn indices(&self, batch: &Range<usize>) -> Tensor {
        rows(&self.order, batch)
    }

    /// The batch's uint8 pixels `[b, height, width, channels]` after their changes.
    pub(crate) fn augmented(&self, batch: &Range<usize>, pixels: &Tensor) -> Tensor {
        match &self.changes {
            Some(changes) => augment::apply(&rows(changes, batch), pixels),
            None => pixels.shallow_clone(),
        }
    }
}

fn rows(tensor: &Tensor, range: &Range<usize>) -> Tensor {
    tensor.narrow(0, range.start as i64, range.len() as i64)
}
