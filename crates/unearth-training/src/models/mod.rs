//! The zoo. A model is a function that builds [`Layer`]s over named [`Weights`]; there is one
//! function per block.

mod cnn_s;
mod entry;
mod layers;
mod mlp;
mod resnet;
mod resnet9;
#[cfg(test)]
mod tests;

use crate::weights::Weights;
use entry::Entry;
pub(crate) use entry::WayBack;
use layers::Layer;
pub(crate) use resnet::CLASSIFIER;
use tch::{Device, Tensor};
use unearth_audit::Model;

/// Whether batch-norm takes its statistics from the batch (and keeps them) or uses those kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Train,
    Eval,
}

/// First layers of a residual network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stem {
    /// 3×3 convolution at full resolution, for small images.
    Small,
    /// 7×7 convolution with stride 2 and a max-pool, as in torchvision.
    ImageNet,
}

/// What a network is built for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) channels: i64,
    pub(crate) height: i64,
    pub(crate) width: i64,
    pub(crate) classes: i64,
}

/// A model with its weights.
pub(crate) struct Network {
    pub(crate) weights: Weights,
    shape: Shape,
    entry: Entry,
    rest: Layer,
}

impl Network {
    /// A fresh model drawn from `seed`.
    pub(crate) fn new(model: Model, stem: Stem, shape: Shape, seed: u64, device: Device) -> Self {
        let mut weights = Weights::new(seed, device);
        let w = &mut weights;
        let (entry, rest) = match model {
            Model::CnnS => cnn_s::cnn_s(w, shape),
            Model::Mlp => mlp::mlp(w, shape),
            Model::ResNet9 => resnet9::resnet9(w, shape),
            Model::ResNet18 => resnet::resnet18(w, shape, stem),
            Model::ResNet50 => resnet::resnet50(w, shape),
        };
        Self {
            weights,
            shape,
            entry,
            rest,
        }
    }

    /// Logits `[b, classes]` of a normalised batch `[b, channels, height, width]`.
    pub(crate) fn forward(&self, input: &Tensor, mode: Mode) -> Tensor {
        (self.rest)(&self.entry.forward(input, mode), mode)
    }

    /// Logits as in [`forward`](Self::forward), in eval mode, and before them what the first layer gives, by which gradients of
    /// the logits can be taken: [`way_back`](Self::way_back) leads from there to the pixels. The caller has frozen the
    /// weights.
    pub(crate) fn forward_from_entry(&self, input: &Tensor) -> (Tensor, Tensor) {
        let given = tch::no_grad(|| self.entry.forward(input, Mode::Eval));
        let given = given.set_requires_grad(true);
        let logits = tch::with_grad(|| (self.rest)(&given, Mode::Eval));
        (given, logits)
    }

    /// From gradients by what the first layer gives to those by the pixels, with the weights as they are now.
    pub(crate) fn way_back(&self) -> WayBack {
        self.entry.way_back(self.shape)
    }
}
