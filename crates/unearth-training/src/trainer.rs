//! The [`Trainer`] over libtorch.

use crate::data;
use crate::device::{self, DeviceChoice, DeviceError};
use crate::failure;
use crate::fit::Training;
use crate::phases::{self, PhaseSeconds};
use crate::random_images::RandomImages;
use crate::resume::Identity;
use crate::scratch::Scratch;
use crate::shim;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::PoisonError;
use tch::Device;
use unearth_audit::{
    Environment, Examples, Model, ModelPace, Phase, Precision, Progress, Report, Stop, Trainer,
    TrainingError, TrainingJob, TrainingOutcome, TrainingSink,
};

/// Trains on one device with a fixed number of threads.
#[derive(Debug)]
pub struct LibtorchTrainer {
    device: Device,
    environment: Environment,
    scratch: PathBuf,
    resident_bytes: Option<u64>,
    is_recording: bool,
    phases: Option<phases::Shared>,
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
            scratch: std::env::temp_dir(),
            resident_bytes: None,
            is_recording: true,
            phases: None,
        })
    }

    /// Keeps at most so many bytes of pixels on the device; what does not fit is read batch by batch. By
    /// default half of a GPU's free memory, and on the CPU what is resized to 1 GiB.
    #[must_use]
    pub fn resident_bytes(self, bytes: Option<u64>) -> Self {
        Self {
            resident_bytes: bytes,
            ..self
        }
    }

    /// Keeps in files in this folder what grows with the number of examples; without it, in the system's folder for such
    /// files.
    #[must_use]
    pub fn scratch(self, folder: PathBuf) -> Self {
        Self {
            scratch: folder,
            ..self
        }
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

    /// Reads the clock between the parts of a step, for which a GPU is waited for each time.
    #[doc(hidden)]
    #[must_use]
    pub fn timing_phases(self) -> Self {
        Self {
            phases: Some(phases::Shared::default()),
            ..self
        }
    }

    /// Seconds of each part since the last call; none of them unless they are timed.
    #[doc(hidden)]
    pub fn take_phases(&self) -> PhaseSeconds {
        let Some(phases) = &self.phases else {
            return PhaseSeconds::default();
        };
        std::mem::take(&mut *phases.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs work of libtorch on this thread: its panics become errors, and the memory that it freed goes
    /// back.
    fn guarded<T>(
        &self,
        work: impl FnOnce() -> Result<T, TrainingError>,
    ) -> Result<T, TrainingError> {
        // The count belongs to the calling thread, and an earlier failure in it may have left
        // gradients switched off.
        tch::set_num_threads(self.environment.threads as i32);
        let outcome = tch::with_grad(|| failure::caught(self.device, work));
        shim::return_freed_memory();
        outcome
    }

    /// Measures how fast a model is here, over random images: a few seconds, more on a slow device. Blocks the calling thread.
    ///
    /// # Errors
    /// [`TrainingError`]
    pub fn pace(&self, model: Model, precision: Precision) -> Result<ModelPace, TrainingError> {
        let is_slow = precision == Precision::Bf16 && !device::computes_bf16(self.device);
        let random = RandomImages::of(model, precision, is_slow);
        let (job, examples) = (random.job(), random.examples());
        let measured = self.guarded(|| {
            let identity = self.identity(&job, &examples);
            Training::prepare(
                &job,
                &examples,
                self.scratch_of_device(),
                u64::MAX,
                identity,
            )?
            .measure_pace()
        })?;
        Ok(ModelPace {
            model,
            precision,
            side: random.side(),
            trained_per_second: measured.trained,
            swept_per_second: measured.swept,
        })
    }

    fn scratch_of_device(&self) -> Scratch {
        Scratch::new(&self.scratch, self.device)
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

    fn return_freed_memory(&self) {
        shim::return_freed_memory();
    }

    fn train(
        &self,
        job: &TrainingJob<'_>,
        examples: &Examples<'_>,
        sink: &mut dyn TrainingSink,
    ) -> Result<TrainingOutcome, TrainingError> {
        self.guarded(|| {
            sink.report(Report::Progress(loading(job)))
                .map_err(|Stop| TrainingError::Stopped)?;
            let identity = self.identity(job, examples);
            let room = data::room(self.device, self.resident_bytes)
                .map_err(|message| failure::from_message(self.device, &message))?;
            let training =
                Training::prepare(job, examples, self.scratch_of_device(), room, identity)?
                    .measured(self.is_recording, self.phases.clone());
            training.run(sink)
        })
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
