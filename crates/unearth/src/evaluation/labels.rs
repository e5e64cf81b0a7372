//! Given labels and true ones.

use super::{Noise, subject::Subject};
use anyhow::{Context as _, Result, bail, ensure};
use serde::Serialize;
use std::{collections::HashMap, path::Path};
use unearth_dataset::LabelFile;

/// Where the wrong labels come from.
#[derive(Debug)]
pub(crate) enum WrongLabels {
    /// They are planted, others for each seed.
    Planted(Noise),
    /// They are the dataset's own.
    Known {
        /// The file of the true ones.
        file: String,
        /// True labels by position.
        truth: Vec<usize>,
    },
}

/// What the record says of them.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Origin {
    Planted { planted: Noise },
    Known { true_labels: String },
}

/// Labels by position, each the position of a class name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Labels {
    /// What the model is told.
    pub(super) given: Vec<usize>,
    /// What is true.
    pub(super) truth: Vec<usize>,
}

impl WrongLabels {
    /// Those of which a file has the truth.
    pub(crate) fn known(path: &Path, subject: &Subject) -> Result<Self> {
        let truth = truth(LabelFile::read(path)?, subject)
            .with_context(|| format!("cannot use `{}`", path.display()))?;
        let file = path.file_name().unwrap_or_default();
        Ok(Self::Known {
            file: file.to_string_lossy().into_owned(),
            truth,
        })
    }

    /// Whether there is something to find, and something else; how much of it is the same for every seed.
    pub(crate) fn check(&self, subject: &Subject) -> Result<()> {
        self.labels(subject, 0).map(|_| ())
    }

    /// The labels of one seed.
    ///
    /// # Errors
    /// When there is nothing to find, or nothing else.
    pub(super) fn labels(&self, subject: &Subject, seed: u64) -> Result<Labels> {
        let own = subject.labels();
        let labels = match self {
            Self::Planted(noise) => Labels {
                given: noise.plant(&own, &subject.classes, seed),
                truth: own,
            },
            Self::Known { truth, .. } => Labels {
                given: own,
                truth: truth.clone(),
            },
        };
        let (wrong, all) = (labels.wrong(), subject.examples.len());
        ensure!(
            0 < wrong && wrong < all,
            "{wrong} of {all} labels are wrong: there must be some, and right ones beside them"
        );
        Ok(labels)
    }

    pub(super) fn origin(&self) -> Origin {
        match self {
            Self::Planted(noise) => Origin::Planted { planted: *noise },
            Self::Known { file, .. } => Origin::Known {
                true_labels: file.clone(),
            },
        }
    }

    /// In a few words, for people.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Planted(noise) => format!("planted ({noise})"),
            Self::Known { file, .. } => format!("by the true labels in {file}"),
        }
    }
}

impl Labels {
    /// Whether the given label is wrong, by position.
    pub(super) fn are_wrong(&self) -> Vec<bool> {
        let pairs = self.given.iter().zip(&self.truth);
        pairs.map(|(given, truth)| given != truth).collect()
    }

    /// How many are.
    pub(super) fn wrong(&self) -> usize {
        self.are_wrong().into_iter().filter(|&wrong| wrong).count()
    }
}

/// Sets the labels of a file beside the examples.
fn truth(file: LabelFile, subject: &Subject) -> Result<Vec<usize>> {
    let texts = match file {
        LabelFile::InOrder(labels) => in_order(&labels, subject)?,
        LabelFile::ByKey(rows) => by_key(rows, subject)?,
    };
    let names = subject.class_names.iter().enumerate();
    let positions: HashMap<&str, usize> = names.map(|(at, name)| (name.as_str(), at)).collect();
    let examples = subject.examples.iter().zip(texts);
    examples
        .map(|(example, text)| {
            positions.get(text.as_str()).copied().with_context(|| {
                format!(
                    "the true label `{text}` of `{}` is no class of the dataset; its classes are {}",
                    example.key,
                    listed(&subject.class_names)
                )
            })
        })
        .collect()
}

fn in_order(labels: &[String], subject: &Subject) -> Result<Vec<String>> {
    let (all, in_split) = (subject.source.examples, subject.source.examples_in_split);
    let of_whole = labels.len() == all;
    if !of_whole && labels.len() != in_split {
        let split = match &subject.source.split {
            Some(split) => format!(", of which {in_split} are in the split `{split}`"),
            None => String::new(),
        };
        bail!(
            "it holds {} labels, but the dataset has {all} examples{split}",
            labels.len()
        );
    }
    let examples = subject.examples.iter();
    let label = |index: usize| labels[index].clone();
    Ok(examples
        .map(|example| {
            label(if of_whole {
                example.index
            } else {
                example.place
            })
        })
        .collect())
}

fn by_key(rows: Vec<(String, String)>, subject: &Subject) -> Result<Vec<String>> {
    let mut labels: HashMap<String, String> = rows.into_iter().collect();
    let examples = subject.examples.iter();
    examples
        .map(|example| {
            labels
                .remove(&example.key)
                .with_context(|| format!("it has no row for the key `{}`", example.key))
        })
        .collect()
}

/// The first of many names.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text = names[..names.len().min(SHOWN)].join(", ");
    if names.len() > SHOWN {
        text += ", …";
    }
    text
}
