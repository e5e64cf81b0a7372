//! Which examples a suite is made of or from.

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use unearth_audit::Suite;

/// Cells from which probes are drawn alike: every class of every group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strata {
    /// Cell of each example, in index order.
    pub of_examples: Vec<usize>,
    /// How many there are.
    pub count: usize,
}

impl Strata {
    /// Those of examples with these labels, each below `classes`, and groups; those without label are of one
    /// class, those without group are a group of their own. Positions past the end of `of_groups` have none.
    pub fn new(labels: &[i32], classes: usize, of_groups: &[Option<u32>], groups: usize) -> Self {
        let classes = classes.max(1);
        let cell = |(index, &label): (usize, &i32)| {
            let group = of_groups.get(index).copied().flatten();
            let class = usize::try_from(label).unwrap_or(0);
            group.map_or(0, |group| group as usize + 1) * classes + class
        };
        Self {
            of_examples: labels.iter().enumerate().map(cell).collect(),
            count: (groups + 1) * classes,
        }
    }
}

/// The random numbers of one suite: a function of the run's seed and of the suite alone.
pub(super) fn stream(seed: u64, suite: Suite) -> ChaCha8Rng {
    let address = format!("unearth archaeology {seed} {suite}");
    ChaCha8Rng::from_seed(*blake3::hash(address.as_bytes()).as_bytes())
}

/// Takes up to `size` of the lists' members, one of each list in turn, each list from its front: as
/// many of every class as the classes' sizes allow.
pub fn in_turn(lists: &[Vec<u32>], size: usize) -> Vec<u32> {
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest)
        .flat_map(|at| lists.iter().filter_map(move |list| list.get(at).copied()))
        .take(size)
        .collect()
}

/// `pool` by stratum, strata and members each in a random order.
pub(super) fn shuffled(pool: &[u32], strata: &Strata, rng: &mut ChaCha8Rng) -> Vec<Vec<u32>> {
    let mut lists = by_stratum(pool, strata);
    for list in &mut lists {
        list.shuffle(rng);
    }
    // Where there are more strata than probes, none is preferred.
    lists.shuffle(rng);
    lists
}

/// `pool` by stratum, in the pool's order; strata without members are left out.
pub fn by_stratum(pool: &[u32], strata: &Strata) -> Vec<Vec<u32>> {
    let mut lists = vec![vec![]; strata.count];
    for &index in pool {
        lists[strata.of_examples[index as usize]].push(index);
    }
    lists.retain(|list| !list.is_empty());
    lists
}

/// Whether the probe at `position` of a suite fits the vote; the others are held out to measure it.
/// Positions go through the classes in turn, and so do both halves.
pub fn fits(position: usize, classes: usize) -> bool {
    let round = if classes.is_multiple_of(2) {
        position / classes
    } else {
        0
    };
    (position + round).is_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_is_balanced_and_repeats_itself() {
        let strata = Strata {
            of_examples: (0..100).map(|i| usize::from(i >= 90)).collect(),
            count: 3,
        };
        let pool: Vec<u32> = (0..100).collect();
        let draw = |seed| {
            let mut rng = stream(seed, Suite::Corrupted);
            in_turn(&shuffled(&pool, &strata, &mut rng), 16)
        };
        let drawn = draw(1);
        assert_eq!(drawn, draw(1));
        assert_ne!(drawn, draw(2));
        let of_class_1 = drawn.iter().filter(|&&i| i >= 90).count();
        assert_eq!(of_class_1, 8);
        let more = in_turn(&by_stratum(&pool, &strata), 50);
        assert_eq!(more.len(), 50);
        assert_eq!(more.iter().filter(|&&i| i >= 90).count(), 10);
    }

    #[test]
    fn cells_are_the_classes_of_every_group_and_labels_may_be_missing() {
        let cells = Strata::new(&[0, 1, 1, 0], 2, &[None, Some(0), Some(1)], 2);
        assert_eq!(cells.of_examples, [0, 3, 5, 0]);
        assert_eq!(cells.count, 6);
        let unlabelled = Strata::new(&[-1, -1], 0, &[], 0);
        assert_eq!(by_stratum(&[0, 1], &unlabelled), [[0, 1]]);
    }

    #[test]
    fn suites_have_streams_of_their_own() {
        use rand::Rng;
        let first = |suite| stream(1, suite).next_u64();
        assert_ne!(first(Suite::Corrupted), first(Suite::RandomOutputs));
    }

    #[test]
    fn both_halves_are_balanced_whatever_the_number_of_classes() {
        for classes in [2usize, 3, 5, 10] {
            for half in [true, false] {
                let members: Vec<usize> = (0..classes * 20)
                    .filter(|&position| fits(position, classes) == half)
                    .collect();
                assert_eq!(members.len(), classes * 10);
                for class in 0..classes {
                    let of_class = members.iter().filter(|&&it| it % classes == class).count();
                    assert_eq!(of_class, 10, "{classes} classes");
                }
            }
        }
        let few = (0..20).filter(|&position| fits(position, 100)).count();
        assert_eq!(few, 10);
    }
}
