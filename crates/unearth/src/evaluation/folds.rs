//! Examples, dealt into folds.

use super::random::{Purpose, stream};
use rand::seq::SliceRandom as _;

/// The fold of each example, from 0: every class is spread over the folds as evenly as it can be, and the
/// folds differ by at most one example.
pub(super) fn deal(labels: &[usize], folds: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.shuffle(&mut stream(seed, Purpose::Folds));
    // Stable: within a class the order stays random.
    order.sort_by_key(|&position| labels[position]);
    let mut fold = vec![0; labels.len()];
    for (dealt, position) in order.into_iter().enumerate() {
        fold[position] = dealt % folds;
    }
    fold
}

#[cfg(test)]
mod tests {
    use super::*;

    fn most_and_least(counts: &[usize]) -> usize {
        counts.iter().max().unwrap() - counts.iter().min().unwrap()
    }

    #[test]
    fn classes_and_folds_are_even_and_seeded() {
        let labels: Vec<usize> = (0..103).map(|position| position * position % 7).collect();
        let folds = deal(&labels, 5, 1);
        let counts = |class: Option<usize>| -> Vec<usize> {
            let of = |fold| {
                let lies = |&position: &usize| {
                    folds[position] == fold && class.is_none_or(|class| labels[position] == class)
                };
                (0..labels.len()).filter(lies).count()
            };
            (0..5).map(of).collect()
        };
        assert!(most_and_least(&counts(None)) <= 1);
        assert!((0..7).all(|class| most_and_least(&counts(Some(class))) <= 1));
        assert_eq!(folds, deal(&labels, 5, 1));
        assert_ne!(folds, deal(&labels, 5, 2));
    }
}
