//! How fast a model trains and is swept here, over random images.

use super::Training;
use crate::epoch::Epoch;
use crate::sweep::Sweep;
use std::time::Instant;
use tch::{Cuda, Device};
use unearth_audit::TrainingError;

/// Images in a second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) trained: f64,
    pub(crate) swept: f64,
}

impl Training<'_> {
    /// Trains one epoch and sweeps all examples, each once before the clock runs: the first step chooses
    /// kernels and asks for memory.
    pub(crate) fn measure_pace(mut self) -> Result<Measured, TrainingError> {
        let scratch = self.scratch.clone();
        let mut epoch = Epoch::plan(self.recipe, self.rows(), self.seed, 0, &scratch)?;
        let batches = self.batches;
        let mut seconds = [0.0; 2];
        for trained in &mut seconds {
            let start = Instant::now();
            for batch in batches.iter() {
                epoch.reach(&batch);
                self.step(&epoch, &batch)?;
            }
            *trained = self.seconds_since(start);
        }
        let all = 0..self.examples.len();
        let _frozen = self.network.weights.freeze();
        let sweep = Sweep::new(&self.network, &self.data, self.recipe);
        let mut swept = [0.0; 2];
        for swept in &mut swept {
            let start = Instant::now();
            for batch in self.eval_batches(all.clone()) {
                let _maps = sweep.of(&batch)?;
            }
            *swept = self.seconds_since(start);
        }
        let images = all.len() as f64;
        Ok(Measured {
            trained: images / seconds[1],
            swept: images / swept[1],
        })
    }

    fn seconds_since(&self, start: Instant) -> f64 {
        if let Device::Cuda(number) = self.device() {
            Cuda::synchronize(number as i64);
        }
        start.elapsed().as_secs_f64()
    }
}
