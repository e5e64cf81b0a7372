//! Where a training stands, and how long the rest of it takes.

use super::{Training, tell};
use crate::meter::{Pace, Remaining};
use unearth_audit::{Phase, Progress, Report, TrainingError, TrainingSink};

impl Training<'_> {
    pub(super) fn show_progress(
        &mut self,
        sink: &mut dyn TrainingSink,
        phase: Phase,
        step: usize,
        total: usize,
    ) -> Result<(), TrainingError> {
        if step < total && !self.meter.is_due() {
            return Ok(());
        }
        let pace = self.pace(phase);
        let progress = Progress {
            phase,
            epoch: self.position.epoch,
            epochs: self.recipe.epochs,
            checkpoint: self.position.sweeps,
            checkpoints: self.recipe.checkpoints.len() as u32,
            step: step as u64,
            total: total as u64,
            examples_per_second: pace.examples_per_second(),
            eta_seconds: self.meter.eta_seconds(self.remaining(phase, step)),
        };
        tell(sink, Report::Progress(progress))
    }

    fn pace(&self, phase: Phase) -> Pace {
        match phase {
            Phase::Snapshotting => self.meter.sweep,
            Phase::Evaluating => self.meter.eval,
            _ => self.meter.fit,
        }
    }

    /// Work left, with `step` examples of the running phase done.
    fn remaining(&self, phase: Phase, step: usize) -> Remaining {
        let done = |of: Phase| if phase == of { step as u64 } else { 0 };
        let (examples, trained) = (self.examples.len() as u64, self.trained.len() as u64);
        let rows = examples + self.examples.probes.labels.len() as u64;
        let epochs = u64::from(self.recipe.epochs - self.position.epoch);
        let sweeps = self.recipe.checkpoints.len() as u64 - u64::from(self.position.sweeps);
        let evaluations = self.passes_left();
        Remaining {
            fit: epochs * trained - done(Phase::Training),
            sweep: sweeps * examples - done(Phase::Snapshotting),
            eval: (evaluations * rows).saturating_sub(done(Phase::Evaluating)),
        }
    }

    /// Eval passes that no sweep stands for.
    fn passes_left(&self) -> u64 {
        let left = self.recipe.evaluated_epochs();
        let left = left.skip(self.position.evaluations as usize);
        left.filter(|&epoch| !self.recipe.is_evaluated_by_sweep(epoch))
            .count() as u64
    }
}
