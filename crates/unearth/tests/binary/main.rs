//! The real binary, run as people run it.

mod exit_codes;
mod external;
mod kill;
mod patience;
mod real;
mod weights;
