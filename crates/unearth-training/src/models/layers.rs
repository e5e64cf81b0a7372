//! What blocks are made of.

use super::Mode;
use crate::weights::{Role, Weights};
use tch::Tensor;

/// A part of a network: a batch in, a batch out.
pub(super) type Layer = Box<dyn Fn(&Tensor, Mode) -> Tensor>;

/// Momentum of batch-norm's running statistics, and what keeps its variance from zero.
const NORM_MOMENTUM: f64 = 0.1;
const NORM_EPS: f64 = 1e-5;

/// One layer after the other.
pub(super) fn sequence(layers: impl IntoIterator<Item = Layer>) -> Layer {
    let layers: Vec<Layer> = layers.into_iter().collect();
    Box::new(move |x, mode| {
        layers
            .iter()
            .fold(x.shallow_clone(), |x, layer| layer(&x, mode))
    })
}

/// A layer without weights.
pub(super) fn function(f: impl Fn(&Tensor) -> Tensor + 'static) -> Layer {
    Box::new(move |x, _| f(x))
}

/// The rectifier, in place: it follows a convolution or batch-norm, and neither needs its output
/// for its gradient. Where that is what gradients are taken by, it stays as it is.
pub(super) fn relu() -> Layer {
    function(|x| {
        let is_wanted = x.is_leaf() && x.requires_grad();
        if is_wanted {
            x.relu()
        } else {
            x.shallow_clone().relu_()
        }
    })
}

/// The rectifier and max-pooling over squares that touch but do not overlap, in either order: the largest
/// of rectified values is the largest value rectified, with the same gradient. Pooled first, there is less
/// to rectify.
pub(super) fn max_pool_relu(side: i64) -> Layer {
    let pool = move |x: &Tensor| x.max_pool2d([side, side], [side, side], [0, 0], [1, 1], false);
    function(move |x| pool(x).relu_())
}

/// Mean over all positions: `[b, c, h, w]` to `[b, c]`. By way of the sum: the gradient of libtorch's mean
/// is divided at every position.
pub(super) fn global_average_pool() -> Layer {
    function(|x| {
        let size = x.size();
        let share = 1.0 / (size[2] * size[3]) as f64;
        x.sum_dim_intlist([2i64, 3].as_slice(), false, None) * share
    })
}

/// Geometry of a square convolution.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conv {
    pub(super) inputs: i64,
    pub(super) outputs: i64,
    pub(super) side: i64,
    pub(super) stride: i64,
}

impl Conv {
    /// 3×3 at full resolution.
    pub(super) fn same(inputs: i64, outputs: i64) -> Self {
        Self {
            inputs,
            outputs,
            side: 3,
            stride: 1,
        }
    }

    /// What is put around an image for filters of this side, so that an odd one keeps its resolution.
    pub(super) fn padding(side: i64) -> i64 {
        side / 2
    }

    fn apply(self, x: &Tensor, filters: &Tensor, bias: Option<&Tensor>) -> Tensor {
        let padding = Self::padding(self.side);
        x.conv2d(
            filters,
            bias,
            [self.stride, self.stride],
            [padding, padding],
            [1, 1],
            1,
        )
    }
}

/// A convolution without bias and its batch-norm.
///
/// In eval mode both are one affine map, so the norm is folded into the filters: the same
/// function with one pass less over the activations in each direction.
pub(super) struct ConvNorm {
    pub(super) conv: Conv,
    filters: Tensor,
    norm: Norm,
}

impl ConvNorm {
    /// Under the names `<conv>.weight` and `<norm>.weight`, `.bias`, `.running_mean`, `.running_var`.
    pub(super) fn new(w: &mut Weights, conv_name: &str, norm_name: &str, conv: Conv) -> Self {
        Self {
            filters: w.drawn(
                format!("{conv_name}.weight"),
                &[conv.outputs, conv.inputs, conv.side, conv.side],
                conv.inputs * conv.side * conv.side,
            ),
            norm: Norm::new(w, norm_name, conv.outputs),
            conv,
        }
    }

    pub(super) fn forward(&self, x: &Tensor, mode: Mode) -> Tensor {
        match mode {
            Mode::Train => self.norm.train(&self.conv.apply(x, &self.filters, None)),
            Mode::Eval => {
                let (filters, offset) = self.folded();
                self.conv.apply(x, &filters, Some(&offset))
            }
        }
    }

