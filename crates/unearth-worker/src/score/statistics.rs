//! What is stored beside a ranking: histogram, classes, held-out error.

use super::{RankedRows, Source};
use crate::WorkerError;
use crate::score::Reading;
use serde_json::{Value, json};
use std::num::NonZeroUsize;
use unearth_audit::{Budget, Population, Signal, UNLABELLED};
use unearth_signals::{
    score::Score,
    statistics::{Decile, class_summaries, held_out_error_by_decile, histogram},
    wrong_labels::{self, Belief},
};

/// Why nothing can be estimated where no label is doubted.
const NO_DOUBT: &str =
    "the late epochs doubt no label: none is wrong, or the model has learned them all by heart";

const BINS: NonZeroUsize = NonZeroUsize::new(40).expect("forty is not zero");

impl Source<'_> {
    /// Of a ranking of `scores`, one for each of its members.
    pub(super) async fn statistics(
        &self,
        signal: Signal,
        population: Population,
        rows: &RankedRows<'_>,
        scores: &[Score],
    ) -> Result<Value, WorkerError> {
        let class_of = |at: usize| rows.labels[rows.members[at] as usize];
        let histogram = histogram(scores.iter().copied(), BINS);
        let by_class = scores
            .iter()
            .enumerate()
            .map(|(at, &score)| (score, class_of(at)));
        let classes: Vec<Value> = class_summaries(by_class, &rows.ranking, class_of)
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
        Ok(json!({
            "examples": scores.len(),
            "scored": rows.ranking.scored().len(),
            "histogram": { "edges": histogram.edges, "counts": histogram.counts },
            "classes": classes,
            "budgets": self.budgets(signal, rows).await?,
            "held_out_error_by_decile": self.deciles(signal, population, rows).await?,
        }))
    }

    /// The estimated share of wrong labels in what each review budget takes from the top of a ranking
    /// made to find them. None for other rankings.
    async fn budgets(
        &self,
        signal: Signal,
        rows: &RankedRows<'_>,
    ) -> Result<Option<Value>, WorkerError> {
        if signal != Signal::LabelIssue {
            return Ok(None);
        }
        let suggestion = self.suggestion().await?;
        let beliefs = rows.ranking.scored().filter_map(|(at, _)| {
            let index = rows.members[at] as usize;
            Some(suggestion(index)?.belief(rows.labels[index]))
        });
        Ok(Some(reviewed(&beliefs).into()))
    }

    /// The share of wrong predictions by decile of VoG, over examples that were not trained on.
    async fn deciles(
        &self,
        signal: Signal,
        population: Population,
        rows: &RankedRows<'_>,
    ) -> Result<Option<Vec<Value>>, WorkerError> {
        if (signal, population) != (Signal::Vog, Population::HeldOut) {
            return Ok(None);
        }
        let correct = self.evaluated().await?.of(Reading::Correct);
        let is_right = |at: usize| correct[rows.members[at] as usize].get().map(|it| it > 0.0);
        let deciles = held_out_error_by_decile(&rows.ranking, is_right);
        Ok(deciles.map(|deciles| deciles.iter().enumerate().map(decile).collect()))
    }
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
fn reviewed(beliefs: &(impl Iterator<Item = Belief> + Clone)) -> Vec<Value> {
    let noise_rate = wrong_labels::noise_rate(beliefs.clone());
    let count = beliefs.clone().count() as u64;
    let budget = |budget: Budget| {
        let k = budget.of(count);
        let first = beliefs.clone().take(k as usize);
        let wrong: f64 = first
            .map(|belief| wrong_labels::probability(&belief, noise_rate))
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

#[cfg(test)]
mod tests {
    use super::{Belief, NO_DOUBT, Value, json};

    fn reviewed(beliefs: &[Belief]) -> Vec<Value> {
        super::reviewed(&beliefs.iter().copied())
    }

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
