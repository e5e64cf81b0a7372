//! The wrong labels themselves.

use super::{Subject, Trial};
use anyhow::{Context as _, Result};

/// A CSV of the wrong labels of every seed; `index` and `key` are those of the dataset.
pub(crate) fn listing(subject: &Subject, trials: &[Trial]) -> Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["seed", "index", "key", "true_label", "given_label"])?;
    for trial in trials {
        let labels = trial.labels.given.iter().zip(&trial.labels.truth);
        let examples = subject.examples.iter().zip(labels);
        for (example, (&given, &truth)) in examples.filter(|(_, (given, truth))| given != truth) {
            table.write_record([
                &trial.seed.to_string(),
                &example.index.to_string(),
                &example.key,
                &subject.class_names[truth],
                &subject.class_names[given],
            ])?;
        }
    }
    table.into_inner().context("cannot list the wrong labels")
}
