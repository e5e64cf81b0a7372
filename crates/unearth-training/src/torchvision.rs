//! Starting from weights in torchvision's naming, given as safetensors.

use crate::models::CLASSIFIER;
use crate::weights::{self, Weights};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use tch::{Kind, Tensor};
use unearth_audit::TrainingError;

/// Loads every tensor of the network but the classifier, which keeps its fresh values.
///
/// # Errors
/// [`TrainingError::Unsuitable`], naming the first tensor that is missing or does not fit.
pub(crate) fn load(weights: &Weights, file: &[u8]) -> Result<(), TrainingError> {
    let file = SafeTensors::deserialize(file)
        .map_err(|error| unsuitable(&format!("is not a safetensors file ({error})")))?;
    for (name, tensor) in weights.named() {
        if name.split('.').next() == Some(CLASSIFIER) {
            continue;
        }
        let found = file.tensor(name).map_err(|_| {
            unsuitable(&format!(
                "has no tensor `{name}`; it must be this model in torchvision's naming"
            ))
        })?;
        weights::overwrite(tensor, &fitting(name, &found, &tensor.size())?);
    }
    Ok(())
}

fn fitting(name: &str, found: &TensorView<'_>, shape: &[i64]) -> Result<Tensor, TrainingError> {
    let found_shape: Vec<i64> = found.shape().iter().map(|&side| side as i64).collect();
    if found_shape != shape {
        return Err(unsuitable(&format!(
            "has `{name}` in the shape {found_shape:?}, but this model and dataset need {shape:?}"
        )));
    }
    let kind = match found.dtype() {
        Dtype::F32 => Kind::Float,
        Dtype::F16 => Kind::Half,
        Dtype::BF16 => Kind::BFloat16,
        other => {
            return Err(unsuitable(&format!(
                "has `{name}` as {other:?}; save it as F32, F16 or BF16"
            )));
        }
    };
    Ok(Tensor::from_data_size(found.data(), shape, kind))
}

fn unsuitable(problem: &str) -> TrainingError {
    TrainingError::Unsuitable(format!("the weights file given as `recipe.init` {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host;
    use crate::models::{Network, Shape, Stem};
    use tch::Device;
    use unearth_audit::Model;

    const COLOUR: Shape = Shape {
        channels: 3,
        height: 32,
        width: 32,
        classes: 4,
    };

    fn resnet18(shape: Shape, seed: u64) -> Network {
        Network::new(Model::ResNet18, Stem::ImageNet, shape, seed, Device::Cpu)
    }

    fn file_of(network: &Network, without: &str, kind: Kind) -> Vec<u8> {
        let _no_grad = tch::no_grad_guard();
        let dtype = if kind == Kind::Half {
            Dtype::F16
        } else {
            Dtype::F32
        };
        let held: Vec<_> = network
            .weights
            .named()
            .filter(|(name, _)| *name != without)
            .map(|(name, tensor)| {
                let shape: Vec<usize> = tensor.size().iter().map(|&s| s as usize).collect();
                (name, shape, host::bytes(&tensor.to_kind(kind)))
            })
            .collect();
        let views = held.iter().map(|(name, shape, bytes)| {
            (*name, TensorView::new(dtype, shape.clone(), bytes).unwrap())
        });
        safetensors::serialize(views, None).unwrap()
    }

    #[test]
    fn everything_but_the_classifier_is_loaded() {
        let (source, target) = (resnet18(COLOUR, 1), resnet18(COLOUR, 2));
        load(&target.weights, &file_of(&source, "", Kind::Float)).unwrap();
        for ((name, given), (_, loaded)) in source.weights.named().zip(target.weights.named()) {
            let same = host::f32s(given) == host::f32s(loaded);
            assert_eq!(same, !name.starts_with("fc."), "{name}");
        }
    }

    #[test]
    fn half_precision_files_are_widened() {
        let (source, target) = (resnet18(COLOUR, 1), resnet18(COLOUR, 2));
        load(&target.weights, &file_of(&source, "", Kind::Half)).unwrap();
        let first = |n: &Network| host::f32s(n.weights.named().next().unwrap().1)[0];
        assert!((first(&source) - first(&target)).abs() < 1e-3);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let source = resnet18(COLOUR, 1);
        let problem = |shape, file: &[u8]| {
            load(&resnet18(shape, 2).weights, file)
                .unwrap_err()
                .to_string()
        };
        let missing = file_of(&source, "layer2.0.bn1.bias", Kind::Float);
        assert!(problem(COLOUR, &missing).contains("`layer2.0.bn1.bias`"));
        let grey = Shape {
            channels: 1,
            ..COLOUR
        };
        let message = problem(grey, &file_of(&source, "", Kind::Float));
        assert!(
            message.contains("`conv1.weight`") && message.contains("[64, 1, 7, 7]"),
            "{message}"
        );
        assert!(problem(COLOUR, b"no").contains("not a safetensors file"));
    }
}
