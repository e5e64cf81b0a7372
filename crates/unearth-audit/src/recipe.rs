//! Everything that changes the numbers of a training, with every default resolved.

use crate::{Probes, Sparsity};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Longest side, in pixels, at which gradient maps are kept. Larger maps are area-averaged down
/// to it, which changes VoG; the size is therefore part of the recipe.
pub const MAP_SIDE_MAX: u32 = 64;

/// Batches are not halved below it: batch normalisation needs a few examples to normalise by.
pub const HALVED_BATCH_MIN: u32 = 8;

/// A complete recipe: two trainings with equal recipe, seed, data, thread count and precision
/// give equal bits on the same kind of device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Recipe {
    /// Network.
    pub model: Model,
    /// Where its weights come from.
    pub init: Init,
    /// Height of the network's input, in pixels.
    pub height: u32,
    /// Width of the network's input, in pixels.
    pub width: u32,
    /// Passes over the trained examples.
    pub epochs: u32,
    /// Examples per optimiser step.
    pub batch_size: u32,
    /// Peak learning rate of the one-cycle schedule.
    pub lr: f64,
    /// L2 weight decay.
    pub weight_decay: f64,
    /// Epochs (counted from 1) after which the gradients of all examples are taken, ascending; none where
    /// no signal is made of them.
    pub checkpoints: Vec<u32>,
    /// Whose logit is differentiated.
    pub gradient_target: GradientTarget,
    /// Random changes to the training images.
    pub augment: Augment,
    /// Arithmetic of the forward and backward passes of the training.
    pub precision: Precision,
    /// Arithmetic of the gradient sweeps.
    #[serde(default, skip_serializing_if = "Precision::is_f32")]
    pub sweep_precision: Precision,
    /// Height of the stored gradient maps, in pixels.
    pub map_height: u32,
    /// Width of the stored gradient maps, in pixels.
    pub map_width: u32,
    /// Indices trained on: the name of a split, or all examples.
    pub split: Option<String>,
    /// Probes that are trained on beside the examples, for an archaeology.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probes: Option<Probes>,
    /// Whether an eval pass follows every epoch, or the last one alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub evaluates_every_epoch: bool,
    /// How weights are pruned while training; null where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pruning: Option<Pruning>,
}

/// Magnitude pruning inside a training: the smallest weights of each weight tensor are zero in every
/// forward pass, more of them from one choice to the next along a cubic curve (Zhu & Gupta 2017,
/// arXiv 1710.01878; the schedule of the authors of PIE).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pruning {
    /// Share of each weight tensor that is zero in the end.
    pub sparsity: Sparsity,
    /// Share of the training after which pruning begins.
    pub begin: f64,
    /// Share of the training at which the sparsity is reached.
    pub end: f64,
    /// Share of the training between two choices of what is pruned.
    pub frequency: f64,
}

impl Recipe {
    /// The epochs after which there is an eval pass, counted from 1, ascending.
    pub fn evaluated_epochs(&self) -> RangeInclusive<u32> {
        if self.evaluates_every_epoch {
            1..=self.epochs
        } else {
            self.epochs..=self.epochs
        }
    }

    /// Whether there is a sweep after this epoch that makes what the eval pass after it would: the logits of
    /// the same model in the same precision.
    pub fn is_evaluated_by_sweep(&self, epoch: u32) -> bool {
        self.evaluated_epochs().contains(&epoch)
            && self.checkpoints.contains(&epoch)
            && self.sweep_precision == Precision::F32
    }

    /// Content hash of the recipe: BLAKE3 of its canonical JSON, in hex.
    pub fn hash(&self) -> String {
        crate::origin::hash_of(self)
    }

    /// The recipe for a device with too little memory for this one: half the batch, and half the learning rate, so that
    /// an epoch moves the weights about as far as before (the linear scaling rule, Goyal et al. 2017, arXiv 1706.02677).
    /// Gathering the gradients of two halves would not give the same numbers as the whole batch: batch normalisation
    /// sees each by itself. None where half would be below [`HALVED_BATCH_MIN`].
    pub fn with_half_batch(&self) -> Option<Self> {
        let batch_size = self.batch_size / 2;
        let share = f64::from(batch_size) / f64::from(self.batch_size);
        (batch_size >= HALVED_BATCH_MIN).then(|| Self {
            batch_size,
            lr: self.lr * share,
            ..self.clone()
        })
    }

    /// Bytes of one example's stored map: f16 pixels, without its scale.
    pub fn map_bytes(&self) -> usize {
        self.map_height as usize * self.map_width as usize * 2
    }
}

/// Networks of the zoo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Model {
    /// Three convolutions; the comparison recipe of `BENCHMARKS.md`.
    #[serde(rename = "cnn-s")]
    CnnS,
    /// Two hidden layers on flat pixels.
    Mlp,
    /// The nine-layer residual network of fast CIFAR training.
    ResNet9,
    /// Eighteen layers, 3×3 stem (the ImageNet stem when initialised from such weights).
    ResNet18,
    /// Fifty layers with the ImageNet stem.
    ResNet50,
}

impl Model {
    /// Every model, smallest first.
    pub const ALL: [Self; 5] = [
        Self::CnnS,
        Self::Mlp,
        Self::ResNet9,
        Self::ResNet18,
        Self::ResNet50,
    ];

    /// The name used in recipes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CnnS => "cnn-s",
            Self::Mlp => "mlp",
            Self::ResNet9 => "resnet9",
            Self::ResNet18 => "resnet18",
            Self::ResNet50 => "resnet50",
        }
    }

    /// Smallest input side, in pixels, that its pooling leaves something of.
    pub fn min_side(self) -> u32 {
        match self {
            Self::Mlp => 1,
            Self::CnnS => 4,
            Self::ResNet9 | Self::ResNet18 => 8,
            Self::ResNet50 => 32,
        }
    }

    /// Whether weights in torchvision's format can be given for it.
    pub fn takes_weights(self) -> bool {
        matches!(self, Self::ResNet18 | Self::ResNet50)
    }
}

/// Where the weights of a fresh model come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Init {
    /// Drawn from the seed.
    Random,
    /// A safetensors file in torchvision's naming, uploaded before; the BLAKE3 hash of its bytes.
    /// The classifier is always drawn from the seed.
    Weights(String),
}

/// Whose pre-softmax logit the input gradient is taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum GradientTarget {
    /// The given label's.
    Given,
    /// The class predicted at that checkpoint: works without labels.
    Predicted,
}

/// Random changes to the training images. Gradients and the eval pass never see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Augment {
    /// None.
    None,
    /// Shifts by up to an eighth of the side, reflected at the border.
    Crop,
    /// Mirror images, and shifts by up to an eighth of the side: for photographs, not for text.
    FlipCrop,
}

/// Arithmetic of forward and backward passes. Weights and sums stay in f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Precision {
    /// 32-bit floats throughout.
    #[default]
    F32,
    /// bfloat16 autocast.
    Bf16,
}

impl Precision {
    /// Every precision, the finest first.
    pub const ALL: [Self; 2] = [Self::F32, Self::Bf16];

    /// Its word in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
        }
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands over a reference"
    )]
    fn is_f32(&self) -> bool {
        *self == Self::F32
    }
}
