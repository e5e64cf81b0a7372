//! The gradient sweep: how the logit of every example changes with each of its pixels.

use crate::area::AreaAverage;
use crate::data::DeviceData;
use crate::models::{Network, WayBack};
use crate::precision;
use std::ops::Range;
use tch::{Device, Kind, Tensor};
use unearth_audit::{CHUNK_EXAMPLES, GradientTarget, Precision, Recipe, TrainingError};

/// Input pixels of one batch that still sit well in a CPU's cache.
const CPU_BATCH_PIXELS: usize = 64 * 32 * 32;
/// Input pixels of one batch that keep a GPU busy and fit its memory with any model.
const GPU_BATCH_PIXELS: usize = 256 * 64 * 64;

/// What a sweep makes of one batch.
pub(crate) struct Swept {
    /// f32 `[m, map_height, map_width]`.
    pub(crate) maps: Tensor,
    /// f32 `[m, classes]`.
    pub(crate) logits: Tensor,
}

/// Takes the gradients of one model at one moment.
pub(crate) struct Sweep<'a> {
    network: &'a Network,
    data: &'a DeviceData<'a>,
    target: GradientTarget,
    precision: Precision,
    way_back: WayBack,
    average: AreaAverage,
}

impl<'a> Sweep<'a> {
    /// Of the weights as they are now.
    pub(crate) fn new(network: &'a Network, data: &'a DeviceData<'a>, recipe: &Recipe) -> Self {
        let input = (recipe.height.into(), recipe.width.into());
        let map = (recipe.map_height.into(), recipe.map_width.into());
        Self {
            network,
            data,
            target: recipe.gradient_target,
            precision: recipe.sweep_precision,
            way_back: network.way_back(),
            average: AreaAverage::new(input, map, data.device()),
        }
    }

    /// Gradient of the selected pre-softmax logit with respect to the normalised input, in eval
    /// mode, as the signed mean over channels; and the logits themselves.
    ///
    /// In eval mode the examples of a batch do not touch each other, so the gradient of the sum
    /// of their logits is the gradient of each: one backward pass serves them all. The caller
    /// has frozen the weights.
    pub(crate) fn of(&self, examples: &Range<usize>) -> Result<Swept, TrainingError> {
        let pixels = self.data.slice(examples);
        let (given, logits) = self.forward(&self.data.normalise(&pixels))?;
        let selected = logits.gather(1, &self.targets(examples, &logits).unsqueeze(1), false);
        let gradients = Tensor::run_backward(&[selected.sum(Kind::Float)], &[&given], false, false);

        let _no_grad = tch::no_grad_guard();
        let maps = self.way_back.of(&gradients[0]);
        Ok(Swept {
            maps: self.average.apply(&maps),
            logits: logits.detach(),
        })
    }

    /// What the first layer gives, and f32 logits; computed in the recipe's precision, and so are the gradients between
    /// them.
    fn forward(&self, input: &Tensor) -> Result<(Tensor, Tensor), TrainingError> {
        let _autocast = precision::begin(self.precision, self.data.device())?;
        let (given, logits) = self.network.forward_from_entry(input);
        Ok((given, logits.to_kind(Kind::Float)))
    }

    fn targets(&self, examples: &Range<usize>, logits: &Tensor) -> Tensor {
        match self.target {
            GradientTarget::Given => {
                let (start, len) = (examples.start as i64, examples.len() as i64);
                self.data.labels.narrow(0, start, len)
            }
            GradientTarget::Predicted => logits.detach().argmax(1, false),
        }
    }
}

/// Examples of one forward pass in eval mode: a power of two that divides a chunk.
pub(crate) fn eval_batch(recipe: &Recipe, device: Device) -> usize {
    let budget = if device == Device::Cpu {
        CPU_BATCH_PIXELS
    } else {
        GPU_BATCH_PIXELS
    };
    let image = recipe.height as usize * recipe.width as usize;
    let fitting = (budget / image).clamp(8, CHUNK_EXAMPLES);
    1 << fitting.ilog2()
}

#[cfg(test)]
#[path = "sweep_tests.rs"]
mod tests;
