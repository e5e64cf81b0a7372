//! How fast a training goes and how long it will take.

use std::time::{Duration, Instant};

/// Shortest time between two progress reports.
const REPORT_INTERVAL: Duration = Duration::from_millis(250);
/// Cost of an example in a sweep, and in the eval pass, beside a training step: used until they
/// are measured.
const SWEEP_COST: f64 = 0.6;
const EVAL_COST: f64 = 0.2;

/// Examples done and the time they took, per kind of work in this attempt.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub(crate) fit: Pace,
    pub(crate) sweep: Pace,
    pub(crate) eval: Pace,
    reported: Option<Instant>,
}

/// Work done of one kind.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Pace {
    examples: u64,
    time: Duration,
}

/// Examples still to be worked on, per kind of work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Remaining {
    pub(crate) fit: u64,
    pub(crate) sweep: u64,
    pub(crate) eval: u64,
}

impl Meter {
    /// Whether enough time has passed since the last report; if so, the next wait begins.
    pub(crate) fn is_due(&mut self) -> bool {
        let due = self
            .reported
            .is_none_or(|at| at.elapsed() >= REPORT_INTERVAL);
        if due {
            self.reported = Some(Instant::now());
        }
        due
    }

    /// Estimated seconds for what remains; none before anything was measured.
    pub(crate) fn eta_seconds(&self, remaining: Remaining) -> Option<f64> {
        let fit = self
            .fit
            .seconds_per_example()
            .or_else(|| self.sweep.seconds_per_example().map(|s| s / SWEEP_COST))?;
        let sweep = self.sweep.seconds_per_example().unwrap_or(fit * SWEEP_COST);
        let eval = self.eval.seconds_per_example().unwrap_or(fit * EVAL_COST);
        Some(
            remaining.fit as f64 * fit
                + remaining.sweep as f64 * sweep
                + remaining.eval as f64 * eval,
        )
    }
}

impl Pace {
    /// Adds work done since `start`.
    pub(crate) fn add(&mut self, examples: usize, start: Instant) {
        self.examples += examples as u64;
        self.time += start.elapsed();
    }

    /// Adds time that brought no example further.
    pub(crate) fn add_time(&mut self, start: Instant) {
        self.time += start.elapsed();
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.time.as_secs_f64()
    }

    pub(crate) fn examples_per_second(&self) -> Option<f64> {
        self.seconds_per_example().map(f64::recip)
    }

    fn seconds_per_example(&self) -> Option<f64> {
        let measured = self.examples > 0 && !self.time.is_zero();
        measured.then(|| self.seconds() / self.examples as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(examples: u64, seconds: u64) -> Pace {
        Pace {
            examples,
            time: Duration::from_secs(seconds),
        }
    }

    const REMAINING: Remaining = Remaining {
        fit: 100,
        sweep: 10,
        eval: 10,
    };

    #[test]
    fn the_estimate_uses_what_was_measured() {
        let mut meter = Meter::default();
        assert_eq!(meter.eta_seconds(REMAINING), None);
        meter.fit = pace(10, 20);
        assert_eq!(meter.eta_seconds(REMAINING), Some(200.0 + 12.0 + 4.0));
        meter.sweep = pace(10, 10);
        assert_eq!(meter.eta_seconds(REMAINING), Some(200.0 + 10.0 + 4.0));
        assert_eq!(meter.fit.examples_per_second(), Some(0.5));
    }

    #[test]
    fn the_first_report_is_due_and_the_next_is_not() {
        let mut meter = Meter::default();
        assert!(meter.is_due());
        assert!(!meter.is_due());
    }
}
