//! Which label the model would give.

use super::Epoch;
use crate::wrong_labels::Belief;
use bytemuck::{Pod, Zeroable};

/// The label that late epochs find most probable, and the next one.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Suggestion {
    /// The most probable class; it may be the given one.
    pub label: i32,
    /// The class after it.
    pub runner_up: i32,
    /// Mean probability of the most probable one.
    pub probability: f64,
    /// Mean probability of the class after it.
    pub runner_up_probability: f64,
    /// Mean probability of the given label.
    pub given_probability: f64,
}

impl Suggestion {
    /// What it makes of the given label and the most probable other one.
    pub fn belief(&self, given: i32) -> Belief {
        let (other, p_other) = if self.label == given {
            (self.runner_up, self.runner_up_probability)
        } else {
            (self.label, self.probability)
        };
        Belief {
            given,
            p_given: self.given_probability,
            other,
            p_other,
        }
    }
}

/// The class with the highest mean probability over `epochs` at example `at`, whose given label is
/// `given`; equal means go to the given label, then to the lowest class.
///
/// A record holds the probabilities of two classes, the given one and the best other, whose
/// probability is exp(−loss − margin). A class that is neither in some epoch counts as 0 there, so
/// that its mean is a lower bound; the sum of what is left out is below 1 minus the two.
///
/// None when no epoch recorded the two.
pub fn suggestion(given: i32, epochs: &[Epoch<'_>], at: usize) -> Option<Suggestion> {
    let mut classes = vec![(given, 0.0f64)];
    let mut seen = 0u32;
    for epoch in epochs {
        let other = epoch.best_other[at];
        let p_given = f64::from(epoch.p_given[at]);
        let p_other = (-f64::from(epoch.loss[at]) - f64::from(epoch.margin[at])).exp();
        if other < 0 || p_given.is_nan() || p_other.is_nan() {
            continue;
        }
        seen += 1;
        classes[0].1 += p_given;
        match classes.iter_mut().find(|(class, _)| *class == other) {
            Some((_, sum)) => *sum += p_other,
            None => classes.push((other, p_other)),
        }
    }
    if seen == 0 {
        return None;
    }
    let of_given = classes[0].1 / f64::from(seen);
    // Stable, so the given label stays first among equals.
    classes[1..].sort_by_key(|&(class, _)| class);
    classes.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mean = |at: usize| classes[at].1 / f64::from(seen);
    Some(Suggestion {
        label: classes[0].0,
        probability: mean(0),
        runner_up: classes[1].0,
        runner_up_probability: mean(1),
        given_probability: of_given,
    })
}
