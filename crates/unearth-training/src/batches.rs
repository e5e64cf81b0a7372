//! Which examples form which batch.

use crate::random::{self, Purpose};
use std::{io, ops::Range, path::Path};
use unearth_columns::Column;

/// The trained examples in the order of `epoch`.
pub(crate) fn order(
    trained: &[u32],
    seed: u64,
    epoch: u32,
    scratch: &Path,
) -> io::Result<Column<u32>> {
    let mut order = Column::collected(scratch, trained.iter().copied())?;
    let mut rng = random::stream(seed, Purpose::Order, [epoch.into(), 0]);
    random::shuffle(&mut rng, &mut order);
    Ok(order)
}

/// Cuts `examples` positions into batches. A last batch of one example joins the one before:
/// batch-norm cannot normalise a single value per channel.
pub(crate) fn bounds(examples: usize, batch_size: usize) -> Vec<Range<usize>> {
    let mut starts: Vec<usize> = (0..examples).step_by(batch_size).collect();
    if starts.len() > 1 && examples - starts[starts.len() - 1] == 1 {
        starts.pop();
    }
    let ends = starts.iter().skip(1).copied().chain([examples]);
    starts
        .iter()
        .copied()
        .zip(ends)
        .map(|(a, b)| a..b)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_last_batch_of_one_joins_the_one_before() {
        assert_eq!(bounds(9, 4), [0..4, 4..9]);
        assert_eq!(bounds(10, 4), [0..4, 4..8, 8..10]);
        assert_eq!(bounds(1, 4), vec![Range { start: 0, end: 1 }]);
    }

    proptest! {
        #[test]
        fn batches_tile_the_examples(examples in 1usize..500, batch_size in 2usize..70) {
            let bounds = bounds(examples, batch_size);
            let all: Vec<usize> = bounds.iter().cloned().flatten().collect();
            prop_assert_eq!(all, (0..examples).collect::<Vec<_>>());
            prop_assert!(bounds.iter().all(|b| b.len() <= batch_size + 1));
            prop_assert!(examples == 1 || bounds.iter().all(|b| b.len() > 1));
        }

        #[test]
        fn an_order_permutes_and_depends_on_seed_and_epoch(seed: u64, epoch in 0u32..100) {
            let trained: Vec<u32> = (0..64).map(|i| i * 3).collect();
            let order = |seed, epoch| order(&trained, seed, epoch, Path::new(".")).expect("in memory").to_vec();
            let first = order(seed, epoch);
            prop_assert_eq!(&first, &order(seed, epoch));
            prop_assert_ne!(&first, &order(seed, epoch + 1));
            prop_assert_ne!(&first, &order(seed ^ 1, epoch));
            let mut sorted = first;
            sorted.sort_unstable();
            prop_assert_eq!(sorted, trained);
        }
    }
}
