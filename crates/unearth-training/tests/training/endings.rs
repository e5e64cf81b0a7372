//! Trainings that end early.

use crate::scenario::{Recorder, Scenario};
use unearth_audit::{Model, Report, Stop, TrainingError, TrainingSink};

#[test]
fn a_training_that_diverges_says_so_and_what_to_do() {
    let mut scenario = Scenario::blobs(Model::CnnS, 32, 2);
    scenario.recipe.lr = 1e20;
    scenario.recipe.epochs = 6;
    let error = scenario.run_from(None).err().expect("it diverges");
    assert!(matches!(error, TrainingError::Diverged { .. }), "{error:?}");
    assert!(!error.is_worth_retrying());
    assert!(error.to_string().contains("lower `recipe.lr`"), "{error}");
}

#[test]
fn nothing_to_train_on_is_refused() {
    let mut scenario = Scenario::blobs(Model::CnnS, 4, 2);
    scenario.trained.clear();
    let error = scenario.run_from(None).err();
    assert!(matches!(error, Some(TrainingError::Unsuitable(_))));
}

/// Asks to stop after so many checks.
struct Impatient {
    checks_left: usize,
    stopped: bool,
    reports: Recorder,
}

impl TrainingSink for Impatient {
    fn report(&mut self, report: Report) -> Result<(), Stop> {
        assert!(!self.stopped, "a report after the stop");
        self.reports.report(report)
    }

    fn check(&mut self) -> Result<(), Stop> {
        assert!(!self.stopped, "a check after the stop");
        if self.checks_left == 0 {
            self.stopped = true;
            return Err(Stop);
        }
        self.checks_left -= 1;
        Ok(())
    }
}

#[test]
fn it_stops_between_any_two_batches() {
    // Four batches an epoch, one batch a sweep: two epochs, a sweep after the first, one eval pass.
    let mut scenario = Scenario::blobs(Model::Mlp, 16, 2);
    scenario.recipe.checkpoints = vec![1];
    let asked = 2 * 4 + 1 + 1;
    for checks in 0..=asked {
        let mut sink = Impatient {
            checks_left: checks,
            stopped: false,
            reports: Recorder::default(),
        };
        let result = scenario.run_into(None, &mut sink);
        if checks == asked {
            assert!(result.is_ok());
        } else {
            assert!(matches!(result, Err(TrainingError::Stopped)), "{checks}");
            let epochs = sink
                .reports
                .reports
                .iter()
                .filter(|r| matches!(r, Report::Epoch(_)));
            // The record is reported before the check that follows the epoch's last batch.
            let expected = usize::from(checks >= 4) + usize::from(checks >= 9);
            assert_eq!(epochs.count(), expected, "{checks}");
        }
    }
}

/// Refuses its first report of a kind.
struct Refuses(fn(&Report) -> bool);

impl TrainingSink for Refuses {
    fn report(&mut self, report: Report) -> Result<(), Stop> {
        if (self.0)(&report) { Err(Stop) } else { Ok(()) }
    }

    fn check(&mut self) -> Result<(), Stop> {
        Ok(())
    }
}

#[test]
fn a_refused_report_stops_it() {
    let scenario = Scenario::blobs(Model::Mlp, 8, 2);
    let kinds: [fn(&Report) -> bool; 5] = [
        |report| matches!(report, Report::Progress(_)),
        |report| matches!(report, Report::Epoch(_)),
        |report| matches!(report, Report::ResumePoint { .. }),
        |report| matches!(report, Report::Maps(_)),
        |report| matches!(report, Report::SweepDone { .. }),
    ];
    for kind in kinds {
        let result = scenario.run_into(None, &mut Refuses(kind));
        assert!(matches!(result, Err(TrainingError::Stopped)));
    }
}

/// Keeps progress alone.
#[derive(Default)]
struct Watcher(Vec<unearth_audit::Progress>);

impl TrainingSink for Watcher {
    fn report(&mut self, report: Report) -> Result<(), Stop> {
        if let Report::Progress(progress) = report {
            self.0.push(progress);
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), Stop> {
        Ok(())
    }
}

#[test]
fn progress_names_every_phase_and_ends_at_nothing_left() {
    use unearth_audit::Phase::{Evaluating, Loading, Snapshotting, Training};
    let mut sink = Watcher::default();
    let mut scenario = Scenario::blobs(Model::Mlp, 16, 2);
    scenario.recipe.checkpoints = vec![1];
    scenario.run_into(None, &mut sink).unwrap();
    let mut phases: Vec<_> = sink.0.iter().map(|p| p.phase).collect();
    phases.dedup();
    assert_eq!(
        phases,
        [Loading, Training, Snapshotting, Training, Evaluating]
    );
    let last = sink.0.last().unwrap();
    assert_eq!(
        (last.step, last.total, last.epoch, last.checkpoint),
        (16, 16, 2, 1)
    );
    assert_eq!(last.eta_seconds, Some(0.0));
    assert!(sink.0.iter().all(|p| p.step <= p.total));
    assert!(last.examples_per_second.is_some());
}
