//! Metadata archaeology (MAP-D): a vote of the probes whose losses run like an example's, and what
//! held-out probes say of that vote.
//!
//! Siddiqui, Rajkumar, Maharaj, Krueger & Hooker, "Metadata Archaeology: Unearthing Data Subsets by
//! Leveraging Training Dynamics", arXiv 2209.10015.

mod confusion;
mod vote;

pub use confusion::Confusion;
pub use vote::{Vote, Voters, VotersError};
