//! A folder of `dynamics_epoch_0.jsonl` and so on, as dataset cartography writes them.

use super::{BATCH_BYTES, posting::Posting};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::{
    collections::HashSet,
    fs::File,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
};
use unearth_audit::ProbeRequest;

/// More epochs than a run may have.
const EPOCHS_MAX: usize = 100_000;

/// Files of lines, one per epoch.
pub(crate) struct Lines {
    files: Vec<PathBuf>,
    examples: Vec<(String, Option<String>)>,
    classes: usize,
    bytes: u64,
}

impl Lines {
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let file = |epoch: usize| folder.join(format!("dynamics_epoch_{epoch}.jsonl"));
        let files: Vec<PathBuf> = (0..EPOCHS_MAX)
            .map(file)
            .take_while(|file| file.is_file())
            .collect();
        ensure!(
            !files.is_empty(),
            "`{}` has no dynamics_epoch_0.jsonl",
            folder.display()
        );
        let (mut examples, mut classes) = (Vec::new(), 0);
        for (number, line) in lines(&files[0])?.enumerate() {
            let place = || format!("line {} of `{}`", number + 1, files[0].display());
            let line: Value = serde_json::from_str(&line?).with_context(place)?;
            let guid = text(&line["guid"]).with_context(|| format!("{} has no guid", place()))?;
            classes = line["logits_epoch_0"]
                .as_array()
                .map_or(0, Vec::len)
                .max(classes);
            examples.push((guid, text(&line["gold"])));
        }
        let bytes = files.iter().map(|file| Ok(file.metadata()?.len()));
        Ok(Self {
            bytes: bytes.sum::<std::io::Result<u64>>()?,
            files,
            examples,
            classes,
        })
    }

    pub(super) fn epochs(&self) -> usize {
        self.files.len()
    }

    /// Number of examples, with the probes among them.
    pub(super) fn rows(&self) -> usize {
        self.examples.len()
    }

    /// Key and label of each row that is no probe, in the order of the first epoch.
    pub(crate) fn examples_but(&self, probes: &[ProbeRequest]) -> Vec<(String, Option<String>)> {
        let probes: HashSet<&str> = probes.iter().map(|probe| probe.key.as_str()).collect();
        let examples = self.examples.iter();
        examples
            .filter(|(key, _)| !probes.contains(key.as_str()))
            .cloned()
            .collect()
    }

    pub(super) fn classes(&self) -> usize {
        self.classes
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) async fn post(self, posting: &mut Posting<'_>) -> Result<()> {
        for (file, epoch) in self.files.iter().zip(1..) {
            let (mut body, mut chunk) = (Vec::new(), 0);
            for line in lines(file)? {
                body.extend(line?.bytes());
                body.push(b'\n');
                if body.len() >= BATCH_BYTES {
                    let place = format!("records/{epoch}/{chunk}");
                    let full = std::mem::take(&mut body);
                    posting.put(&place, None, "application/jsonl", full).await?;
                    chunk += 1;
                }
            }
            if !body.is_empty() {
                let place = format!("records/{epoch}/{chunk}");
                posting.put(&place, None, "application/jsonl", body).await?;
            }
        }
        Ok(())
    }
}

/// The lines that hold something.
fn lines(file: &Path) -> Result<impl Iterator<Item = Result<String>>> {
    let shown = file.display().to_string();
    let open = File::open(file).with_context(|| format!("cannot read `{shown}`"))?;
    Ok(BufReader::new(open)
        .lines()
        .map(move |line| line.with_context(|| format!("cannot read `{shown}`")))
        .filter(|line| line.as_ref().map_or(true, |line| !line.trim().is_empty())))
}

/// A number or text as text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
