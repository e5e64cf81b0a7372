//! Which signals can be computed from what was posted, and why the others cannot.

use super::ExternalRun;
use crate::{LogitSource, Signal};

/// A quantity of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quantity {
    /// Cross-entropy of the given label.
    Loss,
    /// Probability of the given label.
    PGiven,
    /// Logit of the given label minus the largest other one.
    Margin,
    /// L2 norm of softmax minus one-hot.
    El2n,
    /// Class with the largest logit.
    Predicted,
    /// Class with the largest logit among those not given.
    BestOther,
}

impl Quantity {
    /// Every quantity, in the order of a record.
    pub const ALL: [Self; 6] = [
        Self::Loss,
        Self::PGiven,
        Self::Margin,
        Self::El2n,
        Self::Predicted,
        Self::BestOther,
    ];

    /// The name of its column.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::PGiven => "p_given",
            Self::Margin => "margin",
            Self::El2n => "el2n",
            Self::Predicted => "predicted",
            Self::BestOther => "best_other",
        }
    }
}

/// What a run posted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Posted {
    /// Quantities that every record holds.
    pub quantities: Vec<Quantity>,
    /// Whether there are gradients.
    pub gradients: bool,
}

impl Posted {
    /// What must have been posted for these signals to be computed.
    pub fn behind(signals: &[Signal]) -> Self {
        let needed = signals.iter().flat_map(|&signal| quantities(signal));
        Self {
            quantities: needed.copied().collect(),
            gradients: signals.contains(&Signal::Vog),
        }
    }
}

impl ExternalRun {
    /// The signals that can be computed from what was posted.
    pub fn signals(&self, posted: &Posted) -> Vec<Signal> {
        let computable = |signal: &Signal| self.lack(*signal, posted).is_none();
        Signal::ALL.into_iter().filter(computable).collect()
    }

    /// Why a signal cannot be computed from what was posted, as a sentence without a full stop; none
    /// where it can.
    pub fn lack(&self, signal: Signal, posted: &Posted) -> Option<String> {
        if signal == Signal::Vog {
            let detail = "vog needs gradients, and none were posted";
            return (!posted.gradients).then(|| detail.to_owned());
        }
        if signal == Signal::Pie {
            return Some("pie needs populations of models, and an external run is one".to_owned());
        }
        let needed = quantities(signal);
        let missing = needed
            .iter()
            .find(|quantity| !posted.quantities.contains(quantity));
        if let Some(quantity) = missing {
            let name = quantity.as_str();
            return Some(format!(
                "{signal} needs `{name}` of every epoch, and none was posted"
            ));
        }
        (signal == Signal::FinalLoss && self.logits == LogitSource::InFlight).then(|| {
            format!("{signal} needs an eval pass, and the posted records were taken in flight")
        })
    }
}

/// What a signal of the records is made of.
fn quantities(signal: Signal) -> &'static [Quantity] {
    match signal {
        Signal::Vog | Signal::Pie => &[],
        Signal::FinalLoss | Signal::MeanLoss => &[Quantity::Loss],
        Signal::LabelIssue => &[Quantity::Loss, Quantity::Margin],
        Signal::Confidence | Signal::Variability | Signal::Aleatoric => &[Quantity::PGiven],
        Signal::Aum => &[Quantity::Margin],
        Signal::El2n => &[Quantity::El2n],
        Signal::Correctness | Signal::Forgetting | Signal::FirstLearned | Signal::StayedLearned => {
            &[Quantity::Predicted]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(logits: LogitSource) -> ExternalRun {
        ExternalRun {
            epochs: 3,
            logits,
            checkpoints: vec![],
            map_height: 0,
            map_width: 0,
            class_labels: vec![0, 1],
            further_classes: vec![],
            probes: 0,
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let posted = Posted {
            quantities: vec![Quantity::Loss],
            gradients: false,
        };
        let in_flight = run(LogitSource::InFlight);
        assert_eq!(in_flight.signals(&posted), [Signal::MeanLoss]);
        let lack = |signal| in_flight.lack(signal, &posted).unwrap();
        assert_eq!(
            lack(Signal::Vog),
            "vog needs gradients, and none were posted"
        );
        assert_eq!(
            lack(Signal::Aum),
            "aum needs `margin` of every epoch, and none was posted"
        );
        assert!(lack(Signal::FinalLoss).contains("eval pass"));
        let evaluated = run(LogitSource::EvalPass);
        assert_eq!(
            evaluated.signals(&posted),
            [Signal::FinalLoss, Signal::MeanLoss]
        );
    }

    #[test]
    fn everything_posted_is_every_signal() {
        let posted = Posted {
            quantities: Quantity::ALL.to_vec(),
            gradients: true,
        };
        let all = run(LogitSource::EvalPass).signals(&posted);
        assert_eq!(all, Signal::of_one_training().collect::<Vec<_>>());
    }
}
