//! Summaries of a signal: histogram, per class, and held-out error by decile.

mod deciles;
mod histogram;
mod summary;

pub use deciles::{DECILES, Decile, held_out_error_by_decile};
pub use histogram::{Histogram, histogram};
pub use summary::{ClassSummary, Summary, class_summaries};
pub(crate) use summary::{Moments, moments_by_class};
