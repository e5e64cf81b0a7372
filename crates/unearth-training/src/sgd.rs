//! SGD with Nesterov momentum whose state is ours, so that a training can be continued exactly.

use crate::shim::{self, SgdStep};
use crate::weights::Weights;
use tch::Tensor;

const MOMENTUM: f64 = 0.9;

/// The optimiser. Weight decay applies to every parameter, batch-norm and biases included, as
/// in `PyTorch`'s plain SGD.
pub(crate) struct Sgd {
    weight_decay: f64,
    names: Vec<String>,
    parameters: Vec<Tensor>,
    momenta: Vec<Tensor>,
}

impl Sgd {
    /// At rest: every momentum is zero.
    pub(crate) fn new(weights: &Weights, weight_decay: f64) -> Self {
        let (names, parameters): (Vec<_>, Vec<_>) = weights
            .parameters()
            .map(|(name, tensor)| (name.to_owned(), tensor.shallow_clone()))
            .unzip();
        Self {
            weight_decay,
            names,
            momenta: parameters.iter().map(Tensor::zeros_like).collect(),
            parameters,
        }
    }

    /// Moves every parameter along its gradient, and forgets the gradients.
    pub(crate) fn step(&self, lr: f64) -> Result<(), String> {
        let step = SgdStep {
            lr,
            momentum: MOMENTUM,
            weight_decay: self.weight_decay,
        };
        shim::sgd_step(&self.parameters, &self.momenta, step)
    }

    /// The momentum of each parameter, under its name.
    pub(crate) fn momenta(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.names.iter().map(String::as_str).zip(&self.momenta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{host, weights::Role};
    use tch::Device;

    #[test]
    fn it_is_nesterov_with_decay() {
        let mut weights = Weights::new(0, Device::Cpu);
        let w = weights.filled("w".into(), 1, 2.0, Role::Parameter);
        let sgd = Sgd::new(&weights, 0.1);
        let (mut value, mut velocity) = (2.0f64, 0.0f64);
        for step in 0..5 {
            // d/dw of 3w².
            (w.square() * 3.0).sum(tch::Kind::Float).backward();
            let lr = 0.01 * f64::from(step + 1);
            sgd.step(lr).unwrap();
            assert!(!w.grad().defined());
            let gradient = 6.0 * value + 0.1 * value;
            velocity = 0.9 * velocity + gradient;
            value -= lr * (gradient + 0.9 * velocity);
            assert!((f64::from(host::f32s(&w)[0]) - value).abs() < 1e-5);
        }
    }

    #[test]
    fn a_parameter_without_gradient_is_an_error() {
        let mut weights = Weights::new(0, Device::Cpu);
        let _w = weights.filled("w".into(), 1, 2.0, Role::Parameter);
        let error = Sgd::new(&weights, 0.0).step(0.1).unwrap_err();
        assert!(error.contains("no gradient"), "{error}");
    }
}
