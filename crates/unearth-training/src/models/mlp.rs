//! `mlp`: two hidden layers on flat pixels.

use super::Shape;
use super::entry::Entry;
use super::layers::{Layer, LinearNorm, linear, linear_norm, relu, sequence};
use crate::weights::Weights;

const HIDDEN: i64 = 512;

/// Flatten; twice linear to 512, batch-norm and rectifier; linear.
pub(super) fn mlp(w: &mut Weights, shape: Shape) -> (Entry, Layer) {
    let pixels = shape.channels * shape.height * shape.width;
    let entry = LinearNorm::new(w, "block1.linear", "block1.bn", pixels, HIDDEN);
    let rest = sequence([
        relu(),
        linear_norm(w, "block2.linear", "block2.bn", HIDDEN, HIDDEN),
        relu(),
        linear(w, "fc", HIDDEN, shape.classes),
    ]);
    (Entry::Linear(entry), rest)
}
