//! Probes: extra rows of known kind that a training learns beside the examples.

mod draw;
mod synthesis;

pub use draw::{Strata, fits, in_turn};
pub use synthesis::{Sources, Synthesised, SynthesisedProbe, synthesise};
