//! Images without meaning, on which the pace of a model is measured.

use unearth_audit::{
    Augment, Examples, GradientTarget, Init, Model, ModelPace, Precision, ProbeRows, Recipe,
    TrainingJob,
};

const CLASSES: usize = 10;

/// A small dataset and a recipe of one epoch.
pub(crate) struct RandomImages {
    recipe: Recipe,
    pixels: Vec<u8>,
    labels: Vec<i32>,
    trained: Vec<u32>,
}

impl RandomImages {
    /// Of a size at which the model is used, and so many that it takes about a second on a CPU; where it `is_slow` there, an
    /// eighth of them.
    pub(crate) fn of(model: Model, precision: Precision, is_slow: bool) -> Self {
        let (side, batch, batches) = match model {
            Model::CnnS | Model::Mlp => (32, 128, 2),
            Model::ResNet9 | Model::ResNet18 => (32, 32, 1),
            Model::ResNet50 => (64, 16, 1),
        };
        let (batch, batches) = if is_slow {
            (batch / 8, 1)
        } else {
            (batch, batches)
        };
        let images = batch * batches;
        let values = images * side * side * ModelPace::CHANNELS;
        Self {
            recipe: recipe(model, precision, side as u32, batch as u32),
            pixels: (0..values)
                .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
                .collect(),
            labels: (0..images).map(|i| (i % CLASSES) as i32).collect(),
            trained: (0..images as u32).collect(),
        }
    }

    pub(crate) fn side(&self) -> u32 {
        self.recipe.height
    }

    pub(crate) fn job(&self) -> TrainingJob<'_> {
        TrainingJob {
            recipe: &self.recipe,
            seed: 0,
            init_weights: None,
            resume: None,
            resume_interval_secs: f64::INFINITY,
            quantise: &[],
        }
    }

    pub(crate) fn examples(&self) -> Examples<'_> {
        let side = self.recipe.height as usize;
        Examples {
            height: side,
            width: side,
            channels: ModelPace::CHANNELS,
            classes: CLASSES,
            pixels: &self.pixels,
            labels: &self.labels,
            trained: &self.trained,
            probes: ProbeRows::default(),
        }
    }
}

fn recipe(model: Model, precision: Precision, side: u32, batch_size: u32) -> Recipe {
    Recipe {
        model,
        init: Init::Random,
        height: side,
        width: side,
        epochs: 1,
        batch_size,
        lr: 1e-3,
        weight_decay: 0.0,
        checkpoints: vec![1],
        gradient_target: GradientTarget::Given,
        augment: Augment::None,
        precision,
        sweep_precision: precision,
        map_height: side,
        map_width: side,
        split: None,
        probes: None,
        evaluates_every_epoch: false,
        pruning: None,
    }
}
