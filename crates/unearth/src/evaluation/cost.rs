//! What a trial cost.

use super::trial::Trial;
use serde::Serialize;
use serde_json::Value;

/// Seconds as the audits measured them, and in units of its plain training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Cost {
    /// Plain training: the main run's optimiser steps and the record of every example that is kept beside them,
    /// less the share of its probes.
    pub(super) training_secs: f64,
    /// In gradient sweeps.
    pub(super) sweep_secs: f64,
    /// From the audit's start to its end: data, training, sweeps, eval pass, scores and storage.
    pub(super) audit_secs: f64,
    /// The same of all folds of the baseline together.
    pub(super) baseline_secs: Option<f64>,
    /// None where they would compare different things.
    pub(super) relative: Option<Relative>,
    /// Why there are none.
    pub(super) reason: Option<&'static str>,
}

/// In units of `training_secs`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Relative {
    pub(super) audit: f64,
    /// Less the gradient sweeps, which VoG alone needs.
    pub(super) audit_without_sweeps: f64,
    pub(super) baseline: Option<f64>,
}

impl Cost {
    pub(super) fn of(trial: &Trial) -> Self {
        let seconds = |audit: &Value, of: &str| audit["result"][of].as_f64().unwrap_or(f64::NAN);
        let audit = &trial.audit;
        let folds = trial.baseline.as_ref().map(|baseline| &baseline.audits);
        let mut cost = Self {
            training_secs: training(audit, trial.labels.given.len()),
            sweep_secs: seconds(audit, "sweep_secs"),
            audit_secs: seconds(audit, "wall_secs"),
            baseline_secs: folds
                .map(|folds| folds.iter().map(|fold| seconds(fold, "wall_secs")).sum()),
            relative: None,
            reason: None,
        };
        let mut audits = std::iter::once(audit).chain(folds.into_iter().flatten());
        if audits.any(|audit| audit["attempts"] != 1) {
            cost.reason = Some(
                "an audit was interrupted: its training was timed in the last attempt alone, and its end \
                 includes the time in between",
            );
        } else {
            cost.relative = Some(cost.relative());
        }
        cost
    }

    fn relative(&self) -> Relative {
        Relative {
            audit: self.audit_secs / self.training_secs,
            audit_without_sweeps: (self.audit_secs - self.sweep_secs) / self.training_secs,
            baseline: self
                .baseline_secs
                .map(|seconds| seconds / self.training_secs),
        }
    }
}

/// Seconds of the main run's optimiser steps over the `examples` alone.
fn training(audit: &Value, examples: usize) -> f64 {
    let runs = audit["result"]["runs"].as_array().into_iter().flatten();
    let main = runs.into_iter().find(|run| run["role"] == "main");
    let fit = main
        .and_then(|main| main["fit_secs"].as_f64())
        .unwrap_or(f64::NAN);
    let probes = &audit["recipe"]["probes"];
    let suites = probes["suites"].as_array().map_or(0, Vec::len);
    let probes = suites as f64 * probes["suite_size"].as_f64().unwrap_or(0.0);
    fit * examples as f64 / (examples as f64 + probes)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{labels::Labels, trial::Baseline},
        *,
    };
    use serde_json::json;

    fn audit(seconds: [f64; 3], attempts: i32) -> Value {
        let [fit, sweep, wall] = seconds;
        json!({
            "attempts": attempts,
            "result": {
                "fit_secs": fit,
                "sweep_secs": sweep,
                "wall_secs": wall,
                "runs": [{"role": "main", "fit_secs": fit}],
            },
        })
    }

    fn trial(audit: Value, folds: Option<Vec<Value>>) -> Trial {
        let labels = Labels {
            given: vec![0, 1],
            truth: vec![0, 0],
        };
        Trial {
            seed: 0,
            labels,
            audit,
            signals: Vec::new(),
            archaeology: None,
            baseline: folds.map(|audits| Baseline {
                self_confidence: Vec::new(),
                audits,
            }),
        }
    }

    #[test]
    fn times_are_in_units_of_the_audits_own_training() {
        let folds = vec![audit([30.0, 0.0, 36.0], 1), audit([30.0, 0.0, 40.0], 1)];
        let cost = Cost::of(&trial(audit([40.0, 20.0, 70.0], 1), Some(folds)));
        let relative = Relative {
            audit: 1.75,
            audit_without_sweeps: 1.25,
            baseline: Some(1.9),
        };
        assert_eq!((cost.relative, cost.reason), (Some(relative), None));
        let alone = Cost::of(&trial(audit([40.0, 20.0, 70.0], 1), None));
        assert_eq!(alone.relative.and_then(|relative| relative.baseline), None);
    }

    #[test]
    fn probes_and_the_pilot_are_no_part_of_plain_training() {
        let mut with_archaeology = audit([60.0, 20.0, 90.0], 1);
        with_archaeology["result"]["runs"] = json!([
            {"role": "pilot", "fit_secs": 10.0},
            {"role": "main", "fit_secs": 50.0},
        ]);
        // Half a probe for each of the two examples.
        with_archaeology["recipe"]["probes"] = json!({"suites": ["corrupted"], "suite_size": 0.5});
        let cost = Cost::of(&trial(with_archaeology, None));
        assert!((cost.training_secs - 40.0).abs() < 1e-9, "{cost:?}");
    }

    #[test]
    fn what_was_interrupted_is_not_compared() {
        let whole = audit([40.0, 20.0, 70.0], 1);
        let interrupted = audit([4.0, 20.0, 700.0], 2);
        for trial in [
            trial(interrupted.clone(), None),
            trial(whole, Some(vec![interrupted])),
        ] {
            let cost = Cost::of(&trial);
            assert_eq!(cost.relative, None);
            assert!(cost.reason.is_some_and(|why| why.contains("interrupted")));
        }
    }
}
