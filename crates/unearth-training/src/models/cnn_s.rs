//! `cnn-s`: the network of the comparisons.

use super::Shape;
use super::entry::Entry;
use super::layers::{
    Conv, ConvNorm, Layer, global_average_pool, layer, linear, max_pool_relu, relu, sequence,
};
use crate::weights::Weights;

/// Blocks of 3×3 convolution, batch-norm and rectifier with 32, 64 and 128 channels, a max-pool
/// of 2 after each of the first two; global average pool, linear.
pub(super) fn cnn_s(w: &mut Weights, shape: Shape) -> (Entry, Layer) {
    let entry = conv(w, "block1", shape.channels, 32);
    let rest = sequence([
        max_pool_relu(2),
        layer(conv(w, "block2", 32, 64)),
        max_pool_relu(2),
        layer(conv(w, "block3", 64, 128)),
        relu(),
        global_average_pool(),
        linear(w, "fc", 128, shape.classes),
    ]);
    (Entry::Conv(entry), rest)
}

fn conv(w: &mut Weights, name: &str, inputs: i64, outputs: i64) -> ConvNorm {
    let conv = Conv::same(inputs, outputs);
    ConvNorm::new(w, &format!("{name}.conv"), &format!("{name}.bn"), conv)
}
