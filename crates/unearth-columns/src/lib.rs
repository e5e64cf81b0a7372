//! One value per example, however many there are.
//!
//! A [`Column`] is a slice. A short one lies in memory; a long one in a file without a name that is mapped, so that
//! the system may write it out and take its memory for something else: what a process has of its own stays the same
//! whatever the number of examples.

#[expect(unsafe_code, reason = "files without a name are mapped")]
mod column;

pub use column::{Column, IN_MEMORY_BYTES, write};
