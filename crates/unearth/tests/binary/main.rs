//! The real binary, run as people run it.

mod kill;
mod real;
mod weights;
