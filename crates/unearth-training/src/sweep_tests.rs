//! The maps against `PyTorch`'s autograd, against finite differences, and against each other.

use super::*;
use crate::models::Mode;
use crate::models::{Shape, Stem};
use crate::scratch::Scratch;
use crate::{host, weights};
use safetensors::tensor::{Dtype, SafeTensors};
use unearth_audit::{Augment, Examples, Init, Model, Precision, ProbeRows};

const SIDE: usize = 8;
const CHANNELS: usize = 3;
const CLASSES: usize = 10;

/// Largest deviation from `PyTorch`, relative to the norm of a map.
const AUTOGRAD_TOLERANCE: f64 = 1e-5;

fn recipe(model: Model, target: GradientTarget) -> Recipe {
    Recipe {
        model,
        init: Init::Random,
        height: SIDE as u32,
        width: SIDE as u32,
        epochs: 2,
        batch_size: 4,
        lr: 0.1,
        weight_decay: 0.0,
        checkpoints: vec![1, 2],
        gradient_target: target,
        augment: Augment::None,
        precision: Precision::F32,
        sweep_precision: Precision::F32,
        map_height: SIDE as u32,
        map_width: SIDE as u32,
        split: None,
        probes: None,
        evaluates_every_epoch: false,
        pruning: None,
    }
}

fn network(model: Model) -> Network {
    // Tests run beside each other.
    tch::set_num_threads(1);
    let shape = Shape {
        channels: CHANNELS as i64,
        height: SIDE as i64,
        width: SIDE as i64,
        classes: CLASSES as i64,
    };
    Network::new(model, Stem::Small, shape, 1, Device::Cpu)
}

/// A network whose batch-norm statistics are those of the data.
fn warmed_up(model: Model, data: &DeviceData<'_>, examples: usize) -> Network {
    let network = network(model);
    let _no_grad = tch::no_grad_guard();
    for _ in 0..3 {
        let input = data.normalise(&data.slice(&(0..examples)));
        let _logits = network.forward(&input, Mode::Train);
    }
    network
}

fn images(examples: usize) -> Vec<u8> {
    (0..examples * SIDE * SIDE * CHANNELS)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 11) as u8)
        .collect()
}

fn load<'a>(pixels: &'a [u8], labels: &'a [i32], trained: &'a [u32]) -> DeviceData<'a> {
    let examples = Examples {
        height: SIDE,
        width: SIDE,
        channels: CHANNELS,
        classes: CLASSES,
        pixels,
        labels,
        trained,
        probes: ProbeRows::default(),
    };
    let scratch = Scratch::new(&std::env::temp_dir(), Device::Cpu);
    DeviceData::load(&examples, (SIDE as i64, SIDE as i64), &scratch, 0).unwrap()
}

/// ‖a − b‖ / ‖b‖ of each map, the largest.
fn deviation(maps: &Tensor, reference: &Tensor) -> f64 {
    let norm = |t: &Tensor| t.flatten(1, -1).norm_scalaropt_dim(2, [1i64], false);
    let maps = maps.to_kind(Kind::Double);
    let reference = reference.to_kind(Kind::Double);
    (norm(&(maps - &reference)) / norm(&reference))
        .max()
        .double_value(&[])
}

#[test]
fn maps_match_pytorch_s_autograd() {
    let file = include_bytes!("../tests/fixtures/autograd.safetensors");
    let file = SafeTensors::deserialize(file).unwrap();
    let tensor = |name: &str| {
        let view = file.tensor(name).unwrap();
        let kind = match view.dtype() {
            Dtype::F16 => Kind::Half,
            Dtype::F32 => Kind::Float,
            Dtype::I32 => Kind::Int,
            Dtype::U8 => Kind::Uint8,
            other => panic!("{other:?}"),
        };
        let shape: Vec<i64> = view.shape().iter().map(|&side| side as i64).collect();
        Tensor::from_data_size(view.data(), &shape, kind)
    };

    let network = network(Model::CnnS);
    for (name, ours) in network.weights.named() {
        weights::overwrite(ours, &tensor(&format!("weights/{name}")));
    }
    let pixels = host::bytes(&tensor("pixels"));
    let labels = host::i64s(&tensor("labels").to_kind(Kind::Int64));
    let labels: Vec<i32> = labels.iter().map(|&label| label as i32).collect();
    let all: Vec<u32> = (0..labels.len() as u32).collect();
    let data = load(&pixels, &labels, &all);

    let _frozen = network.weights.freeze();
    for (target, reference) in [
        (GradientTarget::Given, "maps/given"),
        (GradientTarget::Predicted, "maps/predicted"),
    ] {
        let sweep = Sweep::new(&network, &data, &recipe(Model::CnnS, target));
        let deviation = deviation(
            &sweep.of(&(0..labels.len())).unwrap().maps,
            &tensor(reference),
        );
        println!("{reference}: largest relative deviation from PyTorch's autograd {deviation:.2e}");
        assert!(deviation < AUTOGRAD_TOLERANCE, "{reference}: {deviation:e}");
    }
}