    /// Filters `[outputs, inputs, side, side]` and offsets `[outputs]` of eval mode.
    pub(super) fn folded(&self) -> (Tensor, Tensor) {
        let (factor, offset) = self.norm.folded();
        (&self.filters * factor.view([-1, 1, 1, 1]), offset)
    }
}

/// A [`ConvNorm`] as a layer.
pub(super) fn conv_norm(w: &mut Weights, conv_name: &str, norm_name: &str, conv: Conv) -> Layer {
    layer(ConvNorm::new(w, conv_name, norm_name, conv))
}

/// A convolution with its norm as one of many layers.
pub(super) fn layer(conv: ConvNorm) -> Layer {
    Box::new(move |x, mode| conv.forward(x, mode))
}

/// A linear map without bias and its batch-norm, folded as in [`ConvNorm`].
pub(super) struct LinearNorm {
    matrix: Tensor,
    norm: Norm,
}

impl LinearNorm {
    /// Named as in [`ConvNorm::new`].
    pub(super) fn new(
        w: &mut Weights,
        linear_name: &str,
        norm_name: &str,
        inputs: i64,
        outputs: i64,
    ) -> Self {
        Self {
            matrix: w.drawn(format!("{linear_name}.weight"), &[outputs, inputs], inputs),
            norm: Norm::new(w, norm_name, outputs),
        }
    }

    pub(super) fn forward(&self, x: &Tensor, mode: Mode) -> Tensor {
        match mode {
            Mode::Train => self.norm.train(&x.linear(&self.matrix, None::<&Tensor>)),
            Mode::Eval => {
                let (matrix, offset) = self.folded();
                x.linear(&matrix, Some(&offset))
            }
        }
    }

    /// Matrix `[outputs, inputs]` and offsets `[outputs]` of eval mode.
    pub(super) fn folded(&self) -> (Tensor, Tensor) {
        let (factor, offset) = self.norm.folded();
        (&self.matrix * factor.view([-1, 1]), offset)
    }
}

/// A [`LinearNorm`] as a layer.
pub(super) fn linear_norm(
    w: &mut Weights,
    linear_name: &str,
    norm_name: &str,
    inputs: i64,
    outputs: i64,
) -> Layer {
    let layer = LinearNorm::new(w, linear_name, norm_name, inputs, outputs);
    Box::new(move |x, mode| layer.forward(x, mode))
}

/// A linear map with bias.
pub(super) fn linear(w: &mut Weights, name: &str, inputs: i64, outputs: i64) -> Layer {
    let matrix = w.drawn(format!("{name}.weight"), &[outputs, inputs], inputs);
    let bias = w.drawn(format!("{name}.bias"), &[outputs], inputs);
    Box::new(move |x, _| x.linear(&matrix, Some(&bias)))
}

/// Batch-norm over channels.
struct Norm {
    weight: Tensor,
    bias: Tensor,
    mean: Tensor,
    variance: Tensor,
}

impl Norm {
    fn new(w: &mut Weights, name: &str, channels: i64) -> Self {
        let mut filled =
            |part, value, role| w.filled(format!("{name}.{part}"), channels, value, role);
        Self {
            weight: filled("weight", 1.0, Role::Parameter),
            bias: filled("bias", 0.0, Role::Parameter),
            mean: filled("running_mean", 0.0, Role::Statistic),
            variance: filled("running_var", 1.0, Role::Statistic),
        }
    }

    /// Normalises by the batch and updates the running statistics.
    fn train(&self, x: &Tensor) -> Tensor {
        x.batch_norm(
            Some(&self.weight),
            Some(&self.bias),
            Some(&self.mean),
            Some(&self.variance),
            true,
            NORM_MOMENTUM,
            NORM_EPS,
            true,
        )
    }

