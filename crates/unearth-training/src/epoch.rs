//! One epoch's order and augmentation, brought to the device at once: a transfer per batch would
//! make the host wait for the device every time.

use crate::data::Indices;
use crate::{augment, batches};
use std::ops::Range;
use tch::{Device, Tensor};
use unearth_audit::Recipe;

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
pub(crate) struct Epoch {
    /// Indices in training order.
    order: Vec<i64>,
    /// The same, int64 `[t]`.
    order_on_device: Tensor,
    /// Changes in the same order, int64 `[t, 3]`.
    changes: Option<Tensor>,
}

impl Epoch {
    /// Draws the epoch counted `number` from 0.
    pub(crate) fn plan(
        recipe: &Recipe,
        rows: Rows<'_>,
        seed: u64,
        number: u32,
        device: Device,
    ) -> Self {
        let order = batches::order(rows.trained, seed, number);
        let sides = (recipe.height.into(), recipe.width.into());
        let epoch_of = |row: u32| match rows.frozen_from {
            Some(first) if row >= first => 0,
            _ => number,
        };
        let changes = augment::plan(recipe.augment, &order, seed, epoch_of, sides);
        let order: Vec<i64> = order.iter().map(|&index| index.into()).collect();
        Self {
            order_on_device: Tensor::from_slice(&order).to_device(device),
            order,
            changes: changes.map(|changes| changes.to_device(device)),
        }
    }

    /// Indices of a batch.
    pub(crate) fn indices(&self, batch: &Range<usize>) -> Indices<'_> {
        Indices {
            on_host: self.order[batch.clone()].into(),
            on_device: rows(&self.order_on_device, batch),
        }
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
