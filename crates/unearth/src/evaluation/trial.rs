//! Everything that is done for one seed.

use super::{
    archaeology::Archaeology,
    column::{self, whole},
    copies::{Copies, TRAINED},
    folds,
    labels::{Labels, WrongLabels},
};
use crate::{client::audits, exit::Failure};
use anyhow::{Result, anyhow};
use serde_json::{Map, Value, json};
use unearth_audit::{Population, Signal};

/// What every trial does alike.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan<'a> {
    pub(crate) copies: Copies<'a>,
    pub(crate) wrong_labels: &'a WrongLabels,
    /// The `recipe` of the audit's request.
    pub(crate) recipe: &'a Map<String, Value>,
    /// Folds of the baseline; 0 for none.
    pub(crate) folds: usize,
    /// Whether the audit tells kinds of examples apart by probes.
    pub(crate) with_archaeology: bool,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(super) seed: u64,
    pub(super) labels: Labels,
    /// The audit, as the API shows it.
    pub(super) audit: Value,
    /// Scores by position.
    pub(super) signals: Vec<(Signal, Vec<Option<f64>>)>,
    pub(super) archaeology: Option<Archaeology>,
    pub(super) baseline: Option<Baseline>,
}

/// Self-confidence out of fold.
#[derive(Debug)]
pub(super) struct Baseline {
    /// Probability of the given label by the model that was not trained on the example, by position.
    pub(super) self_confidence: Vec<Option<f64>>,
    /// The audit of each fold.
    pub(super) audits: Vec<Value>,
}

impl Plan<'_> {
    /// Audits a copy under the labels of this seed, and trains the baseline beside it.
    pub(crate) async fn trial(self, seed: u64) -> Result<Trial, Failure> {
        let subject = self.copies.subject;
        let labels = self.wrong_labels.labels(subject, seed)?;
        let name = &subject.source.name;
        let copy = match self.wrong_labels {
            WrongLabels::Planted(_) => format!("{name}, seed {seed}"),
            // The same for every seed, so it is one dataset.
            WrongLabels::Known { .. } => name.clone(),
        };
        eprintln!("\nseed {seed}: audit");
        let dataset = self.copies.bring(&copy, &labels.given, None).await?;
        let mut request = json!({"dataset_id": dataset, "seed": seed, "recipe": self.recipe});
        if self.with_archaeology {
            request["archaeology"] = json!({});
        }
        let audit = audits::succeeded(self.copies.client, &request).await?;
        let mut signals = Vec::new();
        for signal in Signal::of_one_training() {
            let scores = self.scores(&audit, signal, Population::Trained, &labels);
            signals.push((signal, whole(scores.await?, subject.examples.len())?));
        }
        let archaeology = if self.with_archaeology {
            Some(Archaeology::of(self.copies, &audit, &labels).await?)
        } else {
            None
        };
        let baseline = match self.folds {
            0 => None,
            _ => Some(self.baseline(&labels, &audit, seed).await?),
        };
        Ok(Trial {
            seed,
            labels,
            audit,
            signals,
            archaeology,
            baseline,
        })
    }

    /// One training per fold, by the recipe that the audit came to: its defaults depend on the number of
    /// examples, and a fold has fewer.
    async fn baseline(
        self,
        labels: &Labels,
        audit: &Value,
        seed: u64,
    ) -> Result<Baseline, Failure> {
        let recipe = self.recipe_of_folds(&audit["recipe"]);
        let fold_of = folds::deal(&labels.given, self.folds, seed);
        let (mut audits, mut losses) = (Vec::new(), Vec::new());
        for fold in 0..self.folds {
            let place = format!("fold {} of {}", fold + 1, self.folds);
            eprintln!("\nseed {seed}: baseline, {place}");
            let held_out: Vec<bool> = fold_of.iter().map(|&other| other == fold).collect();
            let name = format!("{}, seed {seed}, {place}", self.copies.subject.source.name);
            let dataset = self
                .copies
                .bring(&name, &labels.given, Some(&held_out))
                .await?;
            let request = json!({
                "dataset_id": dataset, "seed": seed, "signals": [Signal::FinalLoss], "recipe": recipe,
            });
            let audit = audits::succeeded(self.copies.client, &request).await?;
            let scores = self.scores(&audit, Signal::FinalLoss, Population::HeldOut, labels);
            let scores = scores.await?;
            let is_fold = scores.iter().all(|&(position, _)| held_out[position]);
            if !is_fold {
                return Err(anyhow!("{place} scored examples that it trained on").into());
            }
            losses.extend(scores);
            audits.push(audit);
        }
        losses.sort_unstable_by_key(|&(position, _)| position);
        let losses = whole(losses, fold_of.len())?;
        let self_confidence = losses
            .into_iter()
            .map(|loss| loss.map(|nats| (-nats).exp()));
        Ok(Baseline {
            self_confidence: self_confidence.collect(),
            audits,
        })
    }

    fn recipe_of_folds(self, resolved: &Value) -> Map<String, Value> {
        const SAME: [&str; 8] = [
            "model",
            "init",
            "epochs",
            "batch_size",
            "lr",
            "weight_decay",
            "augment",
            "precision",
        ];
        let same = SAME.map(|field| (field.to_owned(), resolved[field].clone()));
        let size = self.recipe.get("image_size").cloned();
        same.into_iter()
            .chain([("split".to_owned(), TRAINED.into())])
            .chain(size.map(|size| ("image_size".to_owned(), size)))
            .collect()
    }

    async fn scores(
        self,
        audit: &Value,
        signal: Signal,
        population: Population,
        labels: &Labels,
    ) -> Result<Vec<(usize, Option<f64>)>> {
        let Copies {
            client, subject, ..
        } = self.copies;
        let ranking = (signal, population);
        let rows = column::rows(client, audits::id(audit)?, ranking, subject, &labels.given);
        let scores = rows.await?.into_iter().map(|row| (row.index, row.score));
        Ok(scores.collect())
    }
}
