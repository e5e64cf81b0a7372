//! Copies of the subject on the server.

use super::subject::Subject;
use crate::{
    client::{Client, datasets, upload::Upload},
    exit::Failure,
};
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::{fs, path::Path};
use tokio::task::block_in_place;
use unearth_dataset::{CopiedExample, write_npz};

/// Split of a copy that is trained on, and the other one.
pub(super) const TRAINED: &str = "train";
const HELD_OUT: &str = "held_out";

/// Makes copies and brings them to a server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Copies<'a> {
    pub(crate) client: &'a Client,
    pub(crate) subject: &'a Subject,
    /// A folder for one copy at a time.
    pub(crate) folder: &'a Path,
}

impl Copies<'_> {
    /// The id of a copy under these labels. With `held_out` it has two splits, the second of which holds the
    /// examples at those positions.
    pub(super) async fn bring(
        self,
        name: &str,
        given: &[usize],
        held_out: Option<&[bool]>,
    ) -> Result<Value, Failure> {
        let file = self.folder.join(format!("{name}.npz"));
        block_in_place(|| self.write(&file, given, held_out))?;
        let dataset = datasets::ready(self.client, Upload::of(&file)?, false).await?;
        fs::remove_file(&file)
            .with_context(|| format!("cannot remove the copy `{}`", file.display()))?;
        Ok(dataset["id"].clone())
    }

    fn write(self, file: &Path, given: &[usize], held_out: Option<&[bool]>) -> Result<()> {
        let examples = self.subject.examples.iter().enumerate();
        let copied: Vec<CopiedExample<'_>> = examples
            .map(|(position, example)| CopiedExample {
                index: example.index,
                key: &example.key,
                label: &self.subject.class_names[given[position]],
                split: held_out.map(|out| if out[position] { HELD_OUT } else { TRAINED }),
            })
            .collect();
        write_npz(file, &self.subject.pack, &copied)
            .with_context(|| format!("cannot write the copy `{}`", file.display()))
    }
}
