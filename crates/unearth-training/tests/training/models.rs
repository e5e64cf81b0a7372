//! Every model of the zoo trains and is swept.

use crate::scenario::{Scenario, decoded, device};
use std::num::NonZeroUsize;
use unearth_audit::{Init, Model, Precision, TrainingError};
use unearth_training::LibtorchTrainer;

#[test]
fn every_model_trains_a_step_and_gives_maps() {
    for model in Model::ALL {
        for channels in [1, 3] {
            let side = model.min_side() as usize;
            let mut scenario = Scenario::blobs_of(model, 4, 2, side, channels);
            scenario.recipe.epochs = 1;
            scenario.recipe.checkpoints = vec![1];
            let run = scenario.run();
            let chunk = run.chunks()[0];
            assert_eq!(chunk.scales.len(), 4, "{}", model.as_str());
            assert_eq!(chunk.maps.len(), 4 * scenario.recipe.map_bytes());
            assert!(decoded(chunk).iter().any(|&pixel| pixel != 0.0));
        }
    }
}

#[test]
fn the_pace_of_a_model_is_measured() {
    let trainer = LibtorchTrainer::new(device(), NonZeroUsize::MIN).unwrap();
    for model in [Model::CnnS, Model::Mlp] {
        let pace = trainer.pace(model, Precision::F32).unwrap();
        assert_eq!((pace.model, pace.precision), (model, Precision::F32));
        for per_second in [pace.trained_per_second, pace.swept_per_second] {
            assert!(per_second.is_finite() && per_second > 0.0, "{pace:?}");
        }
    }
}

#[test]
fn images_are_brought_to_the_recipe_s_size() {
    let mut scenario = Scenario::blobs_of(Model::CnnS, 6, 2, 9, 3);
    (scenario.recipe.height, scenario.recipe.width) = (12, 4);
    (scenario.recipe.map_height, scenario.recipe.map_width) = (12, 4);
    let run = scenario.run();
    assert_eq!(run.chunks()[0].maps.len(), 6 * 12 * 4 * 2);
}

#[test]
fn weights_that_were_not_handed_over_are_missed() {
    let mut scenario = Scenario::blobs(Model::ResNet18, 4, 2);
    scenario.recipe.init = Init::Weights("abc".into());
    match scenario.run_from(None).err() {
        Some(TrainingError::Unsuitable(reason)) => assert!(reason.contains("abc")),
        other => panic!("{other:?}"),
    }
}
