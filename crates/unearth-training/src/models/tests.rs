//! Shapes and names of every model.

use super::*;
use tch::Kind;

const SHAPE: Shape = Shape {
    channels: 3,
    height: 32,
    width: 32,
    classes: 10,
};

fn parameters(model: Model, stem: Stem) -> usize {
    let network = Network::new(model, stem, SHAPE, 0, Device::Cpu);
    network.weights.parameters().map(|(_, t)| t.numel()).sum()
}

#[test]
fn parameter_counts_are_the_published_ones() {
    // 3·32·9 + 32·64·9 + 64·128·9, two per norm channel, 128·10 + 10.
    assert_eq!(parameters(Model::CnnS, Stem::Small), 93_024 + 448 + 1_290);
    // torchvision: 11,689,512 and 25,557,032 with 1,000 classes.
    assert_eq!(
        parameters(Model::ResNet18, Stem::ImageNet),
        11_689_512 - 990 * 513
    );
    assert_eq!(
        parameters(Model::ResNet50, Stem::ImageNet),
        25_557_032 - 990 * 2_049
    );
    // Page's network, its classifier with a bias.
    assert_eq!(parameters(Model::ResNet9, Stem::Small), 6_573_120 + 10);
}

#[test]
fn names_are_unique_and_torchvision_s() {
    let network = Network::new(Model::ResNet50, Stem::ImageNet, SHAPE, 0, Device::Cpu);
    let mut names: Vec<&str> = network.weights.named().map(|(name, _)| name).collect();
    for name in [
        "conv1.weight",
        "bn1.running_var",
        "layer1.0.downsample.0.weight",
        "layer1.0.downsample.1.bias",
        "layer4.2.conv3.weight",
        "fc.weight",
        "fc.bias",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn every_model_takes_its_smallest_input_in_grey_and_colour() {
    // Tests run beside each other.
    tch::set_num_threads(1);
    let _no_grad = tch::no_grad_guard();
    for model in Model::ALL {
        for channels in [1, 3] {
            let side = i64::from(model.min_side());
            let shape = Shape {
                channels,
                height: side,
                width: side + 1,
                classes: 4,
            };
            let network = Network::new(model, Stem::Small, shape, 0, Device::Cpu);
            let input = Tensor::zeros([2, channels, side, side + 1], (Kind::Float, Device::Cpu));
            for mode in [Mode::Train, Mode::Eval] {
                let logits = network.forward(&input, mode);
                assert_eq!(logits.size(), [2, 4], "{}", model.as_str());
            }
        }
    }
}

#[test]
fn the_way_back_to_the_pixels_is_autograd_s() {
    tch::set_num_threads(1);
    for (model, stem) in [
        (Model::CnnS, Stem::Small),
        (Model::Mlp, Stem::Small),
        (Model::ResNet9, Stem::Small),
        (Model::ResNet18, Stem::Small),
        (Model::ResNet18, Stem::ImageNet),
        (Model::ResNet50, Stem::ImageNet),
    ] {
        let shape = Shape {
            height: 33,
            width: 38,
            ..SHAPE
        };
        let network = Network::new(model, stem, shape, 0, Device::Cpu);
        let input = Tensor::randn([2, 3, 33, 38], (Kind::Float, Device::Cpu));
        // Running statistics that are not those of a fresh network.
        let _logits = tch::no_grad(|| network.forward(&input, Mode::Train));
        let _frozen = network.weights.freeze();

        let (given, logits) = network.forward_from_entry(&input);
        let gradients = Tensor::run_backward(&[logits.sum(Kind::Float)], &[&given], false, false);
        let ours = network.way_back().of(&gradients[0]);

        let leaf = input.set_requires_grad(true);
        let plain = network.forward(&leaf, Mode::Eval);
        let gradients = Tensor::run_backward(&[plain.sum(Kind::Float)], &[&leaf], false, false);
        let theirs = gradients[0].mean_dim([1i64].as_slice(), false, None);

        assert_eq!(ours.size(), [2, 33, 38]);
        let size = theirs.abs().max().double_value(&[]);
        let deviation = (&ours - &theirs).abs().max().double_value(&[]);
        assert!(size > 0.0 && deviation < 1e-5 * size, "{}", model.as_str());
    }
}
