//! A recipe as people write it: every field may be left out, defaults come from the data.

use crate::{
    Augment, DatasetFacts, FieldError, GradientTarget, Init, MAP_SIDE_MAX, Model, Precision, Recipe,
};
use serde::{Deserialize, Serialize};

/// What a request may say of the training. Unknown fields are refused.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecipeRequest {
    /// Network; `cnn-s` by default.
    pub model: Option<Model>,
    /// `"random"` (the default) or `{"weights": "<hash>"}`.
    pub init: Option<Init>,
    /// Side of the square input in pixels; by default the packed size, at most 64.
    pub image_size: Option<u32>,
    /// Passes over the data; by default 12, and more for fewer than 5,000 examples.
    pub epochs: Option<u32>,
    /// Examples per step; by default 128, and fewer for small datasets.
    pub batch_size: Option<u32>,
    /// Peak learning rate; by default 0.1 per 128 examples of a batch.
    pub lr: Option<f64>,
    /// L2 weight decay; 0.0005 by default.
    pub weight_decay: Option<f64>,
    /// How many gradient checkpoints, evenly spaced, or the epochs themselves; 6 by default. None are taken
    /// where `vog` is not among the signals.
    pub checkpoints: Option<Checkpoints>,
    /// Whose logit is differentiated; `given` by default.
    pub gradient_target: Option<GradientTarget>,
    /// Random changes to training images; `none` by default, since a mirrored digit or letter
    /// is another one.
    pub augment: Option<Augment>,
    /// Arithmetic of the training: `f32` (the default) or `bf16`.
    pub precision: Option<Precision>,
    /// Arithmetic of the gradient sweeps: `f32` or `bf16`; that of the training by default.
    pub sweep_precision: Option<Precision>,
    /// The split to train on; by default `train` where there are several, otherwise everything.
    pub split: Option<String>,
}

/// When gradients are taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "must be a number of checkpoints or a list of epochs"
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Checkpoints {
    /// This many, evenly spaced over the epochs, the first and the last included.
    Count(u32),
    /// After these epochs, counted from 1, ascending.
    Epochs(Vec<u32>),
}

const EPOCHS_MAX: u32 = 10_000;
const BATCH_MAX: u32 = 65_536;
const IMAGE_SIDE_MAX: u32 = 1_024;
/// More say nothing more of a variance, and each costs a backward pass over everything.
const CHECKPOINTS_MAX: u32 = 256;

impl RecipeRequest {
    /// Fills in every default and checks every value against the dataset.
    ///
    /// # Errors
    /// All that is wrong, each with its field and the allowed range.
    pub fn resolve(&self, facts: &DatasetFacts) -> Result<Recipe, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut check = |field: &str, ok: bool, detail: String| {
            if !ok {
                errors.push(FieldError::new(format!("recipe.{field}"), detail));
            }
        };

        let split = self.split.clone().or_else(|| facts.default_split());
        let trained = facts.trained_examples(split.as_deref()).unwrap_or(0);
        let one_class = facts.trained_classes(split.as_deref()) == Some(1);
        check(
            "split",
            trained >= 2 && !one_class,
            split_problem(split.as_deref(), facts),
        );

        let model = self.model.unwrap_or(Model::CnnS);
        let init = self.init.clone().unwrap_or(Init::Random);
        check(
            "init",
            init == Init::Random || model.takes_weights(),
            format!(
                "weights can be given for resnet18 and resnet50, not for {}",
                model.as_str()
            ),
        );

        let (height, width) = self.input_size(facts);
        let size_range = model.min_side()..=IMAGE_SIDE_MAX;
        check(
            "image_size",
            size_range.contains(&height) && size_range.contains(&width),
            format!(
                "the input of {} must be {} to {IMAGE_SIDE_MAX} pixels a side; it would be {height}×{width}",
                model.as_str(),
                model.min_side()
            ),
        );

        let epochs = self.epochs.unwrap_or_else(|| default_epochs(trained));
        check(
            "epochs",
            (1..=EPOCHS_MAX).contains(&epochs),
            format!("must be 1 to {EPOCHS_MAX}"),
        );

        let batch_size = self.batch_size.unwrap_or_else(|| default_batch(trained));
        check(
            "batch_size",
            (2..=BATCH_MAX).contains(&batch_size),
            format!("must be 2 to {BATCH_MAX}"),
        );

        let lr = self
            .lr
            .unwrap_or_else(|| 0.1 * f64::from(batch_size) / 128.0);
        check(
            "lr",
            lr.is_finite() && lr > 0.0 && lr <= 100.0,
            "must be above 0 and at most 100".into(),
        );

        let weight_decay = self.weight_decay.unwrap_or(5e-4);
        check(
            "weight_decay",
            weight_decay.is_finite() && (0.0..=1.0).contains(&weight_decay),
            "must be 0 to 1".into(),
        );

        let request = self
            .checkpoints
            .clone()
            .unwrap_or(Checkpoints::Count(epochs.min(6)));
        let checkpoints = request.epochs(epochs);
        check(
            "checkpoints",
            checkpoints.is_some(),
            checkpoint_problem(epochs),
        );

