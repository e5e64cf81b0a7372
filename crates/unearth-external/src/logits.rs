//! A record of logits, by its definitions.

/// What a record says of one example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Derived {
    /// Cross-entropy of the given class, nats.
    pub(crate) loss: f32,
    /// Softmax probability of the given class.
    pub(crate) p_given: f32,
    /// Logit of the given class minus the largest other one.
    pub(crate) margin: f32,
    /// L2 norm of softmax minus one-hot of the given class.
    pub(crate) el2n: f32,
    /// Class with the largest logit; the first among equals.
    pub(crate) predicted: usize,
    /// Class with the largest logit among those not given; the first among equals.
    pub(crate) best_other: usize,
}

/// Derives a record from finite logits of at least two classes, summed in f64.
pub(crate) fn derive(logits: &[f32], given: usize) -> Derived {
    let z = |class: usize| f64::from(logits[class]);
    let largest = |skipped: Option<usize>| {
        let classes = (0..logits.len()).filter(|&class| Some(class) != skipped);
        // `max_by` would take the last among equals.
        classes.reduce(|best, class| {
            if logits[class] > logits[best] {
                class
            } else {
                best
            }
        })
    };
    let predicted = largest(None).unwrap_or(given);
    let best_other = largest(Some(given)).unwrap_or(given);
    let top = z(predicted);
    let sum: f64 = (0..logits.len()).map(|class| (z(class) - top).exp()).sum();
    let log_sum = top + sum.ln();
    let p = |class: usize| (z(class) - log_sum).exp();
    let error = |class: usize| p(class) - f64::from(u8::from(class == given));
    let squares: f64 = (0..logits.len()).map(|class| error(class).powi(2)).sum();
    Derived {
        // Rounding may leave a hair below 0.
        loss: (log_sum - z(given)).max(0.0) as f32,
        p_given: p(given) as f32,
        margin: (z(given) - z(best_other)) as f32,
        el2n: squares.sqrt() as f32,
        predicted,
        best_other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_quantity_follows_its_formula() {
        // Softmax of 0, ln 2, ln 5 is 1/8, 2/8, 5/8.
        let found = derive(&[0.0, 2f32.ln(), 5f32.ln()], 1);
        let close = |got: f32, expected: f64| {
            assert!((f64::from(got) - expected).abs() < 1e-6, "{got} {expected}");
        };
        close(found.loss, 4f64.ln());
        close(found.p_given, 0.25);
        close(found.margin, (2f64 / 5.0).ln());
        close(
            found.el2n,
            (0.125f64.powi(2) + 0.75f64.powi(2) + 0.625f64.powi(2)).sqrt(),
        );
        assert_eq!((found.predicted, found.best_other), (2, 2));
        assert_eq!(derive(&[3.0, 1.0, 2.0], 0).best_other, 2);
        assert_eq!(derive(&[1.0, 1.0, 1.0], 2).predicted, 0);
    }

    proptest! {
        #[test]
        fn extremes_stay_numbers(
            logits in proptest::collection::vec(prop_oneof![-1e30f32..1e30, -10f32..10.0], 2..8),
            given: proptest::sample::Index,
        ) {
            let found = derive(&logits, given.index(logits.len()));
            prop_assert!(found.loss.is_finite() && found.loss >= 0.0);
            prop_assert!((0.0..=1.0).contains(&found.p_given));
            prop_assert!(found.margin.is_finite());
            prop_assert!((0.0..=1.42).contains(&found.el2n));
            prop_assert_eq!(found.margin < 0.0, found.predicted != given.index(logits.len()) && logits[found.predicted] > logits[given.index(logits.len())]);
        }
    }
}
