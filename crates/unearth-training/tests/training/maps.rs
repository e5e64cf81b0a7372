//! Gradient maps as they are reported.

use crate::scenario::{Recorded, Scenario, decoded};
use unearth_audit::{GradientTarget, Model, Precision, Report};

#[test]
fn chunks_tile_the_examples_at_every_checkpoint() {
    let scenario = Scenario::blobs_of(Model::Mlp, 300, 3, 2, 1);
    let run = scenario.run();
    let shape: Vec<_> = run
        .chunks()
        .iter()
        .map(|c| (c.checkpoint, c.chunk, c.scales.len(), c.maps.len()))
        .collect();
    let bytes = scenario.recipe.map_bytes();
    assert_eq!(
        shape,
        [
            (0, 0, 256, 256 * bytes),
            (0, 1, 44, 44 * bytes),
            (1, 0, 256, 256 * bytes),
            (1, 1, 44, 44 * bytes),
        ]
    );
    let done = run.reports.iter().filter_map(|report| match report {
        Report::SweepDone { checkpoint } => Some(*checkpoint),
        _ => None,
    });
    assert_eq!(done.collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn sweeps_leave_the_training_alone() {
    let mut scenario = Scenario::blobs(Model::CnnS, 18, 3);
    let swept = scenario.run();
    scenario.recipe.checkpoints = Vec::new();
    let bare = scenario.run();
    assert!(bare.chunks().is_empty());
    assert_eq!(bare.eval_pass(), swept.eval_pass());
}

#[test]
fn smaller_maps_are_area_averages() {
    let mut scenario = Scenario::blobs(Model::CnnS, 10, 2);
    let full = decoded(scenario.run().chunks()[1]);
    (scenario.recipe.map_height, scenario.recipe.map_width) = (4, 4);
    let small = decoded(scenario.run().chunks()[1]);
    let peak = full.iter().fold(0.0f32, |peak, p| peak.max(p.abs()));
    for (i, got) in small.iter().enumerate() {
        let (map, y, x) = (i / 16, i / 4 % 4, i % 4);
        let at = |dy: usize, dx: usize| full[map * 64 + (2 * y + dy) * 8 + 2 * x + dx];
        let mean = (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4.0;
        assert!((got - mean).abs() < peak * 1e-3, "{got} {mean}");
    }
}

#[test]
fn the_predicted_class_needs_no_labels() {
    let mut scenario = Scenario::blobs(Model::CnnS, 18, 3);
    let given = scenario.run();
    scenario.recipe.gradient_target = GradientTarget::Predicted;
    let predicted = scenario.run();
    assert_eq!(
        given.in_flight()[1].values.loss,
        predicted.in_flight()[1].values.loss
    );
    // The eval pass has the same model as the last sweep.
    let eval = given.eval_pass();
    let (given, predicted) = (decoded(given.chunks()[1]), decoded(predicted.chunks()[1]));
    for i in 0..18 {
        let map = i * 64..(i + 1) * 64;
        let agree = eval.values.predicted[i] == scenario.labels[i];
        assert_eq!(given[map.clone()] == predicted[map], agree, "example {i}");
    }
}

#[test]
fn a_bf16_training_can_be_swept_in_f32() {
    let mut scenario = Scenario::blobs(Model::CnnS, 18, 3);
    let f32_run = scenario.run();
    scenario.recipe.precision = Precision::Bf16;
    let bf16_run = scenario.run();
    let (a, b) = (f32_run.in_flight()[0], bf16_run.in_flight()[0]);
    assert_ne!(a.values.loss, b.values.loss);
    let close = a
        .values
        .loss
        .iter()
        .zip(&b.values.loss)
        .filter(|(a, b)| (*a - *b).abs() < 0.5);
    assert!(close.count() > 12);
    // A map of bf16 arithmetic would hold few distinct mantissas.
    let map = decoded(bf16_run.chunks()[0]);
    let fine = map.iter().filter(|p| p.to_bits() & 0xFFFF != 0).count();
    assert!(fine > map.len() / 2);
}

#[test]
fn a_bf16_sweep_of_the_same_weights_ranks_the_same() {
    let mut scenario = Scenario::blobs(Model::CnnS, 200, 4);
    scenario.recipe.epochs = 4;
    scenario.recipe.batch_size = 16;
    scenario.recipe.checkpoints = vec![1, 2, 3, 4];
    let fine = scenario.run();
    scenario.recipe.sweep_precision = Precision::Bf16;
    let coarse = scenario.run();
    assert_eq!(fine.eval_pass(), coarse.eval_pass());
    assert_ne!(fine.chunks(), coarse.chunks());
    let agreement = unearth_signals::stability::spearman(&vog_of(&fine), &vog_of(&coarse));
    assert!(agreement > Some(0.99), "{agreement:?}");
}

/// The VoG of every example of the only chunk.
fn vog_of(run: &Recorded) -> Vec<Option<f64>> {
    let maps: Vec<Vec<f32>> = run.chunks().into_iter().map(decoded).collect();
    let pixels = maps[0].len() / run.chunks()[0].scales.len();
    let of_example = |example: usize| {
        let maps: Vec<&[f32]> = (maps.iter())
            .map(|maps| &maps[example * pixels..][..pixels])
            .collect();
        unearth_signals::vog::vog(&maps, unearth_signals::vog::Variant::Std).ok()
    };
    (0..run.chunks()[0].scales.len()).map(of_example).collect()
}