        let precision = self.precision.unwrap_or_default();
        let (map_height, map_width) = map_size(height, width);
        let recipe = Recipe {
            model,
            init,
            height,
            width,
            epochs,
            batch_size,
            lr,
            weight_decay,
            checkpoints: checkpoints.unwrap_or_default(),
            gradient_target: self.gradient_target.unwrap_or(GradientTarget::Given),
            augment: self.augment.unwrap_or(Augment::None),
            precision,
            sweep_precision: self.sweep_precision.unwrap_or(precision),
            map_height,
            map_width,
            split,
            probes: None,
            evaluates_every_epoch: false,
            pruning: None,
        };
        if errors.is_empty() {
            Ok(recipe)
        } else {
            Err(errors)
        }
    }

    /// The asked-for square, or the packed size brought down to 64 pixels and up to what the
    /// model's pooling needs.
    fn input_size(&self, facts: &DatasetFacts) -> (u32, u32) {
        if let Some(side) = self.image_size {
            return (side, side);
        }
        let model = self.model.unwrap_or(Model::CnnS);
        let (height, width) = fit_within(facts.height as u32, facts.width as u32, 64);
        (height.max(model.min_side()), width.max(model.min_side()))
    }
}

fn split_problem(split: Option<&str>, facts: &DatasetFacts) -> String {
    let names: Vec<&str> = facts.splits.iter().map(|s| s.name.as_str()).collect();
    match split {
        Some(split) if !names.contains(&split) && names.is_empty() => {
            format!("the dataset has no splits, so none is called `{split}`")
        }
        Some(split) if !names.contains(&split) => {
            format!(
                "there is no split `{split}`; the splits are {}",
                names.join(", ")
            )
        }
        Some(split) if facts.trained_examples(Some(split)) >= Some(2) => format!(
            "the split `{split}` holds examples of one class only, and training needs two; train \
             on another split, or upload the dataset with examples of other classes in this one"
        ),
        _ => "training needs at least two examples".to_owned(),
    }
}

fn checkpoint_problem(epochs: u32) -> String {
    if epochs < 2 {
        return "variance needs two checkpoints, so epochs must be at least 2".to_owned();
    }
    format!(
        "must be a number from 2 to {} or at least two epochs, ascending, each from 1 to {epochs}, at most {CHECKPOINTS_MAX}",
        epochs.min(CHECKPOINTS_MAX)
    )
}

/// Twelve epochs from 5,000 examples up, and as many steps as that (at most 40 epochs) below.
fn default_epochs(trained: usize) -> u32 {
    60_000u32.div_ceil(trained.max(1) as u32).clamp(12, 40)
}

/// 128, halved until an epoch has at least 16 steps, but not below 8.
fn default_batch(trained: usize) -> u32 {
    let mut batch = 128u32;
    while batch > 8 && trained < 16 * batch as usize {
        batch /= 2;
    }
    batch
}

/// The gradient map is kept at the input's size up to [`MAP_SIDE_MAX`].
fn map_size(height: u32, width: u32) -> (u32, u32) {
    fit_within(height, width, MAP_SIDE_MAX)
}

/// Scales a size down, keeping its proportions, until its longer side is at most `side`.
fn fit_within(height: u32, width: u32, side: u32) -> (u32, u32) {
    let longer = height.max(width);
    if longer <= side {
        return (height, width);
    }
    let scaled =
        |length: u32| (u64::from(length) * u64::from(side) / u64::from(longer)).max(1) as u32;
    (scaled(height), scaled(width))
}

