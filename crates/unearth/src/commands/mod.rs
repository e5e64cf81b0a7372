//! One file per command.

pub(crate) mod audit;
pub(crate) mod doctor;
pub(crate) mod external;
pub(crate) mod health;
pub(crate) mod migrate;
pub(crate) mod openapi;
pub(crate) mod serve;
pub(crate) mod token;
pub(crate) mod up;
pub(crate) mod work;
