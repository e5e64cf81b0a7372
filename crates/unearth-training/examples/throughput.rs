//! How fast a recipe trains and sweeps here:
//! `cargo run --release -p unearth-training --example throughput -- cnn-s 10000 32 3 3 2`
//! (model, examples, side, channels, epochs, threads). One sweep per epoch, random images;
//! with `AUGMENT` set they are flipped and shifted, with `BF16` set trained on in that precision, with `SWEEP_BF16` swept in
//! it. With `RECORDER`
//! set it trains so often without sweeps, with and without the record of every example by turns, and says what
//! the record costs: take one thread for that, of which it also knows the processor time, and with it a figure
//! that other programs do not disturb. With `PHASES` set, the seconds of an epoch's parts and of a sweep are
//! printed as well; on a GPU that waits for the device at each of them.

use std::error::Error;
use std::num::NonZeroUsize;
use std::time::Instant;
use std::{env, thread};
use unearth_audit::{
    Augment, Examples, GradientTarget, Init, Model, Precision, ProbeRows, Recipe, Report, Stop,
    Trainer, TrainingJob, TrainingOutcome, TrainingSink,
};
use unearth_training::{DeviceChoice, LibtorchTrainer, PhaseSeconds};

type Failed = Box<dyn Error + Send + Sync>;

struct Silent;

impl TrainingSink for Silent {
    fn report(&mut self, _: Report) -> Result<(), Stop> {
        Ok(())
    }

    fn check(&mut self) -> Result<(), Stop> {
        Ok(())
    }
}

fn main() -> Result<(), Failed> {
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

    let precision_of = |name: &str| match env::var(name) {
        Ok(_) => Precision::Bf16,
        Err(_) => Precision::F32,
    };
    let (precision, sweep_precision) = (precision_of("BF16"), precision_of("SWEEP_BF16"));

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
        precision,
        sweep_precision,
        map_height: side.min(64) as u32,
        map_width: side.min(64) as u32,
        split: None,
        probes: None,
        evaluates_every_epoch: false,
        pruning: None,
    };
    let threads = NonZeroUsize::new(threads).ok_or("at least one thread")?;
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
    let trainer = || LibtorchTrainer::new(DeviceChoice::Auto, threads);
    match env::var("RECORDER") {
        Ok(turns) => {
            let recipe = Recipe {
                checkpoints: Vec::new(),
                ..recipe
            };
            let (with, without) = (trainer()?, trainer()?.without_records());
            recorder(&with, &without, &recipe, &examples, turns.parse()?)
        }
        Err(_) if env::var("PHASES").is_ok() => {
            let trainer = trainer()?.timing_phases();
            speed(&trainer, &recipe, &examples)?;
            phases(&trainer.take_phases(), epochs);
            Ok(())
        }
        Err(_) => speed(&trainer()?, &recipe, &examples),
    }
}

fn speed(
    trainer: &LibtorchTrainer,
    recipe: &Recipe,
    examples: &Examples<'_>,
) -> Result<(), Failed> {
    let start = Instant::now();
    let outcome = trained(trainer, recipe, examples)?.outcome;
    let all = start.elapsed().as_secs_f64();
    let per_epoch = outcome.fit_secs / f64::from(recipe.epochs);
    let per_sweep = outcome.sweep_secs / f64::from(recipe.epochs);
    println!(
        "epoch {per_epoch:.2} s ({:.0} examples/s), sweep {per_sweep:.2} s ({:.0} examples/s, {:.2} epochs), rest {:.2} s",
        examples.len() as f64 / per_epoch,
        examples.len() as f64 / per_sweep,
        per_sweep / per_epoch,
        all - outcome.fit_secs - outcome.sweep_secs,
    );
    Ok(())
}

/// Of one epoch and one sweep; the eval pass happens once.
fn phases(of: &PhaseSeconds, epochs: u32) {
    for (name, seconds) in [
        ("data", of.data),
        ("forward", of.forward),
        ("backward", of.backward),
        ("optimiser", of.optimiser),
        ("recorder", of.recorder),
        ("sweep", of.sweep),
    ] {
        println!("{name:10} {:.3} s", seconds / f64::from(epochs));
    }
    println!("evaluation {:.3} s, once", of.evaluation);
}

/// What the record costs, by turns, the order turned each time: what else runs on the machine and what warms
/// up meets both alike.
fn recorder(
    with: &LibtorchTrainer,
    without: &LibtorchTrainer,
    recipe: &Recipe,
    examples: &Examples<'_>,
    turns: usize,
) -> Result<(), Failed> {
    let (mut of_steps, mut of_processor) = (Vec::new(), Vec::new());
    for turn in 0..turns {
        let turned = turn % 2 == 1;
        let order = if turned {
            [without, with]
        } else {
            [with, without]
        };
        let [first, second] = [
            trained(order[0], recipe, examples)?,
            trained(order[1], recipe, examples)?,
        ];
        let (recorded, plain) = if turned {
            (second, first)
        } else {
            (first, second)
        };
        of_steps.push(recorded.outcome.fit_secs / plain.outcome.fit_secs);
        of_processor.push(recorded.processor_secs / plain.processor_secs);
        println!(
            "optimiser steps {:.2} s plain, {:.2} s recorded; processor {:.2} s plain, {:.2} s recorded",
            plain.outcome.fit_secs,
            recorded.outcome.fit_secs,
            plain.processor_secs,
            recorded.processor_secs
        );
    }
    for (what, mut ratios) in [("optimiser steps", of_steps), ("processor", of_processor)] {
        ratios.sort_by(f64::total_cmp);
        if let [least, .., most] = ratios[..] {
            let median = ratios[ratios.len() / 2];
            println!("{what}: recorded ÷ plain {median:.3}, from {least:.3} to {most:.3}");
        }
    }
    Ok(())
}

/// How a training ended, and the processor time of its thread: all of it, the eval pass included.
struct Trained {
    outcome: TrainingOutcome,
    processor_secs: f64,
}

/// Trains on a thread of its own, as the worker does: the number of threads belongs to it.
fn trained(
    trainer: &LibtorchTrainer,
    recipe: &Recipe,
    examples: &Examples<'_>,
) -> Result<Trained, Failed> {
    let job = TrainingJob {
        recipe,
        seed: 0,
        init_weights: None,
        resume: None,
        resume_interval_secs: f64::INFINITY,
        quantise: &[],
    };
    thread::scope(|scope| {
        let training = scope.spawn(|| -> Result<Trained, Failed> {
            let before = processor_secs()?;
            let outcome = trainer.train(&job, examples, &mut Silent)?;
            Ok(Trained {
                outcome,
                processor_secs: processor_secs()? - before,
            })
        });
        training.join().map_err(|_| "the training panicked")?
    })
}

/// Processor time of the calling thread: the first number of `schedstat`, see `proc_pid_schedstat(5)`.
fn processor_secs() -> Result<f64, Failed> {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: u64 = line.split(' ').next().unwrap_or_default().parse()?;
    Ok(nanoseconds as f64 / 1e9)
}