    /// The running statistics as `x · factor + offset`.
    fn folded(&self) -> (Tensor, Tensor) {
        let factor = &self.weight / (&self.variance + NORM_EPS).sqrt();
        let offset = &self.bias - &self.mean * &factor;
        (factor, offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights;
    use tch::{Device, Kind};

    /// Replaces every tensor by random values; variances stay positive.
    fn randomise(w: &Weights) {
        for (name, tensor) in w.named() {
            let noise = tensor.detach().randn_like();
            let positive = name.ends_with("running_var");
            let values = if positive { noise.abs() + 0.5 } else { noise };
            weights::overwrite(tensor, &values);
        }
    }

    fn tensor(w: &Weights, name: &str) -> Tensor {
        let found = w.named().find(|(n, _)| *n == name);
        found.unwrap().1.shallow_clone()
    }

    /// Batch-norm in eval mode by libtorch itself.
    fn normed(w: &Weights, x: &Tensor) -> Tensor {
        x.batch_norm(
            Some(tensor(w, "n.weight")),
            Some(tensor(w, "n.bias")),
            Some(tensor(w, "n.running_mean")),
            Some(tensor(w, "n.running_var")),
            false,
            NORM_MOMENTUM,
            NORM_EPS,
            true,
        )
    }

    fn assert_close(a: &Tensor, b: &Tensor) {
        let difference = (a - b).abs().max().double_value(&[]);
        let size = b.abs().max().double_value(&[]);
        assert!(difference < 1e-5 * size, "{difference} of {size}");
    }

    #[test]
    fn folding_a_norm_does_not_change_a_convolution() {
        let _no_grad = tch::no_grad_guard();
        for stride in [1, 2] {
            let mut w = Weights::new(0, Device::Cpu);
            let conv = Conv {
                stride,
                ..Conv::same(3, 5)
            };
            let layer = conv_norm(&mut w, "c", "n", conv);
            randomise(&w);
            let x = Tensor::randn([4, 3, 9, 7], (Kind::Float, Device::Cpu));
            let plain = conv.apply(&x, &tensor(&w, "c.weight"), None);
            assert_close(&layer(&x, Mode::Eval), &normed(&w, &plain));
        }
    }

    #[test]
    fn folding_a_norm_does_not_change_a_linear_map() {
        let _no_grad = tch::no_grad_guard();
        let mut w = Weights::new(0, Device::Cpu);
        let layer = linear_norm(&mut w, "l", "n", 6, 5);
        randomise(&w);
        let x = Tensor::randn([4, 6], (Kind::Float, Device::Cpu));
        let plain = x.linear(&tensor(&w, "l.weight"), None::<&Tensor>);
        assert_close(&layer(&x, Mode::Eval), &normed(&w, &plain));
    }

    #[test]
    fn pooling_before_rectifying_changes_neither_value_nor_gradient() {
        let x = Tensor::randn([4, 3, 8, 6], (Kind::Float, Device::Cpu));
        let of = |layer: &dyn Fn(&Tensor) -> Tensor| {
            // A leaf may not be changed in place.
            let leaf = x.copy().set_requires_grad(true);
            let y = layer(&(&leaf * 1.0));
            (&y * y.detach().cos()).sum(Kind::Float).backward();
            (y.detach(), leaf.grad())
        };
        let swapped = max_pool_relu(2);
        let ours = of(&|x| swapped(x, Mode::Train));
        let plain = of(&|x| x.relu().max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false));
        assert_eq!(ours, plain);
        assert!(
            ours.0.min().double_value(&[]) < 1e-9,
            "nothing is rectified"
        );
    }

    #[test]
    fn the_global_average_is_the_mean() {
        let x = Tensor::randn([4, 3, 7, 5], (Kind::Float, Device::Cpu));
        let mean = x.mean_dim([2i64, 3].as_slice(), false, None);
        assert_close(&global_average_pool()(&x, Mode::Eval), &mean);
    }

    #[test]
    fn train_mode_normalises_the_batch_and_keeps_its_statistics() {
        let mut w = Weights::new(0, Device::Cpu);
        let layer = linear_norm(&mut w, "l", "n", 6, 5);
        let x = Tensor::randn([64, 6], (Kind::Float, Device::Cpu));
        let y = layer(&x, Mode::Train);
        assert!(
            y.mean_dim([0i64].as_slice(), false, None)
                .abs()
                .max()
                .double_value(&[])
                < 1e-5
        );
        let kept = tensor(&w, "n.running_mean");
        let plain = x.linear(&tensor(&w, "l.weight"), None::<&Tensor>);
        let expected = plain.mean_dim([0i64].as_slice(), false, None) * NORM_MOMENTUM;
        assert_close(&kept, &expected.detach());
    }
}
