//! The suites of an archaeology as rows with trajectories.

use unearth_audit::{Archaeology, ArchaeologyVariant, RankedBy, Suite};
use unearth_dataset::probes::{Strata, by_stratum, in_turn};

/// How hard every example is, in index order.
pub(crate) enum Difficulty {
    /// As a pilot saw it.
    Pilot {
        /// Loss of the given label in the eval pass; none where that did not see it.
        loss: Vec<Option<f64>>,
        /// Whether both the eval pass and the last epoch in flight predicted the given label.
        agrees: Vec<bool>,
    },
    /// As the dataset's user holds it to be; none where that is unknown.
    Given(Vec<Option<f64>>),
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
            Self::Pilot { loss: of, .. } | Self::Given(of) => of[index as usize],
        }
    }

    /// Whether nothing says that its label is wrong.
    fn agrees(&self, index: u32) -> bool {
        match self {
            Self::Pilot { agrees, .. } => agrees[index as usize],
            Self::Given(_) => true,
        }
    }

    /// Share of what a pilot was trained on that it predicts as labelled; none without one.
    pub(crate) fn pilot_accuracy(&self, trained: &[u32]) -> Option<f64> {
        let Self::Pilot { agrees, .. } = self else {
            return None;
        };
        let right = trained.iter().filter(|&&it| agrees[it as usize]).count();
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
    strata: &Strata,
) -> Vec<u32> {
    let authors = archaeology.variant == ArchaeologyVariant::Authors;
    let atypical = suite == Suite::Atypical;
    let mut ranked: Vec<(f64, u32)> = trained
        .iter()
        .filter(|&&index| authors || !atypical || difficulty.agrees(index))
        .filter_map(|&index| Some((difficulty.of(index)?, index)))
        .collect();
    ranked.sort_unstable_by(|a, b| {
        let by_loss = a.0.total_cmp(&b.0);
        let by_loss = if atypical { by_loss.reverse() } else { by_loss };
        by_loss.then(a.1.cmp(&b.1))
    });
    let ranked: Vec<u32> = ranked.into_iter().map(|(_, index)| index).collect();
    let size = archaeology.suite_size as usize;
    if authors {
        return ranked.into_iter().take(size).collect();
    }
    in_turn(&by_stratum(&ranked, strata), size)
}

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
        let strata = Strata {
            of_examples: (0..10).map(|i| usize::from(i >= 5)).collect(),
            count: 2,
        };
        let trained: Vec<u32> = (0..10).collect();
        members(suite, &archaeology(variant), difficulty, &trained, &strata)
    }

    #[test]
    fn suites_are_balanced_and_atypical_leaves_out_labels_that_the_pilot_does_not_share() {
        use ArchaeologyVariant::{Authors, Unearth};
        let pilot = Difficulty::Pilot {
            loss: (0..10).map(|i| Some(f64::from(i))).collect(),
            agrees: (0..10).map(|i| i < 8).collect(),
        };
        assert_eq!(drawn(Suite::Typical, Unearth, &pilot), [0, 5, 1, 6]);
        assert_eq!(drawn(Suite::Atypical, Unearth, &pilot), [4, 7, 3, 6]);
        assert_eq!(drawn(Suite::Typical, Authors, &pilot), [0, 1, 2, 3]);
        assert_eq!(drawn(Suite::Atypical, Authors, &pilot), [9, 8, 7, 6]);
        assert_eq!(pilot.pilot_accuracy(&[0, 1, 8, 9]), Some(0.5));
    }

    #[test]
    fn difficulties_that_are_given_are_taken_at_their_word() {
        let given = (0..10).map(|i| (i != 9).then_some(f64::from(i)));
        let given = Difficulty::Given(given.collect());
        let drawn = |suite| drawn(suite, ArchaeologyVariant::Unearth, &given);
        assert_eq!(drawn(Suite::Typical), [0, 5, 1, 6]);
        assert_eq!(drawn(Suite::Atypical), [4, 8, 3, 7]);
        assert_eq!(given.pilot_accuracy(&[0]), None);
    }
}
