//! Examples on which two populations of models disagree: pruning and compression identified exemplars.
//!
//! Pruning Identified Exemplars after Hooker, Courville, Clark, Dauphin & Frome 2019 (arXiv 1911.05248), Compression
//! Identified Exemplars after Hooker, Moorosi, Clark, Bengio & Denton 2020 (arXiv 2010.03058).

/// How many models of a population predict each class on one example, `[classes]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Votes(Vec<u32>);

/// The class that most models of a population predict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modal {
    /// The class; of several, the largest index, as the authors' code has it.
    pub class: usize,
    /// Whether another class has as many models.
    pub tied: bool,
}

/// What two populations make of one example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Disagreement {
    /// The first population's modal class.
    pub first: Modal,
    /// The second's.
    pub second: Modal,
    /// L1 distance between the shares of models that predict each class, 0 to 2: the taxicab distance.
    pub taxicab: f64,
}

impl Votes {
    /// Of the predictions of every model of a population, each below `classes`. None where there are no models, or one
    /// predicts a class that is none.
    pub fn of(classes: usize, predictions: impl IntoIterator<Item = usize>) -> Option<Self> {
        let mut counts = vec![0; classes];
        let mut models = 0;
        for class in predictions {
            *counts.get_mut(class)? += 1;
            models += 1;
        }
        (models > 0).then_some(Self(counts))
    }

    /// The modal class.
    pub fn modal(&self) -> Modal {
        let most = self.0.iter().copied().max().unwrap_or(0);
        let holders = || self.0.iter().zip(0..).filter(|(count, _)| **count == most);
        Modal {
            class: holders().map(|(_, class)| class).last().unwrap_or(0),
            tied: holders().count() > 1,
        }
    }

    /// Share of the models that predict the modal class.
    pub fn agreement(&self) -> f64 {
        let most = self.0.iter().copied().max().unwrap_or(0);
        f64::from(most) / f64::from(self.models())
    }

    /// How many models predict `class`; 0 of one that is none.
    pub fn of_class(&self, class: usize) -> u32 {
        self.0.get(class).copied().unwrap_or_default()
    }

    fn models(&self) -> u32 {
        self.0.iter().sum()
    }

    /// Share of the models that predict each class.
    fn shares(&self) -> impl Iterator<Item = f64> + '_ {
        let models = f64::from(self.models());
        self.0.iter().map(move |&count| f64::from(count) / models)
    }
}

impl Disagreement {
    /// Of the votes of two populations on the same example among the same classes.
    ///
    /// # Panics
    /// When they are not of the same classes.
    pub fn between(first: &Votes, second: &Votes) -> Self {
        assert_eq!(first.0.len(), second.0.len(), "the same classes");
        let distances = first.shares().zip(second.shares());
        Self {
            first: first.modal(),
            second: second.modal(),
            taxicab: distances.map(|(a, b)| (a - b).abs()).sum(),
        }
    }

    /// Whether the example is an identified exemplar: the modal classes differ. The given label has no part in it.
    pub fn is_exemplar(&self) -> bool {
        self.first.class != self.second.class
    }

    /// Whether a tie in either population could have decided it.
    pub fn hangs_on_a_tie(&self) -> bool {
        self.first.tied || self.second.tied
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn votes(predictions: &[usize]) -> Votes {
        Votes::of(3, predictions.iter().copied()).unwrap()
    }

    #[test]
    fn the_largest_class_wins_a_tie_and_the_tie_is_said() {
        let tie = votes(&[0, 2, 0, 2, 1]).modal();
        assert_eq!((tie.class, tie.tied), (2, true));
        let clear = votes(&[1, 0, 1]);
        assert_eq!(
            clear.modal(),
            Modal {
                class: 1,
                tied: false
            }
        );
        assert!((clear.agreement() - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn an_exemplar_is_where_modal_classes_differ() {
        let same = Disagreement::between(&votes(&[0, 0, 1]), &votes(&[0, 0, 2]));
        assert!(!same.is_exemplar() && !same.hangs_on_a_tie());
        assert!((same.taxicab - 2.0 / 3.0).abs() < 1e-12);
        let other = Disagreement::between(&votes(&[0, 0, 0]), &votes(&[1, 1, 1]));
        assert!(other.is_exemplar());
        assert!((other.taxicab - 2.0).abs() < 1e-12);
        // Populations may differ in size.
        let sizes = Disagreement::between(&votes(&[0, 1]), &votes(&[0, 0, 1, 1]));
        assert!(sizes.taxicab.abs() < 1e-12 && sizes.hangs_on_a_tie());
    }

    #[test]
    fn predictions_that_are_no_classes_are_no_votes() {
        assert_eq!(Votes::of(3, [0, 3].into_iter()), None);
        assert_eq!(Votes::of(3, std::iter::empty()), None);
    }

    proptest! {
        #[test]
        fn the_distance_is_a_metric_of_shares(
            first in prop::collection::vec(0..3_usize, 1..20), second in prop::collection::vec(0..3_usize, 1..20),
        ) {
            let (first, second) = (votes(&first), votes(&second));
            let there = Disagreement::between(&first, &second);
            let back = Disagreement::between(&second, &first);
            prop_assert!((there.taxicab - back.taxicab).abs() < 1e-12);
            prop_assert!((0.0..=2.0 + 1e-12).contains(&there.taxicab));
            prop_assert!(Disagreement::between(&first, &first).taxicab.abs() < 1e-12);
            prop_assert_eq!(there.is_exemplar(), back.is_exemplar());
            prop_assert!(first.agreement() >= 1.0 / 3.0);
        }
    }
}
