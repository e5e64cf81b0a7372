//! `unearth pace`: how fast one model is here, for the worker that asks.

use crate::{cli::PaceArgs, exit::Failure};
use rustix::process::{Signal, getpid, kill_process};
use std::{os::unix::process::parent_id, thread, time::Duration};
use unearth_training::LibtorchTrainer;

/// Prints the pace as JSON.
pub(crate) fn run(args: &PaceArgs) -> Result<(), Failure> {
    end_with_parent();
    let trainer = LibtorchTrainer::new(args.device.device, args.device.threads())?;
    let pace = trainer.pace(args.model, args.precision)?;
    println!("{}", serde_json::to_string(&pace)?);
    Ok(())
}

/// Ends with whoever asked, however that died. As by a kill: libtorch may be in the middle of anything, so nothing is tidied up.
fn end_with_parent() {
    let parent = parent_id();
    thread::spawn(move || {
        while parent_id() == parent {
            thread::sleep(Duration::from_millis(200));
        }
        let _ = kill_process(getpid(), Signal::KILL);
    });
}
