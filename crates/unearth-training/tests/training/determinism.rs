//! Seeds fix every bit.

use crate::scenario::{Recorded, Scenario, same_bits};
use unearth_audit::{Augment, Model, Report};

fn assert_same(a: &Recorded, b: &Recorded) {
    assert_eq!(a.reports.len(), b.reports.len());
    for (a, b) in a.reports.iter().zip(&b.reports) {
        assert_same_report(a, b);
    }
}

pub(crate) fn assert_same_report(a: &Report, b: &Report) {
    match (a, b) {
        (Report::Epoch(a), Report::Epoch(b)) => {
            assert_eq!((a.epoch, a.source), (b.epoch, b.source));
            let (x, y) = (&a.values, &b.values);
            for (name, x, y) in [
                ("losses", &x.loss, &y.loss),
                ("p", &x.p_given, &y.p_given),
                ("margins", &x.margin, &y.margin),
                ("EL2N", &x.el2n, &y.el2n),
            ] {
                assert!(same_bits(x, y), "{name} of epoch {}", a.epoch);
            }
            assert_eq!(x.predicted, y.predicted, "predictions of epoch {}", a.epoch);
            assert_eq!(x.best_other, y.best_other, "others of epoch {}", a.epoch);
        }
        (a, b) => assert!(a == b, "{} and {} differ", kind(a), kind(b)),
    }
}

fn kind(report: &Report) -> &'static str {
    match report {
        Report::Progress(_) => "progress",
        Report::Epoch(_) => "an epoch",
        Report::Maps(_) => "maps",
        Report::SweepDone { .. } => "the end of a sweep",
        Report::Quantised { .. } => "predictions of the rounded model",
        Report::ResumePoint { .. } => "a resume point",
    }
}

#[test]
fn pixels_that_do_not_fit_the_device_give_the_same_bits() {
    // Resized, for at their own size the CPU reads them in place.
    let mut scenario = Scenario::blobs_of(Model::CnnS, 18, 3, 9, 3).with_probes(&[2, 0]);
    (scenario.recipe.height, scenario.recipe.width) = (8, 12);
    (scenario.recipe.map_height, scenario.recipe.map_width) = (8, 12);
    scenario.recipe.augment = Augment::FlipCrop;
    let resident = scenario.run();
    scenario.resident_bytes = Some(18 * 8 * 12 * 3 - 1);
    assert_same(&resident, &scenario.run());
}

#[test]
fn equal_seeds_give_equal_bits() {
    for threads in [1, 2] {
        for augment in [Augment::None, Augment::FlipCrop] {
            let mut scenario = Scenario::blobs(Model::CnnS, 18, 3);
            scenario.threads = threads;
            scenario.recipe.augment = augment;
            // Resume points hold every weight and momentum.
            scenario.resume_interval_secs = 0.0;
            assert_same(&scenario.run(), &scenario.run());
        }
    }
}

#[test]
fn another_seed_gives_another_training() {
    let mut scenario = Scenario::blobs(Model::CnnS, 18, 3);
    let first = scenario.run();
    scenario.seed = 2;
    let second = scenario.run();
    assert_ne!(
        first.in_flight()[0].values.loss,
        second.in_flight()[0].values.loss
    );
    assert_ne!(first.chunks()[0].maps, second.chunks()[0].maps);
}

#[test]
fn augmentation_changes_the_training_and_not_what_is_recorded_of_whom() {
    let mut scenario = Scenario::blobs(Model::CnnS, 18, 3);
    let plain = scenario.run();
    scenario.recipe.augment = Augment::FlipCrop;
    let augmented = scenario.run();
    assert_ne!(
        plain.in_flight()[0].values.loss,
        augmented.in_flight()[0].values.loss
    );
    assert!(
        augmented.in_flight()[0]
            .values
            .loss
            .iter()
            .all(|l| l.is_finite())
    );
}
