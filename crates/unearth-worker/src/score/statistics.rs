//! What is stored beside a ranking: histogram, classes, held-out error.

use super::Source;
use crate::WorkerError;
use serde_json::{Value, json};
use std::num::NonZeroUsize;
use unearth_audit::{Budget, Population, Signal, UNLABELLED};
use unearth_signals::{
    statistics::{DECILES, Decile, class_summaries, held_out_error_by_decile, histogram},
    wrong_labels::{self, Belief},
};
use unearth_store::score_sets::NewScore;

/// Why nothing can be estimated where no label is doubted.
const NO_DOUBT: &str =
    "the late epochs doubt no label: none is wrong, or the model has learned them all by heart";

const BINS: NonZeroUsize = NonZeroUsize::new(40).expect("forty is not zero");

pub(super) fn of(
    values: &[Option<f64>],
    classes: &[i32],
    deciles: Option<&[Decile]>,
    budgets: Option<&Value>,
) -> Value {
    let histogram = histogram(values, BINS);
    let classes: Vec<Value> = class_summaries(values, classes)
        .into_iter()
        .filter(|class| class.class != UNLABELLED)
        .map(|class| {
            json!({
                "label": class.class,
                "examples": class.examples,
                "mean": class.scores.map(|scores| scores.mean),
                "std": class.scores.map(|scores| scores.std),
                "median": class.scores.map(|scores| scores.median),
            })
        })
        .collect();
    json!({
        "examples": values.len(),
        "scored": values.iter().flatten().count(),
        "histogram": { "edges": histogram.edges, "counts": histogram.counts },
        "classes": classes,
        "budgets": budgets,
        "held_out_error_by_decile": deciles.map(|deciles| deciles.iter().enumerate().map(decile).collect::<Vec<_>>()),
    })
}

fn decile((at, decile): (usize, &Decile)) -> Value {
    json!({
        "decile": at + 1,
        "lower": decile.lower,
        "upper": decile.upper,
        "examples": decile.examples,
        "errors": decile.errors,
        "error_rate": decile.error_rate,
        "interval": [decile.interval.lower, decile.interval.upper],
    })
}

/// What each review budget is estimated to find, of beliefs in rank order.
fn reviewed(beliefs: &[Belief]) -> Vec<Value> {
    let noise_rate = wrong_labels::noise_rate(beliefs);
    let budget = |budget: Budget| {
        let k = budget.of(beliefs.len() as u64);
        let first = beliefs[..k as usize].iter();
        let wrong: f64 = first
            .map(|belief| wrong_labels::probability(belief, noise_rate))
            .sum();
        let reason = match k {
            0 => Some("nothing is ranked"),
            _ if noise_rate > 0.0 => None,
            _ => Some(NO_DOUBT),
        };
        let known = reason.is_none();
        json!({
            "top": budget.name(),
            "k": k,
            "estimated_wrong": known.then_some(wrong),
            "estimated_share": known.then(|| wrong / k as f64),
            "reason": reason,
        })
    };
    Budget::ALL.map(budget).to_vec()
}

impl Source<'_> {
    /// The estimated share of wrong labels in what each review budget takes from the top of a ranking
    /// made to find them. None for other rankings.
    pub(super) async fn budgets(
        &self,
        signal: Signal,
        rows: &[NewScore],
    ) -> Result<Option<Value>, WorkerError> {
        if signal != Signal::LabelIssue {
            return Ok(None);
        }
        let suggestions = self.suggestions().await?;
        let beliefs: Vec<Belief> = rows
            .iter()
            .filter(|row| row.value.is_some())
            .filter_map(|row| Some(suggestions[row.index as usize]?.belief(row.label)))
            .collect();
        Ok(Some(reviewed(&beliefs).into()))
    }

    /// The share of wrong predictions by decile of VoG, over examples that were not trained on.
    pub(super) async fn deciles(
        &self,
        signal: Signal,
        population: Population,
        members: &[usize],
        values: &[Option<f64>],
    ) -> Result<Option<[Decile; DECILES]>, WorkerError> {
        if (signal, population) != (Signal::Vog, Population::HeldOut) {
            return Ok(None);
        }
        let evaluated = self.evaluation().await?;
        let right = |&index: &usize| evaluated[index].learning.map(|it| it.correct > 0);
        let correct: Vec<Option<bool>> = members.iter().map(right).collect();
        Ok(held_out_error_by_decile(values, &correct))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn belief(given: i32, p_given: f64) -> Belief {
        Belief {
            given,
            p_given,
            other: 1 - given,
            p_other: 1.0 - p_given,
        }
    }

    #[test]
    fn what_is_doubted_is_estimated_and_without_doubt_nothing_is() {
        let learned: Vec<Belief> = (0..100).map(|at| belief(at % 2, 0.9)).collect();
        let by_heart = reviewed(&learned);
        assert_eq!(by_heart[0]["k"], 50);
        assert_eq!(by_heart[0]["estimated_wrong"], Value::Null);
        assert_eq!(by_heart[0]["reason"], NO_DOUBT);

        let mut doubted = learned;
        doubted[..10].fill(belief(0, 0.01));
        let first = &reviewed(&doubted)[2];
        assert_eq!((&first["top"], &first["k"]), (&json!("1 %"), &json!(1)));
        // Prior odds 1 to 9, the model's 99 to 1.
        let share = first["estimated_share"].as_f64().unwrap();
        assert!((share - 11.0 / 12.0).abs() < 1e-9, "{share}");
        assert_eq!(first["reason"], Value::Null);

        assert_eq!(reviewed(&[])[0]["reason"], "nothing is ranked");
    }
}
