//! A trained model rounded: its parameters are replaced by what fewer bits can hold.
//!
//! Arithmetic stays in f32, so that what is measured is what rounding the weights does, and nothing that a
//! device's kernels for few bits would add.

use crate::weights::{Weights, overwrite};
use tch::{Kind, Tensor};
use unearth_audit::Quantisation;

/// Largest magnitude of a symmetric 8-bit integer.
const INT8_MAX: f64 = 127.0;

/// A network's parameters as they were, restored when this is dropped.
pub(crate) struct Rounded<'a> {
    parameters: Vec<(&'a Tensor, Tensor)>,
}

impl<'a> Rounded<'a> {
    /// Rounds the weights until the guard is dropped.
    ///
    /// `int8` rounds each weight tensor with one symmetric scale per output channel, which rounding after
    /// batch-norm is folded into the filters gives too; biases and batch-norm keep their bits. `fp16` rounds
    /// every parameter.
    pub(crate) fn new(weights: &'a Weights, quantisation: Quantisation) -> Self {
        let _no_grad = tch::no_grad_guard();
        let parameters: Vec<&Tensor> = match quantisation {
            Quantisation::Int8 => weights.matrices().map(|(_, tensor)| tensor).collect(),
            Quantisation::Fp16 => weights.parameters().map(|(_, tensor)| tensor).collect(),
        };
        let parameters = parameters.into_iter().map(|tensor| {
            let before = tensor.detach().copy();
            let rounded = match quantisation {
                Quantisation::Int8 => int8(&before),
                Quantisation::Fp16 => before.to_kind(Kind::Half).to_kind(Kind::Float),
            };
            overwrite(tensor, &rounded);
            (tensor, before)
        });
        Self {
            parameters: parameters.collect(),
        }
    }
}

impl Drop for Rounded<'_> {
    fn drop(&mut self) {
        for (tensor, before) in &self.parameters {
            overwrite(tensor, before);
        }
    }
}

/// `[outputs, …]` rounded to whole multiples of a 127th of the largest magnitude of each output.
fn int8(weights: &Tensor) -> Tensor {
    let dims: Vec<i64> = (1..weights.dim() as i64).collect();
    let scale = weights.abs().amax(dims.as_slice(), true) / INT8_MAX;
    // A channel of zeros stays one.
    let scale = scale.where_self(&scale.gt(0.0), &scale.ones_like());
    (weights / &scale).round() * scale
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{host, weights::Role};
    use tch::Device;

    #[test]
    fn each_output_channel_has_its_own_scale() {
        let weights =
            Tensor::from_slice2(&[[127.0f32, 1.4, -0.6], [0.0, 0.0, 0.0], [-1.27, 0.014, 0.0]]);
        let rounded = host::f32s(&int8(&weights));
        let expected = [127.0, 1.0, -1.0, 0.0, 0.0, 0.0, -1.27, 0.01, 0.0];
        for (rounded, expected) in rounded.iter().zip(expected) {
            assert!((rounded - expected).abs() < 1e-6, "{rounded} {expected}");
        }
    }

    #[test]
    fn weights_are_rounded_for_a_while() {
        let mut weights = Weights::new(3, Device::Cpu);
        let w = weights.drawn("w".into(), &[2, 3], 3);
        let b = weights.filled("b".into(), 2, 0.1, Role::Parameter);
        let statistic = weights.filled("s".into(), 2, 0.1, Role::Statistic);
        let before = host::f32s(&w);
        {
            let _rounded = Rounded::new(&weights, Quantisation::Int8);
            assert_ne!(host::f32s(&w), before);
            assert_eq!(host::f32s(&b), [0.1, 0.1]);
        }
        assert_eq!(host::f32s(&w), before);
        {
            let _rounded = Rounded::new(&weights, Quantisation::Fp16);
            assert_ne!(host::f32s(&w), before);
            // The half nearest to a tenth.
            assert_eq!(host::f32s(&b), [0.099_975_586, 0.099_975_586]);
            assert_eq!(host::f32s(&statistic), [0.1, 0.1]);
        }
        assert_eq!(host::f32s(&w), before);
    }
}
