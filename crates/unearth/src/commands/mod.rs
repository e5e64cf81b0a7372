//! One file per command, and what several of them share.

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod doctor;
pub(crate) mod evaluate;
pub(crate) mod external;
pub(crate) mod gc;
pub(crate) mod health;
pub(crate) mod login;
pub(crate) mod migrate;
pub(crate) mod openapi;
pub(crate) mod pace;
mod populations;
pub(crate) mod probes;
mod recipe;
pub(crate) mod restore;
pub(crate) mod serve;
pub(crate) mod token;
pub(crate) mod up;
pub(crate) mod work;

/// Bytes of a mebibyte, in which sizes are told.
const MIB: f64 = 1_048_576.0;
