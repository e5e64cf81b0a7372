//! Pruning inside a training.

use crate::continuation::assert_continues_from_everywhere;
use crate::scenario::{Scenario, same_bits};
use unearth_audit::{Model, Pruning, Sparsity};

/// Eight batches an epoch, two epochs: chosen before the steps 2, 4, 6, 8 and 10 of 16.
fn pruned(model: Model, sparsity: f64) -> Scenario {
    let mut scenario = Scenario::blobs(model, 32, 3);
    scenario.recipe.pruning = Some(Pruning {
        sparsity: Sparsity::of(sparsity).expect("a share"),
        begin: 0.125,
        end: 0.625,
        frequency: 0.125,
    });
    scenario
}

#[test]
fn every_weight_tensor_reaches_the_sparsity_and_nothing_else_is_pruned() {
    let layers = pruned(Model::CnnS, 0.9).run().outcome.layers;
    let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "block1.conv.weight",
            "block2.conv.weight",
            "block3.conv.weight",
            "fc.weight"
        ]
    );
    for layer in layers {
        let kept = (layer.weights as f64 * 0.1).round() as u64;
        assert_eq!(layer.weights - layer.zeros, kept, "{layer:?}");
    }
    assert_eq!(Scenario::blobs(Model::CnnS, 18, 3).run().outcome.layers, []);
}

#[test]
fn nothing_changes_before_pruning_begins_and_everything_after() {
    let (plain, pruned) = (
        Scenario::blobs(Model::CnnS, 32, 3).run(),
        pruned(Model::CnnS, 0.9).run(),
    );
    // The first three batches: at the third one's begin no weight is pruned yet.
    let in_first_batches =
        |run: &crate::scenario::Recorded| run.in_flight()[0].values.loss.to_vec();
    let (a, b) = (in_first_batches(&plain), in_first_batches(&pruned));
    let same = a.iter().zip(&b).filter(|(a, b)| a.to_bits() == b.to_bits());
    // Batches of four; the fifth is the first with a mask that holds something back.
    assert_eq!(same.count(), 16);
    let last = |run: &crate::scenario::Recorded| run.eval_pass().values.loss.to_vec();
    assert!(!same_bits(&last(&plain), &last(&pruned)));
}

#[test]
fn a_pruned_training_continues_exactly_from_every_resume_point() {
    for model in [Model::CnnS, Model::Mlp] {
        let mut scenario = pruned(model, 0.7);
        scenario.resume_interval_secs = 0.0;
        assert_continues_from_everywhere(&scenario);
    }
}

#[test]
fn a_resume_point_of_another_sparsity_is_refused() {
    let mut scenario = pruned(Model::Mlp, 0.7);
    scenario.resume_interval_secs = 0.0;
    let whole = scenario.run();
    let point = whole.reports.iter().find_map(|report| match report {
        unearth_audit::Report::ResumePoint { bytes, .. } => Some(bytes),
        _ => None,
    });
    let other = pruned(Model::Mlp, 0.5);
    assert!(other.run_from(Some(point.expect("a point"))).is_err());
}
