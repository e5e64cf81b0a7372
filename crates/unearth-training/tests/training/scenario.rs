//! Small datasets, recipes and a sink that remembers.

use std::num::NonZeroUsize;
use unearth_audit::{
    Augment, EpochRecord, Examples, GradientTarget, Init, LogitSource, MapChunk, Model, Precision,
    ProbeRows, Quantisation, Recipe, Report, Stop, Trainer, TrainingError, TrainingJob,
    TrainingOutcome, TrainingSink,
};
use unearth_training::{DeviceChoice, LibtorchTrainer};

/// A dataset with what is to be trained on it.
pub(crate) struct Scenario {
    pub(crate) recipe: Recipe,
    pub(crate) seed: u64,
    pub(crate) threads: usize,
    pub(crate) resume_interval_secs: f64,
    pub(crate) resident_bytes: Option<u64>,
    pub(crate) side: usize,
    pub(crate) channels: usize,
    pub(crate) classes: usize,
    pub(crate) pixels: Vec<u8>,
    pub(crate) labels: Vec<i32>,
    pub(crate) trained: Vec<u32>,
    pub(crate) probe_pixels: Vec<u8>,
    pub(crate) probe_labels: Vec<i32>,
    pub(crate) quantise: Vec<Quantisation>,
}

impl Scenario {
    /// `examples` images of `classes` classes that differ in which pixels are bright, with noise.
    pub(crate) fn blobs(model: Model, examples: usize, classes: usize) -> Self {
        Self::blobs_of(model, examples, classes, 8, 3)
    }

    pub(crate) fn blobs_of(
        model: Model,
        examples: usize,
        classes: usize,
        side: usize,
        channels: usize,
    ) -> Self {
        let labels: Vec<i32> = (0..examples).map(|i| (i % classes) as i32).collect();
        let values = side * side * channels;
        let pixels = (0..examples * values)
            .map(|i| {
                let (label, pixel) = ((i / values) % classes, i % values);
                let bright = hash(label * values + pixel).is_multiple_of(2);
                let noise = hash(i + 1_000_003) % 100;
                (if bright { 140 } else { 20 } + noise) as u8
            })
            .collect();
        Self {
            recipe: recipe(model, side as u32),
            seed: 1,
            threads: 1,
            resume_interval_secs: f64::INFINITY,
            resident_bytes: None,
            side,
            channels,
            classes,
            pixels,
            labels,
            trained: (0..examples as u32).collect(),
            probe_pixels: vec![],
            probe_labels: vec![],
            quantise: vec![],
        }
    }

    /// With copies of the first examples as probes, under these labels.
    pub(crate) fn with_probes(mut self, labels: &[i32]) -> Self {
        let values = self.side * self.side * self.channels;
        self.probe_pixels = self.pixels[..labels.len() * values].to_vec();
        self.probe_labels = labels.to_vec();
        self
    }

    pub(crate) fn examples(&self) -> Examples<'_> {
        Examples {
            height: self.side,
            width: self.side,
            channels: self.channels,
            classes: self.classes,
            pixels: &self.pixels,
            labels: &self.labels,
            trained: &self.trained,
            probes: ProbeRows {
                pixels: &self.probe_pixels,
                labels: &self.probe_labels,
            },
        }
    }

    /// Trains from the start to the end.
    pub(crate) fn run(&self) -> Recorded {
        self.run_from(None).expect("the training succeeds")
    }

    pub(crate) fn run_from(&self, resume: Option<&[u8]>) -> Result<Recorded, TrainingError> {
        let mut sink = Recorder::default();
        let outcome = self.run_into(resume, &mut sink)?;
        Ok(Recorded {
            reports: sink.reports,
            outcome,
        })
    }

    pub(crate) fn run_into(
        &self,
        resume: Option<&[u8]>,
        sink: &mut dyn TrainingSink,
    ) -> Result<TrainingOutcome, TrainingError> {
        let threads = NonZeroUsize::new(self.threads).expect("at least one thread");
        let trainer = LibtorchTrainer::new(device(), threads)
            .expect("the device can be used")
            .resident_bytes(self.resident_bytes);
        let job = TrainingJob {
            recipe: &self.recipe,
            seed: self.seed,
            init_weights: None,
            resume,
            resume_interval_secs: self.resume_interval_secs,
            quantise: &self.quantise,
        };
        trainer.train(&job, &self.examples(), sink)
    }
}

/// What the tests run on: `UNEARTH_TEST_DEVICE`, or else the CPU.
pub(crate) fn device() -> DeviceChoice {
    match std::env::var("UNEARTH_TEST_DEVICE") {
        Ok(device) => device.parse().expect("UNEARTH_TEST_DEVICE is a device"),
        Err(_) => DeviceChoice::Cpu,
    }
}

/// Two epochs in batches of four, with a sweep after each.
pub(crate) fn recipe(model: Model, side: u32) -> Recipe {
    Recipe {
        model,
        init: Init::Random,
        height: side,
        width: side,
        epochs: 2,
        batch_size: 4,
        lr: 0.05,
        weight_decay: 5e-4,
        checkpoints: vec![1, 2],
        gradient_target: GradientTarget::Given,
        augment: Augment::None,
        precision: Precision::F32,
        sweep_precision: Precision::F32,
        map_height: side,
        map_width: side,
        split: None,
        probes: None,
        evaluates_every_epoch: false,
        pruning: None,
    }
}

/// What a training reported, without its progress.
pub(crate) struct Recorded {
    pub(crate) reports: Vec<Report>,
    pub(crate) outcome: TrainingOutcome,
}

impl Recorded {
    pub(crate) fn in_flight(&self) -> Vec<&EpochRecord> {
        self.records(LogitSource::InFlight)
    }

    pub(crate) fn eval_pass(&self) -> &EpochRecord {
        self.records(LogitSource::EvalPass)[0]
    }

    pub(crate) fn records(&self, source: LogitSource) -> Vec<&EpochRecord> {
        let records = self.reports.iter().filter_map(|report| match report {
            Report::Epoch(record) if record.source == source => Some(&**record),
            _ => None,
        });
        records.collect()
    }

    pub(crate) fn chunks(&self) -> Vec<&MapChunk> {
        let chunks = self.reports.iter().filter_map(|report| match report {
            Report::Maps(chunk) => Some(chunk),
            _ => None,
        });
        chunks.collect()
    }
}

/// Keeps every report but progress.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) reports: Vec<Report>,
}

impl TrainingSink for Recorder {
    fn report(&mut self, report: Report) -> Result<(), Stop> {
        if !matches!(report, Report::Progress(_)) {
            self.reports.push(report);
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), Stop> {
        Ok(())
    }
}

/// The maps of a chunk as f32, one after the other.
pub(crate) fn decoded(chunk: &MapChunk) -> Vec<f32> {
    let bytes_per_map = chunk.maps.len() / chunk.scales.len();
    let mut pixels = vec![0.0; chunk.maps.len() / 2];
    for ((scale, bytes), out) in chunk
        .scales
        .iter()
        .zip(chunk.maps.chunks(bytes_per_map))
        .zip(pixels.chunks_mut(bytes_per_map / 2))
    {
        unearth_signals::maps::decode(*scale, bytes, out);
    }
    pixels
}

/// Equal bits, which NaN has no equality for.
pub(crate) fn same_bits(a: &[f32], b: &[f32]) -> bool {
    let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    bits(a) == bits(b)
}

fn hash(i: usize) -> usize {
    let mixed = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 33) as usize
}
