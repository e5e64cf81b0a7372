//! One file per resource and group of verbs.

mod accepted;
pub(crate) mod archaeology;
pub(crate) mod audits;
mod chosen;
pub(crate) mod datasets;
pub(crate) mod document;
pub(crate) mod events;
pub(crate) mod example;
pub(crate) mod examples;
pub(crate) mod external;
pub(crate) mod gradients;
pub(crate) mod groups;
pub(crate) mod health;
mod load;
pub(crate) mod pie;
pub(crate) mod ranking;
pub(crate) mod ranking_files;
pub(crate) mod runs;
pub(crate) mod scores;
mod selection;
pub(crate) mod session;
pub(crate) mod signals;
pub(crate) mod statistics;
pub(crate) mod subsets;
pub(crate) mod weights;
