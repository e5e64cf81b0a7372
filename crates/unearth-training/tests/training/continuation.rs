//! A training that was cut off continues with the same bits.

use crate::determinism::assert_same_report;
use crate::scenario::Scenario;
use unearth_audit::{Augment, Model, Position, Precision, Report, TrainingError};

fn scenario(model: Model) -> Scenario {
    let mut scenario = Scenario::blobs(model, 23, 3);
    scenario.trained = (0..21).collect();
    scenario.recipe.augment = Augment::FlipCrop;
    scenario.resume_interval_secs = 0.0;
    scenario
}

/// Continues from every resume point; all reports that follow it, later points with all their
/// weights and momenta included, must come again bit for bit.
pub(crate) fn assert_continues_from_everywhere(scenario: &Scenario) -> Vec<Position> {
    let whole = scenario.run();
    let mut positions = Vec::new();
    for (at, report) in whole.reports.iter().enumerate() {
        let Report::ResumePoint { position, bytes } = report else {
            continue;
        };
        let rest = scenario.run_from(Some(bytes)).expect("it continues");
        let expected = &whole.reports[at + 1..];
        assert_eq!(rest.reports.len(), expected.len(), "from {position:?}");
        for (expected, got) in expected.iter().zip(&rest.reports) {
            assert_same_report(expected, got);
        }
        assert_eq!(
            rest.outcome.training_accuracy,
            whole.outcome.training_accuracy
        );
        assert_eq!(
            rest.outcome.held_out_accuracy,
            whole.outcome.held_out_accuracy
        );
        assert_eq!(rest.outcome.layers, whole.outcome.layers);
        positions.push(*position);
    }
    positions
}

#[test]
fn it_continues_exactly_from_every_resume_point() {
    let positions = assert_continues_from_everywhere(&scenario(Model::CnnS));
    // Five batches an epoch (the last of five examples), two epochs, two sweeps.
    let expected: Vec<Position> = [
        (0, 1, 0),
        (0, 2, 0),
        (0, 3, 0),
        (0, 4, 0),
        (1, 0, 0),
        (1, 0, 1),
        (1, 1, 1),
        (1, 2, 1),
        (1, 3, 1),
        (1, 4, 1),
        (2, 0, 1),
        (2, 0, 2),
    ]
    .map(|(epoch, batch, sweeps)| Position {
        epoch,
        batch,
        sweeps,
        evaluations: 0,
    })
    .to_vec();
    assert_eq!(positions, expected);
}

#[test]
fn it_continues_exactly_with_flat_pixels_and_in_bf16() {
    assert_continues_from_everywhere(&scenario(Model::Mlp));
    let mut bf16 = scenario(Model::Mlp);
    bf16.recipe.precision = Precision::Bf16;
    assert_continues_from_everywhere(&bf16);
}

#[test]
fn without_the_interval_there_is_one_point_before_each_sweep() {
    let mut scenario = scenario(Model::Mlp);
    scenario.resume_interval_secs = f64::INFINITY;
    let kinds: String = scenario
        .run()
        .reports
        .iter()
        .map(|report| match report {
            Report::Progress(_) => 'p',
            Report::Epoch(_) => 'E',
            Report::Maps(_) => 'M',
            Report::SweepDone { .. } => 'S',
            Report::Quantised { .. } => 'Q',
            Report::ResumePoint { .. } => 'R',
        })
        .collect();
    assert_eq!(kinds, "ERMSERMSE");
}

type Change = fn(&mut Scenario);

#[test]
fn a_point_of_another_training_is_refused() {
    let scenario_a = scenario(Model::Mlp);
    let whole = scenario_a.run();
    let Some(Report::ResumePoint { bytes, .. }) = whole.reports.first() else {
        panic!("the first report is a resume point")
    };
    let changes: [(&str, Change); 3] = [
        ("seed", |s| s.seed = 9),
        ("recipe", |s| s.recipe.lr = 0.2),
        ("thread count", |s| s.threads = 2),
    ];
    for (field, change) in changes {
        let mut other = scenario(Model::Mlp);
        change(&mut other);
        match other.run_from(Some(bytes)).err() {
            Some(TrainingError::ResumeMismatch(reason)) => assert!(reason.contains(field)),
            other => panic!("{field}: {other:?}"),
        }
    }
}
