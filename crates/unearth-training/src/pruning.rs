//! Magnitude pruning inside a training.
//!
//! Masks lie over the weights in every forward pass and over their gradients, and are taken off for the
//! optimiser's step: the weights under them are kept, so that a choice made later from the raw weights may
//! bring them back. Batch-norm and biases are never pruned.

use crate::weights::{Weights, overwrite};
use tch::{Kind, Tensor};
use unearth_audit::{LayerSparsity, Pruning};

/// The masks of a network's weight tensors.
pub(crate) struct Masks {
    schedule: Schedule,
    layers: Vec<Layer>,
}

/// One weight tensor.
struct Layer {
    name: String,
    /// What the network computes with.
    weights: Tensor,
    /// One where a weight counts, zero where it is pruned.
    mask: Tensor,
    /// The weights themselves, while the mask lies over them.
    raw: Tensor,
}

/// When which share is pruned, in optimiser steps.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Schedule {
    sparsity: f64,
    begin: u64,
    end: u64,
    frequency: u64,
}

impl Schedule {
    fn new(pruning: &Pruning, steps: u64) -> Self {
        let step_at = |share: f64| (share * steps as f64).round() as u64;
        let begin = step_at(pruning.begin);
        Self {
            sparsity: pruning.sparsity.share(),
            begin,
            // A training of a few steps still has one step of pruning, and steps behind it.
            end: step_at(pruning.end)
                .max(begin + 1)
                .min(steps.saturating_sub(1)),
            frequency: step_at(pruning.frequency).max(1),
        }
    }

    /// The share to prune before `step` (from 0), where the choice is made anew there: every `frequency`
    /// steps from the begin on, and at the end.
    fn share_at(&self, step: u64) -> Option<f64> {
        let since = step.checked_sub(self.begin)?;
        let is_due = step == self.end || (step < self.end && since.is_multiple_of(self.frequency));
        is_due.then(|| self.share(step))
    }

    /// `s(step) = s_f·(1 − (1 − p)³)`, p the share of the pruning that is done (Zhu & Gupta 2017).
    fn share(&self, step: u64) -> f64 {
        let span = self.end.saturating_sub(self.begin).max(1) as f64;
        let done = (step.saturating_sub(self.begin) as f64 / span).clamp(0.0, 1.0);
        self.sparsity * (1.0 - (1.0 - done).powi(3))
    }
}

impl Masks {
    /// Masks that prune nothing yet, over every tensor of more than one dimension, for a training of `steps`.
    pub(crate) fn new(weights: &Weights, pruning: &Pruning, steps: u64) -> Self {
        let layers = weights
            .matrices()
            .map(|(name, weights)| Layer {
                name: name.to_owned(),
                weights: weights.shallow_clone(),
                mask: weights.ones_like(),
                raw: weights.detach().zeros_like(),
            })
            .collect();
        Self {
            schedule: Schedule::new(pruning, steps),
            layers,
        }
    }

    /// Chooses anew what is pruned, from the raw weights, where that is due before `step`.
    pub(crate) fn choose_if_due(&self, step: u64) {
        let Some(share) = self.schedule.share_at(step) else {
            return;
        };
        let _no_grad = tch::no_grad_guard();
        for layer in &self.layers {
            overwrite(&layer.mask, &largest(&layer.weights, share));
        }
    }

    /// Lays the masks over the weights until they are lifted.
    pub(crate) fn lay(&self) -> Laid<'_> {
        let _no_grad = tch::no_grad_guard();
        for layer in &self.layers {
            overwrite(&layer.raw, &layer.weights);
            let _same_tensor = layer.weights.shallow_clone().g_mul_(&layer.mask);
        }
        Laid(self)
    }

    /// Lays the masks over the gradients: a pruned weight had no part in the loss.
    pub(crate) fn over_gradients(&self) {
        let _no_grad = tch::no_grad_guard();
        for layer in &self.layers {
            let _same_tensor = layer.weights.grad().g_mul_(&layer.mask);
        }
    }

    /// The masks by their tensors' names.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        let layers = self.layers.iter();
        layers.map(|layer| (layer.name.as_str(), &layer.mask))
    }

    /// Zeros of the weights as they are: what was reached while the masks lie over them.
    pub(crate) fn sparsity(&self) -> Vec<LayerSparsity> {
        let _no_grad = tch::no_grad_guard();
        let layers = self.layers.iter();
        layers
            .map(|layer| {
                let zeros = layer.weights.eq(0.0).sum(Kind::Int64);
                LayerSparsity {
                    name: layer.name.clone(),
                    weights: layer.weights.numel() as u64,
                    zeros: zeros.int64_value(&[]) as u64,
                }
            })
            .collect()
    }
}

/// The masks lie over the weights while this lives.
pub(crate) struct Laid<'a>(&'a Masks);

