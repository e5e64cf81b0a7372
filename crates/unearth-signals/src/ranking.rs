//! From scores to an order, hardest first.

use crate::score::Score;
use bytemuck::{Pod, Zeroable};
use std::ops::{Deref, DerefMut};

/// Which end of a signal is the hard one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// High scores are harder examples.
    HighHarder,
    /// Low scores are harder examples.
    LowHarder,
}

/// An example while it is sorted, and where it stands afterwards. Of a ranking there is one for each example, and
/// nothing else that grows with them.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Place {
    /// What is sorted by; NaN, which goes last, without a score.
    pub(crate) key: f64,
    pub(crate) index: u64,
}

/// Examples by hardness: scored ones hardest first, equals by index, then those without a score by index.
#[derive(Debug, Clone, Copy)]
pub struct Ranking<P> {
    /// Keys are scores whose sign is turned so that low is hard.
    places: P,
    scored: usize,
    direction: Direction,
}

/// One example in a ranking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// The example's index.
    pub index: usize,
    /// Its score and where that stands; none without one.
    pub standing: Option<Standing>,
}

/// Where a scored example stands among the scored examples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// The score; -0 is 0.
    pub score: f64,
    /// The hardest has rank 1; equal scores are ranked by ascending index.
    pub rank: usize,
    /// Share of the scored examples that are no harder, itself included, in percent: above 0 and
    /// up to 100, which the hardest always has. Equal scores have equal percentiles.
    pub percentile: f64,
}

impl Place {
    /// Of no example yet.
    pub const EMPTY: Self = Self {
        key: f64::NAN,
        index: 0,
    };

    /// Whether two places are of equal keys, -0 not being among them.
    pub(crate) fn equals(a: &Self, b: &Self) -> bool {
        a.key.total_cmp(&b.key).is_eq()
    }
}

/// Sorts by key, equal ones by index. -0 must not be among the keys: in the total order it is below 0.
pub(crate) fn sort(places: &mut [Place]) {
    places.sort_unstable_by(|a, b| a.key.total_cmp(&b.key).then(a.index.cmp(&b.index)));
}

/// Puts ranks in the place of values, of which none is NaN: the smallest gets 1, equals share the mean of theirs.
pub(crate) fn to_midranks(values: &mut [f64], places: &mut [Place]) {
    let places = &mut places[..values.len()];
    for (index, (place, value)) in places.iter_mut().zip(values.iter()).enumerate() {
        *place = Place {
            key: value + 0.0,
            index: index as u64,
        };
    }
    sort(places);
    each_midrank(places, |index, rank| values[index] = rank);
}

/// Tells the rank of each of sorted places, equals sharing the mean of theirs.
pub(crate) fn each_midrank(sorted: &[Place], mut tell: impl FnMut(usize, f64)) {
    let mut before = 0;
    for equals in sorted.chunk_by(Place::equals) {
        let mean_rank = f64::midpoint(before as f64 + 1.0, (before + equals.len()) as f64);
        for place in equals {
            tell(place.index as usize, mean_rank);
        }
        before += equals.len();
    }
}

impl<P: DerefMut<Target = [Place]>> Ranking<P> {
    /// Ranks the examples in places that are theirs from now on. Infinite scores are ranked like others.
    ///
    /// # Panics
    /// When there is not one place per score.
    pub fn of(
        scores: impl IntoIterator<Item = Score>,
        direction: Direction,
        mut places: P,
    ) -> Self {
        let sign = match direction {
            Direction::HighHarder => -1.0,
            Direction::LowHarder => 1.0,
        };
        let slots = &mut *places;
        let (mut examples, mut unscored) = (0, 0);
        for score in scores {
            let score = score.get();
            unscored += usize::from(score.is_none());
            slots[examples] = Place {
                // Adding 0 turns -0 into 0. The sign of a NaN would put it first.
                key: score.map_or(f64::NAN, |score| sign * score + 0.0),
                index: examples as u64,
            };
            examples += 1;
        }
        assert_eq!(examples, slots.len(), "one place per score");
        sort(slots);
        Self {
            places,
            scored: examples - unscored,
            direction,
        }
    }
}

impl<P: Deref<Target = [Place]>> Ranking<P> {
    /// How many examples there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The examples in rank order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Ranked> + Clone + '_ {
        let (places, scored) = (&*self.places, self.scored);
        let mut first_of_equals = 0;
        places.iter().enumerate().map(move |(position, place)| {
            let standing = (position < scored).then(|| {
                if !Place::equals(place, &places[first_of_equals]) {
                    first_of_equals = position;
                }
                let no_harder = scored - first_of_equals;
                Standing {
                    score: self.score(place),
                    rank: position + 1,
                    percentile: 100.0 * no_harder as f64 / scored as f64,
                }
            });
            Ranked {
                index: place.index as usize,
                standing,
            }
        })
    }

    /// The examples with a score, in rank order, and theirs.
    pub fn scored(&self) -> impl ExactSizeIterator<Item = (usize, f64)> + Clone + '_ {
        let scored = self.places[..self.scored].iter();
        scored.map(|place| (place.index as usize, self.score(place)))
    }

    /// Scores, the smallest first, and their examples; equals by ascending index.
    pub fn ascending(&self) -> Box<dyn Iterator<Item = (f64, usize)> + '_> {
        let equals = self.places[..self.scored].chunk_by(Place::equals);
        let one = |place: &Place| (self.score(place), place.index as usize);
        match self.direction {
            Direction::HighHarder => Box::new(equals.rev().flatten().map(one)),
            Direction::LowHarder => Box::new(equals.flatten().map(one)),
        }
    }

    fn score(&self, place: &Place) -> f64 {
        match self.direction {
            Direction::HighHarder => -place.key + 0.0,
            Direction::LowHarder => place.key,
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "what is exact is tested exactly")]
mod tests {
    use super::*;
    use crate::score;
    use proptest::prelude::*;

