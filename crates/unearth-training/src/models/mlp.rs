//! `mlp`: two hidden layers on flat pixels.

use super::Shape;
use super::layers::{Layer, function, linear, linear_norm, relu, sequence};
use crate::weights::Weights;

const HIDDEN: i64 = 512;

/// Flatten; twice linear to 512, batch-norm and rectifier; linear.
pub(super) fn mlp(w: &mut Weights, shape: Shape) -> Layer {
    let pixels = shape.channels * shape.height * shape.width;
    sequence([
        function(|x| x.flatten(1, -1)),
        block(w, "block1", pixels),
        block(w, "block2", HIDDEN),
        linear(w, "fc", HIDDEN, shape.classes),
    ])
}

fn block(w: &mut Weights, name: &str, inputs: i64) -> Layer {
    let (linear, norm) = (format!("{name}.linear"), format!("{name}.bn"));
    sequence([linear_norm(w, &linear, &norm, inputs, HIDDEN), relu()])
}