impl Drop for Laid<'_> {
    fn drop(&mut self) {
        for layer in &self.0.layers {
            overwrite(&layer.weights, &layer.raw);
        }
    }
}

/// A mask of the round(n·(1 − share)) largest magnitudes of n; of equal ones the first.
fn largest(weights: &Tensor, share: f64) -> Tensor {
    let count = weights.numel() as f64;
    let kept = (count * (1.0 - share)).round() as i64;
    let (_, order) = weights.abs().flatten(0, -1).sort_stable(true, 0, true);
    let mask = Tensor::zeros([weights.numel() as i64], (Kind::Float, weights.device()));
    let kept = order.narrow(0, 0, kept);
    let _same_tensor = mask.shallow_clone().index_fill_(0, &kept, 1.0);
    mask.view_as(weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host;
    use tch::Device;

    fn pruning(sparsity: f64) -> Pruning {
        Pruning {
            sparsity: unearth_audit::Sparsity::of(sparsity).unwrap(),
            begin: 0.2,
            end: 0.6,
            frequency: 0.15,
        }
    }

    /// `[[0.1, -0.4], [0.3, -0.2]]` under the name `w`, and a bias of a tenth.
    fn network() -> (Weights, Tensor) {
        let mut weights = Weights::new(0, Device::Cpu);
        let w = weights.drawn("w".into(), &[2, 2], 1);
        let _bias = weights.filled("b".into(), 2, 0.1, crate::weights::Role::Parameter);
        overwrite(&w, &Tensor::from_slice2(&[[0.1f32, -0.4], [0.3, -0.2]]));
        (weights, w)
    }

    #[test]
    fn the_share_follows_the_cubic_curve_and_reaches_its_end() {
        let schedule = Schedule::new(&pruning(0.8), 20);
        assert_eq!(
            (schedule.begin, schedule.end, schedule.frequency),
            (4, 12, 3)
        );
        let shares: Vec<(u64, f64)> = (0..20)
            .filter_map(|step| Some((step, schedule.share_at(step)?)))
            .collect();
        let expected = [
            (4, 0.0),
            (7, 0.8 * (1.0 - (5.0f64 / 8.0).powi(3))),
            (10, 0.8 * (1.0 - (2.0f64 / 8.0).powi(3))),
            (12, 0.8),
        ];
        assert_eq!(shares.len(), expected.len());
        for ((step, share), (at, expected)) in shares.iter().zip(expected) {
            assert_eq!(*step, at);
            assert!((share - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn a_training_of_any_length_reaches_the_sparsity_before_it_ends() {
        for steps in 2..200 {
            let schedule = Schedule::new(&pruning(0.9), steps);
            let last = (0..steps).rev().find_map(|step| schedule.share_at(step));
            assert!((last.unwrap() - 0.9).abs() < 1e-12, "{steps}: {schedule:?}");
        }
    }

    #[test]
    fn the_smallest_weights_are_pruned_and_come_back() {
        let (weights, w) = network();
        let masks = Masks::new(&weights, &pruning(0.5), 10);
        assert_eq!(masks.layers.len(), 1);
        masks.choose_if_due(masks.schedule.end);
        {
            let _laid = masks.lay();
            assert_eq!(host::f32s(&w), [0.0, -0.4, 0.3, 0.0]);
            let [layer] = &masks.sparsity()[..] else {
                panic!("one layer")
            };
            assert_eq!((layer.weights, layer.zeros), (4, 2));
        }
        assert_eq!(host::f32s(&w), [0.1, -0.4, 0.3, -0.2]);
        // A pruned weight that has grown meanwhile replaces another.
        overwrite(&w, &Tensor::from_slice2(&[[0.5f32, -0.4], [0.3, -0.2]]));
        masks.choose_if_due(masks.schedule.end);
        let _laid = masks.lay();
        assert_eq!(host::f32s(&w), [0.5, -0.4, 0.0, 0.0]);
    }

    #[test]
    fn a_pruned_weight_takes_no_gradient() {
        let (weights, w) = network();
        let masks = Masks::new(&weights, &pruning(0.5), 10);
        masks.choose_if_due(masks.schedule.end);
        {
            let _laid = masks.lay();
            (&w * 3.0).sum(Kind::Float).backward();
        }
        masks.over_gradients();
        assert_eq!(host::f32s(&w.grad()), [0.0, 3.0, 3.0, 0.0]);
    }

    #[test]
    fn of_equal_magnitudes_the_first_stay() {
        let mask = largest(&Tensor::from_slice(&[0.2f32, -0.2, 0.2, 0.2]), 0.5);
        assert_eq!(host::f32s(&mask), [1.0, 1.0, 0.0, 0.0]);
        let all = largest(&Tensor::from_slice(&[0.0f32, 1.0]), 0.0);
        assert_eq!(host::f32s(&all), [1.0, 1.0]);
    }
}
