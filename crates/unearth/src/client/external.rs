//! What a training of one's own recorded, read from files and posted.

mod arrays;
mod dynamics;
mod examples;
mod gradients;
mod lines;
mod posting;

pub(crate) use dynamics::Dynamics;
pub(crate) use examples::Examples;
pub(crate) use gradients::Gradients;
pub(crate) use posting::Posting;

/// About as many bytes go into a batch.
const BATCH_BYTES: usize = 16 << 20;

/// Rows of so many bytes that make a batch.
fn rows_per_batch(row_bytes: usize) -> usize {
    (BATCH_BYTES / row_bytes.max(1)).max(1)
}
