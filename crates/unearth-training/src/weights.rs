//! The tensors of a network, by name: learned parameters and batch-norm statistics.

use crate::random::{self, Purpose};
use tch::{Device, Kind, Tensor};

/// All tensors of a network, in the order its layers were built.
pub(crate) struct Weights {
    seed: u64,
    device: Device,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    tensor: Tensor,
    role: Role,
}

/// How a tensor changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// By the optimiser.
    Parameter,
    /// By the forward pass in training.
    Statistic,
}

impl Weights {
    /// None yet; those to come are drawn from `seed`.
    pub(crate) fn new(seed: u64, device: Device) -> Self {
        Self {
            seed,
            device,
            entries: Vec::new(),
        }
    }

    /// A parameter drawn uniformly from ±1/√`fan_in` (`PyTorch`'s default for convolutions and
    /// linear layers). Each tensor has a random stream of its own.
    pub(crate) fn drawn(&mut self, name: String, shape: &[i64], fan_in: i64) -> Tensor {
        let mut rng = random::stream(self.seed, Purpose::Init, [self.entries.len() as u64, 0]);
        let bound = 1.0 / (fan_in as f32).sqrt();
        let count = shape.iter().product::<i64>();
        let values: Vec<f32> = (0..count)
            .map(|_| random::symmetric(&mut rng, bound))
            .collect();
        let tensor = Tensor::from_slice(&values)
            .view(shape)
            .to_device(self.device);
        self.add(name, &channels_last(&tensor), Role::Parameter)
    }

    /// A tensor that starts at one value.
    pub(crate) fn filled(&mut self, name: String, len: i64, value: f64, role: Role) -> Tensor {
        let tensor = Tensor::full([len], value, (Kind::Float, self.device));
        self.add(name, &tensor, role)
    }

    fn add(&mut self, name: String, tensor: &Tensor, role: Role) -> Tensor {
        let tensor = tensor.set_requires_grad(role == Role::Parameter);
        let handle = tensor.shallow_clone();
        self.entries.push(Entry { name, tensor, role });
        handle
    }

    /// Every tensor with its name.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.entries.iter().map(|e| (e.name.as_str(), &e.tensor))
    }

    /// Names and handles of the learned parameters.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.entries
            .iter()
            .filter(|e| e.role == Role::Parameter)
            .map(|e| (e.name.as_str(), &e.tensor))
    }

    /// Filters and matrices: the parameters of more than one dimension, which batch-norm and biases are not.
    pub(crate) fn matrices(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.parameters().filter(|(_, tensor)| tensor.dim() > 1)
    }

    /// Switches gradients of the parameters off until the guard is dropped, so that a backward
    /// pass reaches the input alone.
    pub(crate) fn freeze(&self) -> Frozen<'_> {
        self.track_gradients(false);
        Frozen(self)
    }

    fn track_gradients(&self, tracked: bool) {
        for (_, tensor) in self.parameters() {
            let _same_tensor = tensor.set_requires_grad(tracked);
        }
    }
}

/// The parameters take no gradient while this lives.
pub(crate) struct Frozen<'a>(&'a Weights);

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        self.0.track_gradients(true);
    }
}

/// Overwrites a tensor in place, whatever its memory layout and whether or not it is learned.
pub(crate) fn overwrite(tensor: &Tensor, values: &Tensor) {
    let _no_grad = tch::no_grad_guard();
    tensor.shallow_clone().copy_(values);
}

/// Filters with their channels innermost in memory: the layout of the resident pixels, and a
/// quarter to a third faster than the other on CPU.
fn channels_last(filters: &Tensor) -> Tensor {
    if filters.dim() != 4 {
        return filters.shallow_clone();
    }
    filters
        .permute([0, 2, 3, 1])
        .contiguous()
        .permute([0, 3, 1, 2])
}
