//! Sweeps whose maps are thrown away: beside an audit that keeps them, what storing them costs can be measured.

use unearth_audit::{
    Environment, Examples, Recipe, Report, Stop, Trainer, TrainingError, TrainingJob,
    TrainingOutcome, TrainingSink,
};

/// Sweeps after these epochs in every training that asks for no gradients, and reports none of it.
pub(crate) struct Discarding<T> {
    pub(crate) trainer: T,
    /// Counted from 1, ascending.
    pub(crate) checkpoints: Vec<u32>,
}

impl<T: Trainer> Trainer for Discarding<T> {
    fn environment(&self) -> Environment {
        self.trainer.environment()
    }

    fn return_freed_memory(&self) {
        self.trainer.return_freed_memory();
    }

    fn train(
        &self,
        job: &TrainingJob<'_>,
        examples: &Examples<'_>,
        sink: &mut dyn TrainingSink,
    ) -> Result<TrainingOutcome, TrainingError> {
        if !job.recipe.checkpoints.is_empty() {
            return self.trainer.train(job, examples, sink);
        }
        let recipe = Recipe {
            checkpoints: self.checkpoints.clone(),
            ..job.recipe.clone()
        };
        let job = TrainingJob {
            recipe: &recipe,
            ..job.clone()
        };
        self.trainer.train(&job, examples, &mut WithoutMaps(sink))
    }
}

/// Passes on everything but what belongs to sweeps.
struct WithoutMaps<'s>(&'s mut dyn TrainingSink);

impl TrainingSink for WithoutMaps<'_> {
    fn report(&mut self, report: Report) -> Result<(), Stop> {
        match report {
            Report::Maps(_) | Report::SweepDone { .. } => self.check(),
            other => self.0.report(other),
        }
    }

    fn check(&mut self) -> Result<(), Stop> {
        self.0.check()
    }
}
