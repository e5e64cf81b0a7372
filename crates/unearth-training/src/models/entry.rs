//! The first layer of a network, and the way back from what it gives to the pixels.

use super::Shape;
use super::layers::{ConvNorm, LinearNorm};
use super::{Mode, layers::Conv};
use tch::{Kind, Tensor};

/// What pixels go into first.
pub(super) enum Entry {
    Conv(ConvNorm),
    /// Of flat pixels.
    Linear(LinearNorm),
}

impl Entry {
    /// A batch `[b, channels, height, width]` in; what the layer gives, before its rectifier, out.
    pub(super) fn forward(&self, x: &Tensor, mode: Mode) -> Tensor {
        match self {
            Self::Conv(layer) => layer.forward(x, mode),
            Self::Linear(layer) => layer.forward(&x.flatten(1, -1), mode),
        }
    }

    /// The way back, with the weights as they are now.
    pub(super) fn way_back(&self, shape: Shape) -> WayBack {
        let _no_grad = tch::no_grad_guard();
        let Shape {
            channels,
            height,
            width,
            ..
        } = shape;
        let (filters, conv) = match self {
            Self::Conv(layer) => {
                let (filters, _) = layer.folded();
                let mean = filters.mean_dim([1i64].as_slice(), false, Kind::Float);
                (mean.flatten(1, 2).transpose(0, 1), Some(layer.conv))
            }
            Self::Linear(layer) => {
                let (matrix, _) = layer.folded();
                let by_channel = matrix.view([-1, channels, height * width]);
                (
                    by_channel.mean_dim([1i64].as_slice(), false, Kind::Float),
                    None,
                )
            }
        };
        WayBack {
            filters,
            conv,
            size: [height, width],
        }
    }
}

/// How a gradient by what the first layer gives becomes the gradient by the normalised pixels, as its signed mean over their
/// channels.
///
/// In eval mode the layer is affine, so the mean over the channels of the gradient is the gradient through the filters'
/// mean over the channels: a third of the work for colour images, and the gradient of each channel is never there.
pub(crate) struct WayBack {
    /// f32: of a convolution `[side · side, outputs]`, of a linear map `[outputs, height · width]`.
    filters: Tensor,
    conv: Option<Conv>,
    size: [i64; 2],
}

impl WayBack {
    /// From `[b, outputs, …]` to f32 `[b, height, width]`; the product is computed in the gradient's precision, as the layers
    /// behind it were.
    pub(crate) fn of(&self, gradient: &Tensor) -> Tensor {
        let filters = self.filters.to_kind(gradient.kind());
        let Some(Conv { side, stride, .. }) = self.conv else {
            let [height, width] = self.size;
            let maps = gradient.matmul(&filters).to_kind(Kind::Float);
            return maps.view([-1, height, width]);
        };
        // What each position of the output gives to the pixels under its filter, added up in f32 where filters overlap.
        let shares = filters.matmul(&gradient.flatten(2, 3)).to_kind(Kind::Float);
        let (sides, strides) = ([side, side], [stride, stride]);
        let padding = Conv::padding(side);
        let maps = shares.col2im(self.size, sides, [1, 1], [padding, padding], strides);
        maps.squeeze_dim(1)
    }
}
