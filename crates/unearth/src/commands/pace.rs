//! `unearth pace`: how fast one model is here, for the worker that asks.

use crate::{cli::PaceArgs, exit::Failure};
use std::{
    os::unix::process::parent_id,
    process, thread,
    time::{Duration, Instant},
};
use unearth_audit::Trainer as _;
use unearth_training::LibtorchTrainer;

/// A model that takes longer is not measured.
const LONGEST: Duration = Duration::from_mins(1);

/// Prints the pace as JSON; `null` where none can be told.
pub(crate) fn run(args: &PaceArgs) -> Result<(), Failure> {
    end_in_time();
    let trainer = LibtorchTrainer::new(args.device.device, args.device.threads())?;
    let pace = trainer.pace(args.model, args.precision)?;
    println!("{}", serde_json::to_string(&pace)?);
    Ok(())
}

/// Ends with whoever asked, and in any case.
fn end_in_time() {
    let (parent, begun) = (parent_id(), Instant::now());
    thread::spawn(move || {
        while parent_id() == parent && begun.elapsed() < LONGEST {
            thread::sleep(Duration::from_millis(200));
        }
        process::exit(1);
    });
}
