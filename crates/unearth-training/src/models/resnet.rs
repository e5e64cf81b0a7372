//! `resnet18` and `resnet50` (He et al. 2015) with torchvision's names and strides.

use super::entry::Entry;
use super::layers::{
    Conv, ConvNorm, Layer, conv_norm, function, global_average_pool, linear, relu, sequence,
};
use super::{Shape, Stem};
use crate::weights::Weights;
use tch::Tensor;

/// Channels of the four stages, before a bottleneck's expansion.
const STAGES: [i64; 4] = [64, 128, 256, 512];
/// Output channels of a bottleneck per inner channel.
const EXPANSION: i64 = 4;

/// Two basic blocks per stage.
pub(super) fn resnet18(w: &mut Weights, shape: Shape, stem: Stem) -> (Entry, Layer) {
    let (entry, mut layers) = self::stem(w, stem, shape.channels);
    let mut inputs = STAGES[0];
    for (stage, channels) in (1..).zip(STAGES) {
        for block in 0..2 {
            let stride = stride_of(stage, block);
            layers.push(basic(
                w,
                &format!("layer{stage}.{block}"),
                inputs,
                channels,
                stride,
            ));
            inputs = channels;
        }
    }
    layers.push(global_average_pool());
    layers.push(linear(w, CLASSIFIER, inputs, shape.classes));
    (entry, sequence(layers))
}

/// Three, four, six and three bottlenecks, behind the ImageNet stem.
pub(super) fn resnet50(w: &mut Weights, shape: Shape) -> (Entry, Layer) {
    let (entry, mut layers) = stem(w, Stem::ImageNet, shape.channels);
    let mut inputs = STAGES[0];
    for (stage, (channels, blocks)) in (1..).zip(STAGES.into_iter().zip([3, 4, 6, 3])) {
        for block in 0..blocks {
            let stride = stride_of(stage, block);
            layers.push(bottleneck(
                w,
                &format!("layer{stage}.{block}"),
                inputs,
                channels,
                stride,
            ));
            inputs = channels * EXPANSION;
        }
    }
    layers.push(global_average_pool());
    layers.push(linear(w, CLASSIFIER, inputs, shape.classes));
    (entry, sequence(layers))
}

/// Name of the last layer, which is never loaded from a weights file.
pub(crate) const CLASSIFIER: &str = "fc";

/// Every stage but the first halves the resolution in its first block.
fn stride_of(stage: usize, block: usize) -> i64 {
    if stage > 1 && block == 0 { 2 } else { 1 }
}

/// The first layer, and what follows it before the first stage.
fn stem(w: &mut Weights, stem: Stem, channels: i64) -> (Entry, Vec<Layer>) {
    let (side, stride) = match stem {
        Stem::Small => (3, 1),
        Stem::ImageNet => (7, 2),
    };
    let conv = Conv {
        inputs: channels,
        outputs: STAGES[0],
        side,
        stride,
    };
    let entry = ConvNorm::new(w, "conv1", "bn1", conv);
    let mut layers = vec![relu()];
    if stem == Stem::ImageNet {
        layers.push(function(|x| {
            x.max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false)
        }));
    }
    (Entry::Conv(entry), layers)
}

fn basic(w: &mut Weights, name: &str, inputs: i64, outputs: i64, stride: i64) -> Layer {
    let first = Conv {
        stride,
        ..Conv::same(inputs, outputs)
    };
    let branch = sequence([
        conv_norm(w, &format!("{name}.conv1"), &format!("{name}.bn1"), first),
        relu(),
        conv_norm(
            w,
            &format!("{name}.conv2"),
            &format!("{name}.bn2"),
            Conv::same(outputs, outputs),
        ),
    ]);
    let shortcut = shortcut(w, name, inputs, outputs, stride);
    joined(branch, shortcut)
}

fn bottleneck(w: &mut Weights, name: &str, inputs: i64, channels: i64, stride: i64) -> Layer {
    let outputs = channels * EXPANSION;
    let narrow = pointwise(inputs, channels, 1);
    let spatial = Conv {
        stride,
        ..Conv::same(channels, channels)
    };
    let wide = pointwise(channels, outputs, 1);
    let branch = sequence([
        conv_norm(w, &format!("{name}.conv1"), &format!("{name}.bn1"), narrow),
        relu(),
        conv_norm(w, &format!("{name}.conv2"), &format!("{name}.bn2"), spatial),
        relu(),
        conv_norm(w, &format!("{name}.conv3"), &format!("{name}.bn3"), wide),
    ]);
    let shortcut = shortcut(w, name, inputs, outputs, stride);
    joined(branch, shortcut)
}

/// The identity, or a pointwise convolution where shape or resolution changes.
fn shortcut(w: &mut Weights, name: &str, inputs: i64, outputs: i64, stride: i64) -> Layer {
    if inputs == outputs && stride == 1 {
        return function(Tensor::shallow_clone);
    }
    let conv = pointwise(inputs, outputs, stride);
    let (conv_name, norm_name) = (
        format!("{name}.downsample.0"),
        format!("{name}.downsample.1"),
    );
    conv_norm(w, &conv_name, &norm_name, conv)
}

fn joined(branch: Layer, shortcut: Layer) -> Layer {
    Box::new(move |x, mode| (branch(x, mode) + shortcut(x, mode)).relu_())
}

fn pointwise(inputs: i64, outputs: i64, stride: i64) -> Conv {
    Conv {
        inputs,
        outputs,
        side: 1,
        stride,
    }
}
