//! When an example was predicted right.

/// An example's history of right and wrong predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Learning {
    /// Epochs that predicted the given label.
    ///
    /// Source: correctness of Swayamdipta et al., Dataset Cartography, arXiv 2009.10795.
    pub correct: u32,
    /// How often it was right at one epoch and wrong at the next. An example that was never right has
    /// forgotten nothing because it never knew anything: see [`Self::is_never_learned`].
    ///
    /// Source: Toneva et al., An Empirical Study of Example Forgetting, arXiv 1812.05159.
    pub forgetting: u32,
    /// First epoch that was right, counted from 1; none if none was.
    pub first_learned: Option<u32>,
    /// Epoch, counted from 1, from which on it was right to the end; none if the last was wrong.
    pub stayed_learned: Option<u32>,
}

impl Learning {
    /// Whether no epoch predicted the given label.
    pub fn is_never_learned(&self) -> bool {
        self.first_learned.is_none()
    }
}

/// Reads a history, epochs ascending; none when it is empty.
pub fn learning(right: impl Iterator<Item = bool>) -> Option<Learning> {
    let mut learning = Learning {
        correct: 0,
        forgetting: 0,
        first_learned: None,
        stayed_learned: None,
    };
    let mut epochs = 0;
    for right in right {
        epochs += 1;
        if right {
            learning.correct += 1;
            learning.first_learned.get_or_insert(epochs);
            learning.stayed_learned.get_or_insert(epochs);
        } else if learning.stayed_learned.take().is_some() {
            learning.forgetting += 1;
        }
    }
    (epochs > 0).then_some(learning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(history: &str) -> Option<Learning> {
        learning(history.chars().map(|c| c == '+'))
    }

    fn known(correct: u32, forgetting: u32, first: u32, stayed: Option<u32>) -> Learning {
        Learning {
            correct,
            forgetting,
            first_learned: Some(first),
            stayed_learned: stayed,
        }
    }

    #[test]
    fn events_are_counted_between_consecutive_epochs() {
        assert_eq!(of("+++"), Some(known(3, 0, 1, Some(1))));
        assert_eq!(of("-+-+"), Some(known(2, 1, 2, Some(4))));
        assert_eq!(of("+-+-"), Some(known(2, 2, 1, None)));
        assert_eq!(of("+--+"), Some(known(2, 1, 1, Some(4))));
    }

    #[test]
    fn the_first_epoch_forgets_nothing() {
        assert_eq!(of("-").map(|learned| learned.forgetting), Some(0));
        assert_eq!(of("-+"), Some(known(1, 0, 2, Some(2))));
    }

    #[test]
    fn never_learned_is_a_state_of_its_own() {
        assert!(of("---").expect("seen").is_never_learned());
        assert!(!of("+--").expect("seen").is_never_learned());
        assert_eq!(of(""), None);
    }

    proptest! {
        #[test]
        fn agrees_with_counting_pairs(history in proptest::collection::vec(any::<bool>(), 1..40)) {
            let learned = learning(history.iter().copied()).expect("seen");
            let pairs = history.windows(2).filter(|pair| pair[0] && !pair[1]).count();
            prop_assert_eq!(learned.forgetting as usize, pairs);
            prop_assert_eq!(learned.correct as usize, history.iter().filter(|&&right| right).count());
            let first = history.iter().position(|&right| right).map(|at| at as u32 + 1);
            prop_assert_eq!(learned.first_learned, first);
            let stayed = history.iter().rposition(|&right| !right).map_or(1, |at| at as u32 + 2);
            prop_assert_eq!(learned.stayed_learned, (stayed as usize <= history.len()).then_some(stayed));
        }
    }
}
