//! Whole trainings of tiny models through the public trait.
#![expect(clippy::float_cmp, reason = "equal bits are what is tested")]

mod continuation;
mod determinism;
mod endings;
mod learning;
mod maps;
mod models;
mod probes;
mod pruning;
mod quantise;
mod records;
mod scenario;
