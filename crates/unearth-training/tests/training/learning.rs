//! It learns, on data that has something to learn.

use crate::scenario::{Scenario, recipe};
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use unearth_audit::Model;

#[test]
fn separable_blobs_are_learned_and_held_out_ones_recognised() {
    for model in [Model::CnnS, Model::Mlp, Model::ResNet9] {
        let mut scenario = Scenario::blobs(model, 160, 4);
        scenario.trained = (0..120).collect();
        scenario.recipe.epochs = 5;
        scenario.recipe.batch_size = 16;
        scenario.recipe.checkpoints = vec![1, 5];
        let run = scenario.run();
        let held_out = run.outcome.held_out_accuracy.unwrap();
        let trained = run.outcome.training_accuracy;
        assert!(
            trained > 0.9 && held_out > 0.9,
            "{}: {trained} {held_out}",
            model.as_str()
        );
        let mean = |epoch: usize| {
            let losses = &run.in_flight()[epoch].values.loss[..120];
            losses.iter().sum::<f32>() / 120.0
        };
        assert!(mean(4) < mean(0) / 2.0);
    }
}

/// The published test images of Fashion-MNIST, brought down to 14 pixels to be quick.
#[test]
fn fashion_is_learned_far_above_chance() {
    let folder = test_data().join("fashion-mnist");
    let (Some(images), Some(labels)) = (
        unpacked(&folder.join("t10k-images-idx3-ubyte.gz")),
        unpacked(&folder.join("t10k-labels-idx1-ubyte.gz")),
    ) else {
        println!(
            "SKIPPED: no Fashion-MNIST in {}; set UNEARTH_TEST_DATA",
            folder.display()
        );
        return;
    };
    let examples = 1_500;
    let mut scenario = Scenario::blobs(Model::CnnS, 1, 1);
    scenario.recipe = recipe(Model::CnnS, 14);
    scenario.recipe.epochs = 4;
    scenario.recipe.batch_size = 32;
    scenario.recipe.checkpoints = vec![4];
    (scenario.side, scenario.channels, scenario.classes) = (28, 1, 10);
    scenario.pixels = images[16..][..examples * 28 * 28].to_vec();
    scenario.labels = labels[8..][..examples].iter().map(|&l| l.into()).collect();
    scenario.trained = (0..1_200).collect();
    let run = scenario.run();
    let accuracy = run.outcome.held_out_accuracy.unwrap();
    println!("accuracy on held-out images {accuracy:.3}, chance 0.1");
    assert!(accuracy > 0.6, "{accuracy}");
}

fn test_data() -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    std::env::var_os("UNEARTH_TEST_DATA").map_or(default, PathBuf::from)
}

fn unpacked(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(path).ok()?)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(bytes)
}
