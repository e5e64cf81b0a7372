//! The labels of a dataset, decisions applied.

use super::{ExportError, Format, csv};
use crate::class_names::ClassNames;
use unearth_audit::{Modality, Standing};
use unearth_store::{datasets::Dataset, labels::LabelRow};

/// Every row of the dataset that was not excluded, in its order, in the columns in which a manifest or a table
/// is uploaded; after them what was given, where it stands and its index, which an upload ignores.
///
/// Text stays as it is: an apostrophe in front of a key would name another file.
pub(crate) struct Labels {
    dataset: Dataset,
    columns: Vec<Column>,
}

struct Column {
    name: &'static str,
    read: Read,
}

type Read = fn(&Named) -> Option<String>;

/// A row with its classes by name.
struct Named {
    row: LabelRow,
    given: Option<String>,
    decided: Option<String>,
}

impl Labels {
    /// Columns that the whole dataset leaves empty are left out.
    pub(crate) fn new(dataset: Dataset, has_groups: bool) -> Self {
        let facts = dataset.facts.as_ref();
        let has_splits = facts.is_some_and(|facts| !facts.splits.is_empty());
        let has_difficulty = facts.is_some_and(|facts| facts.has_difficulty);
        let is_text = facts.is_some_and(|facts| facts.modality == Modality::Text);
        // Image files are named by their path, all else by its key.
        let key = if dataset.originals_blob.is_some() {
            "path"
        } else {
            "key"
        };
        let columns: [(bool, &str, Read); 9] = [
            (true, key, |it| Some(it.row.key.clone())),
            (true, "label", |it| {
                it.decided.clone().or_else(|| it.given.clone())
            }),
            (has_splits, "split", |it| it.row.split.clone()),
            (has_groups, "group", |it| it.row.group.clone()),
            (has_difficulty, "difficulty", |it| {
                it.row.difficulty.map(csv::number)
            }),
            (is_text, "text", |it| it.row.text.clone()),
            (true, "given_label", |it| it.given.clone()),
            (true, "standing", |it| {
                Some(it.row.standing.as_str().to_owned())
            }),
            (true, "index", |it| Some(it.row.index.to_string())),
        ];
        let there = columns.into_iter().filter(|(is_there, _, _)| *is_there);
        Self {
            columns: there.map(|(_, name, read)| Column { name, read }).collect(),
            dataset,
        }
    }
}

impl Format for Labels {
    type Row = LabelRow;

    const ROWS: usize = 1_000;

    fn start(&mut self) -> Vec<u8> {
        csv::encode([self.columns.iter().map(|column| column.name)])
    }

    fn rows(&mut self, rows: Vec<LabelRow>) -> Result<Vec<u8>, ExportError> {
        let classes = ClassNames::of(&self.dataset);
        let kept = rows
            .into_iter()
            .filter(|row| row.standing != Standing::Exclude);
        let cells = kept.map(|row| {
            let decided = row.decided.map(|label| classes.name(label)).transpose()?;
            let named = Named {
                given: classes.given(row.label)?,
                decided,
                row,
            };
            let cells = self.columns.iter().map(|it| (it.read)(&named));
            Ok(cells.map(Option::unwrap_or_default).collect())
        });
        let cells = cells.collect::<Result<Vec<Vec<String>>, ExportError>>()?;
        Ok(csv::encode(cells))
    }
}
