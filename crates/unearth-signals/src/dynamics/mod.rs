//! Signals from what is recorded per example and epoch: how an example was learned.
//!
//! Everything here is a function of one example's values over the epochs, so a dataset of any size
//! is computed chunk by chunk. Which logits the values come from is the caller's to say.

mod learning;
mod moments;
mod suggestion;

pub use learning::{Learning, learning};
pub use moments::{mean, mean_of, std};
pub use suggestion::{Suggestion, suggestion};

/// The records of some examples at one epoch: slices of equal length, NaN and -1 where an example was
/// not seen or a quantity not recorded.
#[derive(Debug, Clone, Copy)]
pub struct Epoch<'r> {
    /// Cross-entropy of the given label in nats.
    pub loss: &'r [f32],
    /// Probability of the given label.
    pub p_given: &'r [f32],
    /// Logit of the given label minus the largest other one.
    pub margin: &'r [f32],
    /// L2 norm of softmax minus one-hot.
    pub el2n: &'r [f32],
    /// Class with the largest logit.
    pub predicted: &'r [i32],
    /// Class with the largest logit among those not given.
    pub best_other: &'r [i32],
}

/// How one example was learned. None where its epochs do not say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dynamics {
    /// Mean over the epochs of the loss, nats.
    pub mean_loss: Option<f64>,
    /// Mean over the [last third](late) of the epochs of the loss, nats.
    pub late_loss: Option<f64>,
    /// Mean over the [last third](late) of the epochs of the margin, logits.
    pub late_margin: Option<f64>,
    /// Mean over the epochs of p(given).
    ///
    /// Source: Swayamdipta et al., Dataset Cartography, arXiv 2009.10795.
    pub confidence: Option<f64>,
    /// Standard deviation (ddof 0) over the epochs of p(given). Source: as of `confidence`.
    pub variability: Option<f64>,
    /// Mean over the epochs of p·(1 − p), p of the given label: aleatoric uncertainty.
    ///
    /// Source: Seedat et al., Data-IQ, arXiv 2210.13043.
    pub aleatoric: Option<f64>,
    /// Area under the margin: its mean over the epochs, logits.
    ///
    /// Source: Pleiss et al., Identifying Mislabeled Data using the Area Under the Margin Ranking,
    /// arXiv 2001.10528.
    pub aum: Option<f64>,
    /// Mean of EL2N over the [first third](early) of the epochs.
    ///
    /// Source: Paul, Ganguli, Dziugaite, Deep Learning on a Data Diet, arXiv 2107.07075.
    pub el2n: Option<f64>,
    /// When it was predicted right; none when no epoch saw it.
    pub learning: Option<Learning>,
    /// What the late epochs say its label is.
    pub suggestion: Option<Suggestion>,
}

/// The first third of the epochs, rounded up.
pub fn early<T>(epochs: &[T]) -> &[T] {
    &epochs[..epochs.len().div_ceil(3)]
}

/// The last third of the epochs, rounded up.
pub fn late<T>(epochs: &[T]) -> &[T] {
    &epochs[epochs.len() - epochs.len().div_ceil(3)..]
}

/// How each of `labels.len()` examples was learned over `epochs`, ascending.
///
/// # Panics
/// When a record is of another length than the labels.
pub fn dynamics(epochs: &[Epoch<'_>], labels: &[i32]) -> Vec<Dynamics> {
    for epoch in epochs {
        assert_eq!(
            epoch.loss.len(),
            labels.len(),
            "every epoch records every example"
        );
    }
    labels
        .iter()
        .enumerate()
        .map(|(at, &label)| of_example(epochs, at, label))
        .collect()
}

fn of_example(epochs: &[Epoch<'_>], at: usize, label: i32) -> Dynamics {
    let all = |quantity: fn(&Epoch<'_>, usize) -> f32| epochs.iter().map(move |e| quantity(e, at));
    let late_only =
        |quantity: fn(&Epoch<'_>, usize) -> f32| late(epochs).iter().map(move |e| quantity(e, at));
    let predicted = epochs.iter().map(|epoch| epoch.predicted[at]);
    let seen = predicted.filter(|&class| class >= 0);
    Dynamics {
        mean_loss: mean(all(|epoch, at| epoch.loss[at])),
        late_loss: mean(late_only(|epoch, at| epoch.loss[at])),
        late_margin: mean(late_only(|epoch, at| epoch.margin[at])),
        confidence: mean(all(|epoch, at| epoch.p_given[at])),
        variability: std(all(|epoch, at| epoch.p_given[at])),
        aleatoric: mean_of(
            all(|epoch, at| epoch.p_given[at]).map(|p| f64::from(p) * (1.0 - f64::from(p))),
        ),
        aum: mean(all(|epoch, at| epoch.margin[at])),
        el2n: mean(early(epochs).iter().map(|epoch| epoch.el2n[at])),
        learning: learning(seen.map(|class| class == label)),
        suggestion: suggestion(label, late(epochs), at),
    }
}

#[cfg(test)]
mod tests;
