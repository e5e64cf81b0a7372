//! How probable it is that given labels are wrong, from what a model makes of them.

use std::collections::HashMap;

/// What a model believes of an example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Belief {
    /// The given label.
    pub given: i32,
    /// Its probability.
    pub p_given: f64,
    /// The most probable other class.
    pub other: i32,
    /// Its probability.
    pub p_other: f64,
}

/// The share of wrong labels as confident learning counts them (Northcutt, Jiang & Chuang 2021, arXiv 1911.00068):
/// a label is wrong where another class is more probable than it, and at least as probable as that class is on
/// average where it is the given label. 0 without beliefs.
pub fn noise_rate(beliefs: impl Iterator<Item = Belief> + Clone) -> f64 {
    let mut of_classes: HashMap<i32, (f64, u32)> = HashMap::new();
    let mut count = 0u32;
    for belief in beliefs.clone() {
        let class = of_classes.entry(belief.given).or_default();
        class.0 += belief.p_given;
        class.1 += 1;
        count += 1;
    }
    let is_wrong = |belief: &Belief| {
        let threshold = of_classes.get(&belief.other);
        belief.p_other > belief.p_given
            && threshold.is_some_and(|(sum, count)| belief.p_other >= sum / f64::from(*count))
    };
    let wrong = beliefs.filter(is_wrong).count();
    wrong as f64 / f64::from(count.max(1))
}

/// The estimated probability that a label is wrong where a share `noise_rate` of all are: prior odds times the
/// model's odds of the most probable other class against the given one. Neither class being possible, it is
/// `noise_rate`.
///
/// It takes wrong labels for exceptions that the model did not learn: it is too high where they follow a pattern of
/// hard examples, too low where the model has memorised them.
pub fn probability(belief: &Belief, noise_rate: f64) -> f64 {
    let wrong = noise_rate * belief.p_other;
    let both = wrong + (1.0 - noise_rate) * belief.p_given;
    if both > 0.0 { wrong / both } else { noise_rate }
}

#[cfg(test)]
mod tests {
    use super::{Belief, probability};
    use proptest::prelude::*;

    fn noise_rate(beliefs: &[Belief]) -> f64 {
        super::noise_rate(beliefs.iter().copied())
    }

    fn belief(given: i32, p_given: f64, other: i32, p_other: f64) -> Belief {
        Belief {
            given,
            p_given,
            other,
            p_other,
        }
    }

    #[test]
    fn a_label_counts_as_wrong_above_the_mean_of_the_other_class() {
        // Class 0 is given with .9 and .1, so its threshold is .5; that of class 1 is .7.
        let beliefs = [
            belief(0, 0.9, 1, 0.1),
            belief(0, 0.1, 1, 0.8),
            belief(1, 0.8, 0, 0.2),
            belief(1, 0.6, 0, 0.4),
        ];
        assert!((noise_rate(&beliefs) - 0.25).abs() < 1e-12);
        let below = [beliefs[0], belief(0, 0.1, 1, 0.6), beliefs[2], beliefs[3]];
        let none = |beliefs: &[Belief]| noise_rate(beliefs) < f64::EPSILON;
        assert!(none(&below) && none(&[]));
        // Nothing says how probable a class is that no label is of.
        assert!(none(&[belief(0, 0.1, 5, 0.9)]));
    }

    #[test]
    fn prior_and_model_have_their_say() {
        let even = belief(0, 0.4, 1, 0.4);
        assert!((probability(&even, 0.1) - 0.1).abs() < 1e-12);
        // Odds 9 to 1 against the label, prior odds 1 to 9.
        let doubted = belief(0, 0.1, 1, 0.9);
        assert!((probability(&doubted, 0.1) - 0.5).abs() < 1e-12);
        assert!((probability(&belief(0, 0.0, 1, 0.0), 0.1) - 0.1).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn it_is_a_probability_that_grows_with_doubt_and_prior(
            p_given in 0.0..1.0_f64, p_other in 0.0..1.0_f64, more in 0.0..1.0_f64, rate in 0.001..0.999_f64,
        ) {
            let of = |p_other, rate| probability(&belief(0, p_given, 1, p_other), rate);
            let one = of(p_other, rate);
            prop_assert!((0.0..=1.0).contains(&one));
            if p_given > 0.0 {
                prop_assert!(of(p_other + more, rate) >= one - 1e-12);
                prop_assert!(of(p_other, rate + (1.0 - rate) * more) >= one - 1e-12);
            }
        }
    }
}
