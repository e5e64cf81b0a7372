//! The [`Trainer`] over libtorch.

use crate::device::{self, DeviceChoice, DeviceError};
use crate::failure;
use crate::fit::Training;
use crate::resume::Identity;
use crate::shim;
use std::num::NonZeroUsize;
use tch::Device;
use unearth_audit::{
    Environment, Examples, Phase, Progress, Report, Stop, Trainer, TrainingError, TrainingJob,
    TrainingOutcome, TrainingSink,
};

/// Trains on one device with a fixed number of threads.
#[derive(Debug)]
pub struct LibtorchTrainer {
    device: Device,
    environment: Environment,
    is_recording: bool,
}

impl LibtorchTrainer {
    /// Chooses the device and sets libtorch up for this process: reproducible kernels, f32
    /// without TF32 and, on the CPU, an allocator that keeps freed memory between steps.
    ///
    /// # Errors
    /// [`DeviceError`] when the chosen device cannot be used, with what to do about it.
    pub fn new(choice: DeviceChoice, threads: NonZeroUsize) -> Result<Self, DeviceError> {
        let device = device::resolve(choice)?;
        shim::be_reproducible().map_err(DeviceError::Libtorch)?;
        if device == Device::Cpu {
            shim::keep_freed_memory();
        }
        Ok(Self {
            device,
            environment: device::environment(device, threads.get()),
            is_recording: true,
        })
    }

    /// Trains without the in-flight record of every example, so that its cost can be measured; nothing but
    /// the eval pass can be scored then.
    #[doc(hidden)]
    #[must_use]
    pub fn without_records(self) -> Self {
        Self {
            is_recording: false,
            ..self
        }
    }

    fn identity(&self, job: &TrainingJob<'_>, examples: &Examples<'_>) -> Identity {
        Identity {
            recipe: job.recipe.hash(),
            seed: job.seed,
            examples: examples.len(),
            threads: self.environment.threads,
            device: self.environment.device_kind(),
            torch: self.environment.torch.clone(),
            unearth: self.environment.unearth.clone(),
        }
    }
}

impl Trainer for LibtorchTrainer {
    fn environment(&self) -> Environment {
        self.environment.clone()
    }

    fn train(
        &self,
        job: &TrainingJob<'_>,
        examples: &Examples<'_>,
        sink: &mut dyn TrainingSink,
    ) -> Result<TrainingOutcome, TrainingError> {
        // The count belongs to the calling thread, and an earlier failure in it may have left
        // gradients switched off.
        tch::set_num_threads(self.environment.threads as i32);
        let outcome = tch::with_grad(|| {
            failure::caught(self.device, || {
                sink.report(Report::Progress(loading(job)))
                    .map_err(|Stop| TrainingError::Stopped)?;
                let identity = self.identity(job, examples);
                let training = Training::prepare(job, examples, self.device, identity)?;
                if self.is_recording {
                    training.run(sink)
                } else {
                    training.without_records().run(sink)
                }
            })
        });
        shim::return_freed_memory();
        outcome
    }
}

fn loading(job: &TrainingJob<'_>) -> Progress {
    Progress {
        phase: Phase::Loading,
        epoch: 0,
        epochs: job.recipe.epochs,
        checkpoint: 0,
        checkpoints: job.recipe.checkpoints.len() as u32,
        step: 0,
        total: 0,
        examples_per_second: None,
        eta_seconds: None,
    }
}
