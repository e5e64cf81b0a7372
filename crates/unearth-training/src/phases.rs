//! Where the time of a training goes, for benchmarks alone: on a GPU every reading of the clock waits
//! for the device.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tch::{Cuda, Device};

/// Seconds spent in each part of the trainings so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PhaseSeconds {
    /// Gathering, augmenting and normalising batches.
    pub data: f64,
    /// The network's forward pass and the loss, of optimiser steps.
    pub forward: f64,
    /// The backward pass of optimiser steps.
    pub backward: f64,
    /// Moving the weights.
    pub optimiser: f64,
    /// Noting the record of every example.
    pub recorder: f64,
    /// Gradient sweeps, with encoding their maps.
    pub sweep: f64,
    /// Eval passes.
    pub evaluation: f64,
}

/// Clock whose readings outlive the training.
pub(crate) type Shared = Arc<Mutex<PhaseSeconds>>;

/// Adds what passed since its last reading to one phase; does nothing where nobody wants to know.
pub(crate) struct PhaseClock {
    seconds: Option<Shared>,
    device: Device,
    read: Instant,
}

impl PhaseClock {
    pub(crate) fn new(seconds: Option<Shared>, device: Device) -> Self {
        Self {
            seconds,
            device,
            read: Instant::now(),
        }
    }

    /// Lets the time since the last reading pass uncounted.
    pub(crate) fn begin(&mut self) {
        self.reading();
    }

    /// Adds the time since the last reading to `phase`.
    pub(crate) fn lap(&mut self, phase: impl FnOnce(&mut PhaseSeconds) -> &mut f64) {
        let Some(passed) = self.reading() else {
            return;
        };
        if let Some(seconds) = &self.seconds {
            let mut seconds = seconds.lock().unwrap_or_else(PoisonError::into_inner);
            *phase(&mut seconds) += passed;
        }
    }

    fn reading(&mut self) -> Option<f64> {
        self.seconds.as_ref()?;
        if let Device::Cuda(number) = self.device {
            Cuda::synchronize(number as i64);
        }
        let now = Instant::now();
        let passed = (now - self.read).as_secs_f64();
        self.read = now;
        Some(passed)
    }
}
