//! Work on all cores whose results come in the order of the items.

use std::{num::NonZero, thread};

/// More threads than this help little and multiply the memory for decoding.
const MAX_THREADS: usize = 8;
/// Items per thread that are worked on between two deliveries; they bound the memory.
const ITEMS_PER_THREAD: usize = 8;

/// Applies `work` to every item on all cores, and hands the results to `sink` in order. Stops at the
/// first error of `sink`.
pub(super) fn in_order<I: Sync, O: Send, E>(
    items: &[I],
    work: impl Fn(&I) -> O + Sync,
    mut sink: impl FnMut(usize, O) -> Result<(), E>,
) -> Result<(), E> {
    let threads = thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(MAX_THREADS);
    let mut index = 0;
    for batch in items.chunks(threads * ITEMS_PER_THREAD) {
        for result in work_on(batch, threads, &work) {
            sink(index, result)?;
            index += 1;
        }
    }
    Ok(())
}

fn work_on<I: Sync, O: Send>(
    batch: &[I],
    threads: usize,
    work: &(impl Fn(&I) -> O + Sync),
) -> Vec<O> {
    let share = batch.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let running: Vec<_> = batch
            .chunks(share)
            .map(|items| scope.spawn(move || items.iter().map(work).collect::<Vec<O>>()))
            .collect();
        running
            .into_iter()
            .flat_map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order() {
        let items: Vec<usize> = (0..1003).collect();
        let mut seen = Vec::new();
        in_order(
            &items,
            |item| item * 2,
            |index, double| {
                assert_eq!(double, index * 2);
                seen.push(index);
                Ok::<(), ()>(())
            },
        )
        .unwrap();
        assert_eq!(seen, items);
    }

    #[test]
    fn an_error_stops_it() {
        let result = in_order(
            &[1; 500],
            |item| *item,
            |index, _| {
                if index == 3 { Err(index) } else { Ok(()) }
            },
        );
        assert_eq!(result, Err(3));
    }
}