    fn rank(scores: &[Option<f64>], direction: Direction) -> Vec<Ranked> {
        ranking(scores, direction).iter().collect()
    }

    fn ranking(scores: &[Option<f64>], direction: Direction) -> Ranking<Vec<Place>> {
        let places = vec![Place::EMPTY; scores.len()];
        Ranking::of(score::scores(scores), direction, places)
    }

    fn scores() -> impl Strategy<Value = Vec<Option<f64>>> {
        // Few different values, so that there are many ties.
        let score = prop_oneof![
            (-4i8..4).prop_map(f64::from),
            Just(-0.0),
            Just(f64::INFINITY),
            Just(f64::NEG_INFINITY),
            any::<f32>()
                .prop_filter("a number", |x| !x.is_nan())
                .prop_map(f64::from),
        ];
        proptest::collection::vec(proptest::option::weighted(0.8, score), 0..80)
    }

    fn directions() -> impl Strategy<Value = Direction> {
        prop_oneof![Just(Direction::HighHarder), Just(Direction::LowHarder)]
    }

    fn is_harder(a: f64, b: f64, direction: Direction) -> bool {
        match direction {
            Direction::HighHarder => a > b,
            Direction::LowHarder => a < b,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn places_every_example_once(scores in scores(), direction in directions()) {
            let ranking = rank(&scores, direction);
            let mut indices: Vec<usize> = ranking.iter().map(|ranked| ranked.index).collect();
            indices.sort_unstable();
            prop_assert_eq!(indices, (0..scores.len()).collect::<Vec<_>>());
        }

        #[test]
        fn ranks_count_from_1_and_the_unscored_come_last(scores in scores(), direction in directions()) {
            let ranking = rank(&scores, direction);
            let scored = scores.iter().flatten().count();
            for (position, ranked) in ranking.iter().enumerate() {
                let rank = ranked.standing.map(|standing| standing.rank);
                prop_assert_eq!(rank, (position < scored).then_some(position + 1));
                prop_assert_eq!(rank.is_some(), scores[ranked.index].is_some());
            }
        }

        #[test]
        fn goes_from_hard_to_easy_and_equals_by_index(scores in scores(), direction in directions()) {
            let ranking = rank(&scores, direction);
            for pair in ranking.windows(2) {
                let (before, after) = (pair[0].index, pair[1].index);
                match (scores[before], scores[after]) {
                    (Some(a), Some(b)) => prop_assert!(is_harder(a, b, direction) || (a == b && before < after)),
                    (Some(_), None) => {}
                    (None, None) => prop_assert!(before < after),
                    (None, Some(_)) => prop_assert!(false, "an unscored example before a scored one"),
                }
            }
        }

        #[test]
        fn the_percentile_is_the_share_that_is_no_harder(scores in scores(), direction in directions()) {
            let scored: Vec<f64> = scores.iter().flatten().copied().collect();
            for ranked in rank(&scores, direction) {
                let Some(standing) = ranked.standing else { continue };
                let own = scores[ranked.index].expect("ranked examples are scored");
                let no_harder = scored.iter().filter(|&&other| !is_harder(other, own, direction)).count();
                let share = 100.0 * no_harder as f64 / scored.len() as f64;
                prop_assert_eq!((standing.percentile, standing.score), (share, own));
            }
        }

        #[test]
        fn turning_signs_and_direction_changes_nothing(scores in scores()) {
            let turned: Vec<Option<f64>> = scores.iter().map(|score| score.map(|x| -x)).collect();
            let places = |ranking: Vec<Ranked>| -> Vec<_> {
                ranking.into_iter().map(|it| (it.index, it.standing.map(|it| (it.rank, it.percentile)))).collect()
            };
            let (plain, turned) = (rank(&scores, Direction::HighHarder), rank(&turned, Direction::LowHarder));
            prop_assert_eq!(places(plain), places(turned));
        }

        #[test]
        fn ascending_goes_by_score_and_then_by_index(scores in scores(), direction in directions()) {
            let ranking = ranking(&scores, direction);
            let ascending: Vec<(f64, usize)> = ranking.ascending().collect();
            prop_assert!(ascending.is_sorted());
            prop_assert_eq!(ascending.len(), scores.iter().flatten().count());
            prop_assert!(ascending.iter().all(|&(score, index)| scores[index] == Some(score)));
        }
    }

    #[test]
    fn ranks_a_small_case() {
        let scores = [Some(2.0), None, Some(7.0), Some(2.0)];
        let ranking = rank(&scores, Direction::HighHarder);
        let standings: Vec<_> = ranking
            .iter()
            .map(|ranked| {
                (
                    ranked.index,
                    ranked.standing.map(|s| (s.rank, s.percentile)),
                )
            })
            .collect();
        let two_thirds = 200.0 / 3.0;
        assert_eq!(
            standings,
            [
                (2, Some((1, 100.0))),
                (0, Some((2, two_thirds))),
                (3, Some((3, two_thirds))),
                (1, None)
            ]
        );
    }
}
