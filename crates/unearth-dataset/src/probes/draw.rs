//! Which examples a suite is made of or from.

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use unearth_audit::Suite;

/// Cells from which probes are drawn alike: every class of every group.
pub struct Strata<'a> {
    of_example: Box<dyn Fn(u32) -> usize + Send + Sync + 'a>,
    count: usize,
}

impl<'a> Strata<'a> {
    /// Those of examples with these labels, each below `classes`, and groups; those without label are of one
    /// class, those without group are a group of their own.
    pub fn new(
        labels: &'a [i32],
        classes: usize,
        groups: usize,
        group_of: impl Fn(usize) -> Option<u32> + Send + Sync + 'a,
    ) -> Self {
        let classes = classes.max(1);
        let of_example = move |index: u32| {
            let group = group_of(index as usize);
            let class = usize::try_from(labels[index as usize]).unwrap_or(0);
            group.map_or(0, |group| group as usize + 1) * classes + class
        };
        Self {
            of_example: Box::new(of_example),
            count: (groups + 1) * classes,
        }
    }

    /// The cell of an example.
    pub fn of(&self, index: u32) -> usize {
        (self.of_example)(index)
    }

    /// How many there may be.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many have a member among these examples.
    pub fn with_members(&self, examples: &[u32]) -> usize {
        let mut has_member = vec![false; self.count];
        for &index in examples {
            has_member[self.of(index)] = true;
        }
        has_member.into_iter().filter(|&it| it).count()
    }
}

/// The random numbers of one suite: a function of the run's seed and of the suite alone.
pub(super) fn stream(seed: u64, suite: Suite) -> ChaCha8Rng {
    let address = format!("unearth archaeology {seed} {suite}");
    ChaCha8Rng::from_seed(*blake3::hash(address.as_bytes()).as_bytes())
}

/// Takes up to `size` of the lists' members, one of each list in turn, each list from its front: as
/// many of every class as the classes' sizes allow.
pub fn in_turn(lists: &[impl AsRef<[u32]>], size: usize) -> Vec<u32> {
    let lists = || lists.iter().map(AsRef::as_ref);
    let longest = lists().map(<[u32]>::len).max().unwrap_or(0);
    (0..longest)
        .flat_map(|at| lists().filter_map(move |list| list.get(at).copied()))
        .take(size)
        .collect()
}

/// `pool` by stratum, strata and members each in a random order.
pub(super) fn shuffled<'p>(
    pool: &'p mut [u32],
    strata: &Strata<'_>,
    rng: &mut ChaCha8Rng,
) -> Vec<&'p mut [u32]> {
    pool.sort_unstable_by_key(|&index| (strata.of(index), index));
    let of_one = |a: &u32, b: &u32| strata.of(*a) == strata.of(*b);
    let mut lists: Vec<&mut [u32]> = pool.chunk_by_mut(of_one).collect();
    for list in &mut lists {
        list.shuffle(rng);
    }
    // Where there are more strata than probes, none is preferred.
    lists.shuffle(rng);
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
        let labels: Vec<i32> = (0..100).map(|i| i32::from(i >= 90)).collect();
        let strata = Strata::new(&labels, 3, 0, |_| None);
        let draw_of = |seed, size| {
            let mut rng = stream(seed, Suite::Corrupted);
            let mut pool: Vec<u32> = (0..100).collect();
            in_turn(&shuffled(&mut pool, &strata, &mut rng), size)
        };
        let draw = |seed| draw_of(seed, 16);
        let drawn = draw(1);
        assert_eq!(drawn, draw(1));
        assert_ne!(drawn, draw(2));
        let of_class_1 = drawn.iter().filter(|&&i| i >= 90).count();
        assert_eq!(of_class_1, 8);
        let more = draw_of(1, 50);
        assert_eq!(more.len(), 50);
        assert_eq!(more.iter().filter(|&&i| i >= 90).count(), 10);
    }

    #[test]
    fn cells_are_the_classes_of_every_group_and_labels_may_be_missing() {
        let groups = [None, Some(0), Some(1), None];
        let cells = Strata::new(&[0, 1, 1, 0], 2, 2, |index| groups[index]);
        assert_eq!([0, 1, 2, 3].map(|index| cells.of(index)), [0, 3, 5, 0]);
        assert_eq!((cells.len(), cells.with_members(&[0, 1, 3])), (6, 2));
        let unlabelled = Strata::new(&[-1, -1], 0, 0, |_| None);
        assert_eq!(unlabelled.with_members(&[0, 1]), 1);
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
