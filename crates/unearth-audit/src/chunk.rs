//! How per-example data is cut into rows of the database.

use std::ops::Range;

/// Examples per stored chunk of snapshots and dynamics. The last chunk of a dataset may be shorter.
pub const CHUNK_EXAMPLES: usize = 256;

/// Number of chunks that hold `examples` examples.
pub fn chunk_count(examples: usize) -> usize {
    examples.div_ceil(CHUNK_EXAMPLES)
}

/// The example indices in `chunk`.
pub fn chunk_range(chunk: usize, examples: usize) -> Range<usize> {
    let start = (chunk * CHUNK_EXAMPLES).min(examples);
    start..(start + CHUNK_EXAMPLES).min(examples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn chunks_tile_the_dataset(examples in 0usize..5_000) {
            let indices: Vec<usize> = (0..chunk_count(examples))
                .flat_map(|chunk| chunk_range(chunk, examples))
                .collect();
            prop_assert_eq!(indices, (0..examples).collect::<Vec<_>>());
        }
    }
}
