//! How fast a recipe trains and sweeps here:
//! `cargo run --release -p unearth-training --example throughput -- cnn-s 10000 32 3 3 2`
//! (model, examples, side, channels, epochs, threads). One sweep per epoch, random images;
//! with `AUGMENT` set they are flipped and shifted.

use std::num::NonZeroUsize;
use std::time::Instant;
use std::{env, thread};
use unearth_audit::{
    Augment, Examples, GradientTarget, Init, Model, Precision, ProbeRows, Recipe, Report, Stop,
    Trainer, TrainingJob, TrainingSink,
};
use unearth_training::{DeviceChoice, LibtorchTrainer};

struct Silent;

impl TrainingSink for Silent {
    fn report(&mut self, _: Report) -> Result<(), Stop> {
        Ok(())
    }

    fn check(&mut self) -> Result<(), Stop> {
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = env::args().skip(1);
    let model = args.next().unwrap_or_else(|| "cnn-s".into());
    let model = Model::ALL
        .into_iter()
        .find(|m| m.as_str() == model)
        .ok_or("no such model")?;
    let mut number = |default: usize| args.next().map_or(Ok(default), |text| text.parse());
    let (examples, side, channels) = (number(10_000)?, number(32)?, number(3)?);
    let epochs = number(3)? as u32;
    let threads = number(thread::available_parallelism()?.get())?;
    let augment = match env::var("AUGMENT") {
        Ok(_) => Augment::FlipCrop,
        Err(_) => Augment::None,
    };

    let pixels: Vec<u8> = (0..examples * side * side * channels)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let labels: Vec<i32> = (0..examples as i32).map(|i| i % 10).collect();
    let indices: Vec<u32> = (0..examples as u32).collect();
    let recipe = Recipe {
        model,
        init: Init::Random,
        height: side as u32,
        width: side as u32,
        epochs,
        batch_size: 128,
        lr: 0.1,
        weight_decay: 5e-4,
        checkpoints: (1..=epochs).collect(),
        gradient_target: GradientTarget::Given,
        augment,
        precision: Precision::F32,
        map_height: side.min(64) as u32,
        map_width: side.min(64) as u32,
        split: None,
        probes: None,
        evaluates_every_epoch: false,
    };
    let threads = NonZeroUsize::new(threads).ok_or("at least one thread")?;
    let trainer = LibtorchTrainer::new(DeviceChoice::Auto, threads)?;
    let start = Instant::now();
    let outcome = thread::spawn(move || {
        let job = TrainingJob {
            recipe: &recipe,
            seed: 0,
            init_weights: None,
            resume: None,
            resume_interval_secs: f64::INFINITY,
        };
        let examples = Examples {
            height: side,
            width: side,
            channels,
            classes: 10,
            pixels: &pixels,
            labels: &labels,
            trained: &indices,
            probes: ProbeRows::default(),
        };
        trainer.train(&job, &examples, &mut Silent)
    });
    let outcome = outcome.join().map_err(|_| "the training panicked")??;
    let all = start.elapsed().as_secs_f64();
    let per_epoch = outcome.fit_secs / f64::from(epochs);
    let per_sweep = outcome.sweep_secs / f64::from(epochs);
    println!(
        "epoch {per_epoch:.2} s ({:.0} examples/s), sweep {per_sweep:.2} s ({:.0} examples/s, {:.2} epochs), rest {:.2} s",
        examples as f64 / per_epoch,
        examples as f64 / per_sweep,
        per_sweep / per_epoch,
        all - outcome.fit_secs - outcome.sweep_secs,
    );
    Ok(())
}
