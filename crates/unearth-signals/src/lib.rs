//! Pure maths: records in, scores out.
//!
//! Nothing here reads a file, a clock or a random number, and nothing waits. Everything is keyed by
//! the example's index: the answer at position `i` belongs to the input at position `i`, except
//! where a type carries its own `index`. A value that cannot be computed is absent with a reason,
//! never 0.

pub mod archaeology;
pub mod detection;
pub mod disagreement;
pub mod dynamics;
pub mod groups;
pub mod label_issue;
pub mod maps;
pub mod normalise;
pub mod prevalence;
pub mod proportion;
pub mod ranking;
pub mod score;
pub mod significance;
pub mod stability;
pub mod statistics;
pub mod vog;
pub mod wrong_labels;
