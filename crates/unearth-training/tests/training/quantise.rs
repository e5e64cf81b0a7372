//! The trained model, rounded.

use crate::scenario::Scenario;
use unearth_audit::{Model, Quantisation, Report};

#[test]
fn a_rounded_model_predicts_for_every_example_and_leaves_the_training_as_it_is() {
    let mut scenario = Scenario::blobs(Model::CnnS, 26, 3);
    scenario.trained = (0..20).collect();
    let plain = scenario.run();
    scenario.quantise = Quantisation::ALL.to_vec();
    let rounded = scenario.run();

    let (told, rest) = rounded.reports.split_at(plain.reports.len());
    assert_eq!(told.len(), plain.reports.len());
    assert_eq!(
        rounded.eval_pass().values.predicted,
        plain.eval_pass().values.predicted
    );
    assert_eq!(rest.len(), 2);
    for (report, expected) in rest.iter().zip(Quantisation::ALL) {
        let Report::Quantised {
            quantisation,
            predicted,
        } = report
        else {
            panic!("predictions of a rounded model");
        };
        assert_eq!(*quantisation, expected);
        assert_eq!(predicted.len(), 26);
        // Rounding hardly changes what a model of clear classes says.
        let whole = &rounded.eval_pass().values.predicted;
        let same = predicted.iter().zip(whole).filter(|(a, b)| a == b).count();
        assert!(same >= 24, "{quantisation:?}: {same} of 26");
    }
}

#[test]
fn rounding_to_eight_bits_is_seen() {
    // A model that has learned nothing is near every boundary.
    let mut scenario = Scenario::blobs(Model::Mlp, 400, 16);
    scenario.recipe.lr = 1e-4;
    scenario.recipe.epochs = 1;
    scenario.recipe.checkpoints.clear();
    scenario.quantise = vec![Quantisation::Int8];
    let run = scenario.run();
    let Some(Report::Quantised { predicted, .. }) = run.reports.last() else {
        panic!("predictions of a rounded model");
    };
    assert_ne!(*predicted, run.eval_pass().values.predicted);
}
