//! Probes: extra rows of known kind that a training learns beside the examples.

mod draw;
mod synthesis;

pub use draw::{Strata, by_stratum, fits, in_turn};
pub use synthesis::{Synthesised, SynthesisedProbe, synthesise};
