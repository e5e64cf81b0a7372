//! Datasets that are read on this side, with their progress on the screen.

use crate::{
    client::{
        progress::{PhaseBar, Unit},
        upload::unusable,
    },
    exit::Failure,
};
use std::{ops::ControlFlow, path::Path};
use unearth_dataset::{Limits, OnBadExample, PackOptions, PackPhase, Packed, pack};

/// Reads a dataset into `work_dir`, which has room for it.
pub(crate) fn read(
    path: &Path,
    skip_bad_examples: bool,
    work_dir: &Path,
) -> Result<Packed, Failure> {
    let options = PackOptions {
        on_bad_example: if skip_bad_examples {
            OnBadExample::Skip
        } else {
            OnBadExample::Refuse
        },
        ..PackOptions::default()
    };
    let mut shown = Shown::begin();
    let packed = pack(path, &options, &Limits::default(), work_dir, &mut |now| {
        shown.show(now.phase, now.done, now.total);
        ControlFlow::Continue(())
    });
    let packed = packed.map_err(|error| unusable(path, error))?;
    let facts = &packed.facts;
    shown.end(&format!(
        "{} examples in {} classes",
        facts.examples, facts.classes
    ));
    Ok(packed)
}

/// Reading, on the screen.
struct Shown {
    bar: PhaseBar,
    phase: Option<PackPhase>,
}

impl Shown {
    fn begin() -> Self {
        Self {
            bar: PhaseBar::begin("reading", Unit::Nothing),
            phase: None,
        }
    }

    fn show(&mut self, phase: PackPhase, done: u64, total: u64) {
        if self.phase.replace(phase) != Some(phase) {
            let unit = match phase {
                PackPhase::Unpack => Unit::Bytes,
                PackPhase::Scan | PackPhase::Write => Unit::Items,
            };
            self.bar.turn("reading", unit);
        }
        self.bar.set(done, total, String::new());
    }

    fn end(self, summary: &str) {
        self.bar.end(summary);
    }
}
