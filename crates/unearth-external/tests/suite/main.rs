//! Batches in every format, good and bad.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod foreign_bytes;
mod formats;
mod gradients;
mod make;
mod recorded;
