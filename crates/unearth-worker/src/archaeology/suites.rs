//! The suites of an archaeology as rows with trajectories.

use std::{cmp::Ordering, collections::BinaryHeap};
use unearth_audit::{Archaeology, ArchaeologyVariant, RankedBy, Suite};
use unearth_columns::Column;
use unearth_dataset::probes::{Strata, in_turn};
use unearth_signals::score::Score;

/// How hard every example is, in index order.
pub(crate) enum Difficulty {
    /// As a pilot saw it.
    Pilot {
        /// Loss of the given label in the eval pass; none where that did not see it.
        loss: Column<Score>,
        /// 1 where both the eval pass and the last epoch in flight predicted the given label.
        agrees: Column<u8>,
    },
    /// As the dataset's user holds it to be; none where that is unknown.
    Given(Column<Score>),
}

impl Difficulty {
    /// Where it comes from.
    pub(crate) fn source(&self) -> RankedBy {
        match self {
            Self::Pilot { .. } => RankedBy::Pilot,
            Self::Given(_) => RankedBy::Difficulty,
        }
    }

    fn of(&self, index: u32) -> Option<f64> {
        match self {
            Self::Pilot { loss: of, .. } | Self::Given(of) => of[index as usize].get(),
        }
    }

    /// Whether nothing says that its label is wrong.
    fn agrees(&self, index: u32) -> bool {
        match self {
            Self::Pilot { agrees, .. } => agrees[index as usize] == 1,
            Self::Given(_) => true,
        }
    }

    /// Share of what a pilot was trained on that it predicts as labelled; none without one.
    pub(crate) fn pilot_accuracy(&self, trained: &[u32]) -> Option<f64> {
        let Self::Pilot { agrees, .. } = self else {
            return None;
        };
        let right = trained
            .iter()
            .filter(|&&it| agrees[it as usize] == 1)
            .count();
        Some(right as f64 / trained.len().max(1) as f64)
    }
}

/// Typical or atypical examples of the dataset, at most `archaeology.suite_size`.
///
/// The authors rank all classes at once; ours takes as many of each class (of each group), and leaves those out of
/// the atypical ones whose label the pilot does not share: a wrong label is not an atypical example. Difficulties
/// that the user gives are taken at their word.
pub(crate) fn members(
    suite: Suite,
    archaeology: &Archaeology,
    difficulty: &Difficulty,
    trained: &[u32],
    strata: &Strata<'_>,
) -> Vec<u32> {
    let authors = archaeology.variant == ArchaeologyVariant::Authors;
    let atypical = suite == Suite::Atypical;
    let size = archaeology.suite_size as usize;
    let lists = if authors { 1 } else { strata.len() };
    let mut first = vec![BinaryHeap::new(); lists];
    for &index in trained {
        let is_meant = authors || !atypical || difficulty.agrees(index);
        let Some(loss) = difficulty.of(index).filter(|_| is_meant) else {
            continue;
        };
        let list = &mut first[if authors { 0 } else { strata.of(index) }];
        list.push(Candidate {
            loss: if atypical { -loss } else { loss },
            index,
        });
        if list.len() > size {
            list.pop();
        }
    }
    let lists: Vec<Vec<u32>> = first
        .into_iter()
        .map(|list| list.into_sorted_vec().iter().map(|it| it.index).collect())
        .collect();
    in_turn(&lists, size)
}

/// An example that may be of a suite: the lower the loss the better, and of equals the first.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    loss: f64,
    index: u32,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_loss = self.loss.total_cmp(&other.loss);
        by_loss.then(self.index.cmp(&other.index))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}

#[cfg(test)]
mod tests {
    use super::*;

    fn archaeology(variant: ArchaeologyVariant) -> Archaeology {
        Archaeology {
            variant,
            neighbours: 1,
            suite_size: 4,
            suites: Suite::DEFAULT.to_vec(),
            custom: vec![],
            pilot_epochs: Some(3),
        }
    }

    /// Ten examples of two classes; class 1 is harder, and 8 and 9 are called something else.
    fn drawn(suite: Suite, variant: ArchaeologyVariant, difficulty: &Difficulty) -> Vec<u32> {
        let labels: Vec<i32> = (0..10).map(|i| i32::from(i >= 5)).collect();
        let strata = Strata::new(&labels, 2, 0, |_| None);
        let trained: Vec<u32> = (0..10).collect();
        members(suite, &archaeology(variant), difficulty, &trained, &strata)
    }

    #[test]
    fn suites_are_balanced_and_atypical_leaves_out_labels_that_the_pilot_does_not_share() {
        use ArchaeologyVariant::{Authors, Unearth};
        let pilot = Difficulty::Pilot {
            loss: (0..10)
                .map(|i| f64::from(i).into())
                .collect::<Vec<_>>()
                .into(),
            agrees: (0..10).map(|i| u8::from(i < 8)).collect::<Vec<_>>().into(),
        };
        assert_eq!(drawn(Suite::Typical, Unearth, &pilot), [0, 5, 1, 6]);
        assert_eq!(drawn(Suite::Atypical, Unearth, &pilot), [4, 7, 3, 6]);
        assert_eq!(drawn(Suite::Typical, Authors, &pilot), [0, 1, 2, 3]);
        assert_eq!(drawn(Suite::Atypical, Authors, &pilot), [9, 8, 7, 6]);
        assert_eq!(pilot.pilot_accuracy(&[0, 1, 8, 9]), Some(0.5));
    }

    #[test]
    fn difficulties_that_are_given_are_taken_at_their_word() {
        let given = (0..10).map(|i| (i != 9).then_some(f64::from(i)).into());
        let given = Difficulty::Given(given.collect::<Vec<_>>().into());
        let drawn = |suite| drawn(suite, ArchaeologyVariant::Unearth, &given);
        assert_eq!(drawn(Suite::Typical), [0, 5, 1, 6]);
        assert_eq!(drawn(Suite::Atypical), [4, 8, 3, 7]);
        assert_eq!(given.pilot_accuracy(&[0]), None);
    }
}
