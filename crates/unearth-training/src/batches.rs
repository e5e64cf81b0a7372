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

/// Positions in the order of an epoch, cut into batches. A last batch of one example joins the one before:
/// batch-norm cannot normalise a single value per channel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batches {
    examples: usize,
    size: usize,
}

impl Batches {
    pub(crate) fn new(examples: usize, size: usize) -> Self {
        Self { examples, size }
    }

    /// How many there are.
    pub(crate) fn len(self) -> usize {
        let rounded_up = self.examples.div_ceil(self.size);
        let is_last_alone = rounded_up > 1 && self.examples % self.size == 1;
        rounded_up - usize::from(is_last_alone)
    }

    /// The batch counted `at` from 0.
    pub(crate) fn get(self, at: usize) -> Option<Range<usize>> {
        let start = at * self.size;
        let end = if at + 1 == self.len() {
            self.examples
        } else {
            start + self.size
        };
        (at < self.len()).then_some(start..end)
    }

    /// All of them.
    pub(crate) fn iter(self) -> impl Iterator<Item = Range<usize>> {
        (0..self.len()).map_while(move |at| self.get(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_last_batch_of_one_joins_the_one_before() {
        let bounds = |examples, size| Batches::new(examples, size).iter().collect::<Vec<_>>();
        assert_eq!(bounds(9, 4), [0..4, 4..9]);
        assert_eq!(bounds(10, 4), [0..4, 4..8, 8..10]);
        assert_eq!(bounds(1, 4), vec![Range { start: 0, end: 1 }]);
    }

    proptest! {
        #[test]
        fn batches_tile_the_examples(examples in 1usize..500, batch_size in 2usize..70) {
            let bounds: Vec<Range<usize>> = Batches::new(examples, batch_size).iter().collect();
            prop_assert_eq!(bounds.len(), Batches::new(examples, batch_size).len());
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
