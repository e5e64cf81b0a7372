//! `resnet9`: the nine-layer residual network of fast CIFAR training (Page 2019, "How to train
//! your `ResNet`").

use super::Shape;
use super::entry::Entry;
use super::layers::{
    Conv, ConvNorm, Layer, conv_norm, function, linear, max_pool_relu, relu, sequence,
};
use crate::weights::Weights;

/// Logits are shrunk by this, as in the original, to start with an even softmax.
const LOGIT_SCALE: f64 = 0.125;

/// conv 64, conv 128 pooled, residual 128, conv 256 pooled, conv 512 pooled, residual 512,
/// global max-pool, linear.
pub(super) fn resnet9(w: &mut Weights, shape: Shape) -> (Entry, Layer) {
    let prep = Conv::same(shape.channels, 64);
    let entry = ConvNorm::new(w, "prep.conv", "prep.bn", prep);
    let rest = sequence([
        relu(),
        conv(w, "layer1", 64, 128),
        max_pool_relu(2),
        residual(w, "layer1.residual", 128),
        conv(w, "layer2", 128, 256),
        max_pool_relu(2),
        conv(w, "layer3", 256, 512),
        max_pool_relu(2),
        residual(w, "layer3.residual", 512),
        function(|x| x.amax([2i64, 3].as_slice(), false)),
        linear(w, "fc", 512, shape.classes),
        function(|logits| logits * LOGIT_SCALE),
    ]);
    (Entry::Conv(entry), rest)
}

fn block(w: &mut Weights, name: &str, inputs: i64, outputs: i64) -> Layer {
    sequence([conv(w, name, inputs, outputs), relu()])
}

fn conv(w: &mut Weights, name: &str, inputs: i64, outputs: i64) -> Layer {
    let conv = Conv::same(inputs, outputs);
    conv_norm(w, &format!("{name}.conv"), &format!("{name}.bn"), conv)
}

fn residual(w: &mut Weights, name: &str, channels: i64) -> Layer {
    let branch = sequence([
        block(w, &format!("{name}.0"), channels, channels),
        block(w, &format!("{name}.1"), channels, channels),
    ]);
    Box::new(move |x, mode| x + branch(x, mode))
}