impl Checkpoints {
    /// The epochs, or `None` when the request does not fit.
    fn epochs(&self, epochs: u32) -> Option<Vec<u32>> {
        match self {
            Self::Count(count) => {
                if !(2..=CHECKPOINTS_MAX.min(epochs)).contains(count) {
                    return None;
                }
                // Evenly spaced from epoch 1 to the last, rounded to the nearest epoch.
                let (steps, span) = (u64::from(*count) - 1, u64::from(epochs) - 1);
                let nearest = |k: u64| 1 + ((k * span * 2 + steps) / (2 * steps)) as u32;
                Some((0..=steps).map(nearest).collect())
            }
            Self::Epochs(list) => {
                let ascending = list.windows(2).all(|pair| pair[0] < pair[1]);
                let in_range = list.iter().all(|epoch| (1..=epochs).contains(epoch));
                let few = (2..=CHECKPOINTS_MAX as usize).contains(&list.len());
                (few && ascending && in_range).then(|| list.clone())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Split;
    use proptest::prelude::*;

    fn facts(examples: usize) -> DatasetFacts {
        DatasetFacts {
            examples,
            classes: 10,
            height: 28,
            width: 28,
            channels: 1,
            ..DatasetFacts::default()
        }
    }

    fn split(name: &str, examples: usize, classes: Option<usize>) -> Split {
        Split {
            name: name.into(),
            examples,
            classes,
        }
    }

    #[test]
    fn sweeps_follow_the_training_s_precision_unless_told_otherwise() {
        let resolved = |precision, sweep_precision| {
            let request = RecipeRequest {
                precision,
                sweep_precision,
                ..RecipeRequest::default()
            };
            let recipe = request.resolve(&facts(1_000)).unwrap();
            (recipe.precision, recipe.sweep_precision)
        };
        let (f32, bf16) = (Precision::F32, Precision::Bf16);
        assert_eq!(resolved(None, None), (f32, f32));
        assert_eq!(resolved(Some(bf16), None), (bf16, bf16));
        assert_eq!(resolved(Some(bf16), Some(f32)), (bf16, f32));
        assert_eq!(resolved(None, Some(bf16)), (f32, bf16));
    }

    #[test]
    fn the_comparison_recipe_is_the_default_at_ten_thousand_examples() {
        let recipe = RecipeRequest::default().resolve(&facts(10_000)).unwrap();
        assert_eq!(
            (recipe.model, recipe.epochs, recipe.batch_size),
            (Model::CnnS, 12, 128)
        );
        assert_eq!(recipe.checkpoints, [1, 3, 5, 8, 10, 12]);
        assert_eq!((recipe.map_height, recipe.map_width), (28, 28));
        assert!((recipe.lr - 0.1).abs() < 1e-12);
    }

    #[test]
    fn the_train_split_is_the_default_beside_a_test_split() {
        let facts = DatasetFacts {
            splits: vec![split("train", 60, Some(10)), split("test", 10, Some(10))],
            ..facts(70)
        };
        assert_eq!(
            RecipeRequest::default()
                .resolve(&facts)
                .unwrap()
                .split
                .as_deref(),
            Some("train")
        );
    }

    #[test]
    fn a_trained_split_of_one_class_is_refused_where_that_is_known() {
        let resolve = |classes| {
            let facts = DatasetFacts {
                splits: vec![split("train", 60, classes), split("test", 10, Some(10))],
                ..facts(70)
            };
            RecipeRequest::default().resolve(&facts)
        };
        let errors = resolve(Some(1)).unwrap_err();
        assert_eq!(
            errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "`recipe.split`: the split `train` holds examples of one class only, and training needs \
              two; train on another split, or upload the dataset with examples of other classes in \
              this one"
            ]
        );
        assert!(resolve(Some(2)).is_ok());
        assert!(resolve(None).is_ok());
    }

    #[test]
    fn facts_stored_before_classes_were_counted_can_be_read() {
        let stored: Split = serde_json::from_str(r#"{"name": "train", "examples": 60}"#).unwrap();
        assert_eq!(stored, split("train", 60, None));
    }

    #[test]
    fn every_problem_names_its_field_and_the_allowed_range() {
        let request = RecipeRequest {
            epochs: Some(1),
            batch_size: Some(1),
            lr: Some(f64::NAN),
            weight_decay: Some(-1.0),
            image_size: Some(2),
            split: Some("dev".into()),
            init: Some(Init::Weights("0".into())),
            ..RecipeRequest::default()
        };
        let errors = request.resolve(&facts(100)).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "recipe.split",
                "recipe.init",
                "recipe.image_size",
                "recipe.batch_size",
                "recipe.lr",
                "recipe.weight_decay",
                "recipe.checkpoints"
            ]
        );
    }

    #[test]
    fn unknown_fields_are_refused() {
        let error = serde_json::from_str::<RecipeRequest>(r#"{"epoch": 3}"#).unwrap_err();
        assert!(
            error.to_string().contains("unknown field `epoch`"),
            "{error}"
        );
    }

    #[test]
    fn the_hash_depends_on_the_recipe_alone() {
        let recipe = RecipeRequest::default().resolve(&facts(10_000)).unwrap();
        let read_back: Recipe =
            serde_json::from_str(&serde_json::to_string(&recipe).unwrap()).unwrap();
        assert_eq!(recipe.hash(), read_back.hash());
        assert_ne!(
            recipe.hash(),
            Recipe {
                epochs: 13,
                ..recipe.clone()
            }
            .hash()
        );
    }

    proptest! {
        #[test]
        fn counted_checkpoints_ascend_from_first_to_last(epochs in 2u32..500, share in 0.0f64..1.0) {
            let count = 2 + (f64::from(epochs.min(CHECKPOINTS_MAX) - 2) * share) as u32;
            let list = Checkpoints::Count(count).epochs(epochs).unwrap();
            prop_assert_eq!(list.len() as u32, count);
            prop_assert_eq!((list[0], *list.last().unwrap()), (1, epochs));
            prop_assert!(list.windows(2).all(|pair| pair[0] < pair[1]));
        }

        #[test]
        fn resolving_never_panics(
            image_size in proptest::option::of(any::<u32>()),
            epochs in proptest::option::of(any::<u32>()),
            batch_size in proptest::option::of(any::<u32>()),
            count in any::<u32>(),
            examples in 0usize..100_000,
        ) {
            let request = RecipeRequest {
                checkpoints: Some(Checkpoints::Count(count)),
                image_size, epochs, batch_size, ..RecipeRequest::default() };
            let _ = request.resolve(&facts(examples));
        }
    }
}
