//! Whole trainings of tiny models through the public trait.

mod continuation;
mod determinism;
mod endings;
mod learning;
mod maps;
mod models;
mod records;
mod scenario;
