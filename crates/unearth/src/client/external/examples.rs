//! The examples that were trained on, as a CSV table.

use super::arrays;
use anyhow::{Context as _, Result, ensure};
use std::path::Path;

/// A table to be uploaded.
pub(crate) struct Examples {
    /// Name of the dataset.
    pub(crate) name: String,
    /// `key[,label][,…]`.
    pub(crate) csv: Vec<u8>,
}

impl Examples {
    /// A table as it lies there.
    pub(crate) fn of_table(path: &Path) -> Result<Self> {
        let csv =
            std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        Ok(Self {
            name: name(path),
            csv,
        })
    }

    /// `count` examples by key, or by their index, with a label each where there are labels.
    pub(crate) fn of_arrays(
        source: &Path,
        count: usize,
        keys: Option<&Path>,
        labels: Option<&Path>,
    ) -> Result<Self> {
        let read = |path: &Path| -> Result<Vec<String>> {
            let texts = arrays::texts(path)?;
            ensure!(
                texts.len() == count,
                "`{}` has {} rows, and there are {count} examples",
                path.display(),
                texts.len()
            );
            Ok(texts)
        };
        let keys = match keys {
            Some(path) => read(path)?,
            None => (0..count).map(|index| index.to_string()).collect(),
        };
        let labels = labels.map(read).transpose()?;
        Ok(Self {
            name: name(source),
            csv: table(&keys, labels.as_deref())?,
        })
    }

    /// Examples with these keys and labels.
    pub(crate) fn of_lines(
        source: &Path,
        examples: &[(String, Option<String>)],
        labels: Option<&Path>,
    ) -> Result<Self> {
        let keys: Vec<String> = examples.iter().map(|(key, _)| key.clone()).collect();
        let golds: Option<Vec<String>> = examples.iter().map(|(_, gold)| gold.clone()).collect();
        let labels = match labels {
            None => golds,
            Some(path) => Some(arrays::texts(path)?),
        };
        if let Some(labels) = &labels {
            ensure!(
                labels.len() == keys.len(),
                "there are {} labels and {} examples",
                labels.len(),
                keys.len()
            );
        }
        Ok(Self {
            name: name(source),
            csv: table(&keys, labels.as_deref())?,
        })
    }
}

fn table(keys: &[String], labels: Option<&[String]>) -> Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    match labels {
        None => {
            table.write_record(["key"])?;
            for key in keys {
                table.write_record([key])?;
            }
        }
        Some(labels) => {
            table.write_record(["key", "label"])?;
            for (key, label) in keys.iter().zip(labels) {
                table.write_record([key, label])?;
            }
        }
    }
    table.into_inner().context("the table cannot be written")
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
