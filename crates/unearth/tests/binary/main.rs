//! The real binary, run as people run it.

mod archaeology;
mod backup;
mod bucket;
mod chaos;
mod evaluate;
mod exit_codes;
mod external;
mod groups;
mod kill;
mod memory;
mod patience;
mod populations;
mod real;
mod seeds;
mod shutdown;
mod weights;