#[test]
fn maps_are_the_signed_channel_mean_of_finite_differences() {
    const STEP: f64 = 1e-5;
    let (pixels, labels) = (images(2), [3, 7]);
    let data = load(&pixels, &labels, &[0, 1]);
    for model in [Model::CnnS, Model::Mlp, Model::ResNet9, Model::ResNet18] {
        let network = warmed_up(model, &data, 2);
        let _frozen = network.weights.freeze();
        let recipe = recipe(model, GradientTarget::Given);
        let maps = Sweep::new(&network, &data, &recipe)
            .of(&(0..2))
            .unwrap()
            .maps;
        let size = maps.abs().max().double_value(&[]);

        // In f64 the network is linear but for its kinks, which a step this small rarely meets.
        for (_, tensor) in network.weights.named() {
            let mut tensor = tensor.shallow_clone();
            tensor.set_data(&tensor.to_kind(Kind::Double));
        }
        let input = data.normalise(&data.slice(&(0..2))).to_kind(Kind::Double);
        for (example, y, x) in [
            (0, 0, 0),
            (0, 3, 4),
            (0, 7, 5),
            (1, 1, 7),
            (1, 4, 4),
            (1, 6, 2),
        ] {
            let logit = |nudge: f64| {
                let input = input.copy();
                // All channels at once: the sum of their derivatives.
                let _ = input
                    .get(example)
                    .select(1, y)
                    .select(1, x)
                    .g_add_scalar_(nudge);
                let label = i64::from(labels[example as usize]);
                network
                    .forward(&input, Mode::Eval)
                    .double_value(&[example, label])
            };
            let sum = (logit(STEP) - logit(-STEP)) / (2.0 * STEP);
            let (expected, got) = (sum / CHANNELS as f64, maps.double_value(&[example, y, x]));
            assert!(
                (got - expected).abs() < 1e-4 * size,
                "{} {example} {y} {x}: {got} {expected}",
                model.as_str()
            );
        }
    }
}

#[test]
fn examples_of_a_batch_do_not_touch_each_other() {
    let pixels = images(6);
    let labels = [0, 1, 2, 3, 4, 5];
    let data = load(&pixels, &labels, &[0, 1, 2, 3, 4, 5]);
    for model in [Model::CnnS, Model::Mlp, Model::ResNet9, Model::ResNet18] {
        let network = warmed_up(model, &data, 6);
        let _frozen = network.weights.freeze();
        let recipe = recipe(model, GradientTarget::Predicted);
        let sweep = Sweep::new(&network, &data, &recipe);
        let together = sweep.of(&(0..6)).unwrap().maps;
        let alone: Vec<Tensor> = (0..6)
            .map(|i| sweep.of(&(i..i + 1)).unwrap().maps)
            .collect();
        assert!(deviation(&together, &Tensor::cat(&alone, 0)) < 1e-5);
    }
}

#[test]
fn a_sweep_leaves_no_trace_in_the_network() {
    let (pixels, labels) = (images(4), [0, 1, 2, 3]);
    let data = load(&pixels, &labels, &[0, 1, 2, 3]);
    let network = warmed_up(Model::CnnS, &data, 4);
    let values = |network: &Network| -> Vec<Vec<f32>> {
        network
            .weights
            .named()
            .map(|(_, t)| host::f32s(t))
            .collect()
    };
    let before = values(&network);
    {
        let _frozen = network.weights.freeze();
        let recipe = recipe(Model::CnnS, GradientTarget::Given);
        let _swept = Sweep::new(&network, &data, &recipe).of(&(0..4)).unwrap();
    }
    assert_eq!(values(&network), before);
    for (name, tensor) in network.weights.parameters() {
        assert!(tensor.requires_grad() && !tensor.grad().defined(), "{name}");
    }
}

#[test]
fn eval_batches_tile_a_chunk() {
    for (side, device) in [
        (1, Device::Cpu),
        (28, Device::Cpu),
        (1_024, Device::Cpu),
        (28, Device::Cuda(0)),
    ] {
        let mut recipe = recipe(Model::CnnS, GradientTarget::Given);
        (recipe.height, recipe.width) = (side, side);
        assert_eq!(CHUNK_EXAMPLES % eval_batch(&recipe, device), 0);
    }
}
