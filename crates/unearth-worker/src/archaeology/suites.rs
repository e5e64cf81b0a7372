//! The suites of an archaeology as rows with trajectories.

use super::draw;
use crate::data::Strata;
use unearth_audit::{Archaeology, ArchaeologyVariant, Suite};

/// What the pilot saw of every example, in index order.
pub(crate) struct Pilot {
    /// Loss of the given label in the eval pass; none where that did not see it.
    pub(crate) loss: Vec<Option<f64>>,
    /// Whether both the eval pass and the last epoch in flight predicted the given label.
    pub(crate) agrees: Vec<bool>,
}

/// Typical or atypical examples of the dataset, at most `archaeology.suite_size`.
///
/// The authors rank all classes at once; ours takes as many of each class (of each group), and leaves those out of
/// the atypical ones whose label the pilot does not share: a wrong label is not an atypical example.
pub(crate) fn from_pilot(
    suite: Suite,
    archaeology: &Archaeology,
    pilot: &Pilot,
    trained: &[u32],
    strata: &Strata,
) -> Vec<u32> {
    let authors = archaeology.variant == ArchaeologyVariant::Authors;
    let atypical = suite == Suite::Atypical;
    let mut ranked: Vec<(f64, u32)> = trained
        .iter()
        .filter(|&&index| authors || !atypical || pilot.agrees[index as usize])
        .filter_map(|&index| Some((pilot.loss[index as usize]?, index)))
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
    draw::in_turn(&draw::by_stratum(&ranked, strata), size)
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
    fn drawn(suite: Suite, variant: ArchaeologyVariant) -> Vec<u32> {
        let strata = Strata {
            of_examples: (0..10).map(|i| usize::from(i >= 5)).collect(),
            count: 2,
        };
        let pilot = Pilot {
            loss: (0..10).map(|i| Some(f64::from(i))).collect(),
            agrees: (0..10).map(|i| i < 8).collect(),
        };
        let trained: Vec<u32> = (0..10).collect();
        from_pilot(suite, &archaeology(variant), &pilot, &trained, &strata)
    }

    #[test]
    fn suites_are_balanced_and_atypical_leaves_out_labels_that_the_pilot_does_not_share() {
        use ArchaeologyVariant::{Authors, Unearth};
        assert_eq!(drawn(Suite::Typical, Unearth), [0, 5, 1, 6]);
        assert_eq!(drawn(Suite::Atypical, Unearth), [4, 7, 3, 6]);
        assert_eq!(drawn(Suite::Typical, Authors), [0, 1, 2, 3]);
        assert_eq!(drawn(Suite::Atypical, Authors), [9, 8, 7, 6]);
    }
}
