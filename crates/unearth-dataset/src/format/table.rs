//! A CSV file whose rows are the examples.

use super::{
    Draft, Names, check_drafts, difficulty,
    manifest::{invalid_row, place_of, quoted, row_error},
    split,
};
use crate::{
    BadExample, DatasetError, Limits, MAX_NAME_BYTES, PackOptions, Warning, WarningCode,
    archive::unreadable,
};
use csv::StringRecord;
use std::{
    fs::File,
    io::{BufReader, Read, Seek as _},
    path::Path,
};

/// Name of the table in errors; an upload keeps no name of its own.
const NAME: &str = "the table";
/// Longest text of an example, bytes.
const TEXT_BYTES_MAX: usize = 1 << 20;
/// Bytes within which the header must end.
const HEADER_BYTES_MAX: u64 = 64 << 10;

/// Examples that are rows.
#[derive(Debug)]
pub(crate) struct TablePlan {
    /// In index order.
    pub(crate) rows: Vec<Result<Row, BadExample>>,
    pub(crate) labels: Names,
    pub(crate) splits: Names,
    /// Whether the rows are texts.
    pub(crate) has_text: bool,
    pub(crate) warnings: Vec<Warning>,
}

/// One example.
#[derive(Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) draft: Draft,
    pub(crate) text: Option<String>,
}

/// The file at `source` if it is a table: its first line names a column `key`.
pub(crate) fn open(source: &Path) -> Result<Option<File>, DatasetError> {
    if !source.is_file() {
        return Ok(None);
    }
    let failed = |error| unreadable(source.display().to_string(), error);
    let mut file = File::open(source).map_err(failed)?;
    let mut table = csv::Reader::from_reader(file.by_ref().take(HEADER_BYTES_MAX));
    let is_table = table.headers().is_ok_and(|header| {
        header.iter().any(|column| column.trim() == "key")
            && !header.iter().any(|column| column.contains('\0'))
    });
    file.rewind().map_err(failed)?;
    Ok(is_table.then_some(file))
}

/// Lists the examples of a table.
pub(crate) fn plan(
    file: File,
    options: &PackOptions,
    limits: &Limits,
) -> Result<TablePlan, DatasetError> {
    let bytes = file
        .metadata()
        .map_err(|e| DatasetError::read(NAME, e))?
        .len();
    if bytes > limits.manifest_bytes {
        return Err(DatasetError::LimitExceeded {
            limit: "manifest_bytes",
            subject: NAME.to_owned(),
            allowed: limits.manifest_bytes,
        });
    }
    let plan = parse(BufReader::new(file), options.label_column())?;
    let drafts: Vec<&Draft> = plan.rows.iter().flatten().map(|row| &row.draft).collect();
    check_drafts(&drafts, limits)?;
    Ok(plan)
}

/// Reads a table.
pub(crate) fn parse(reader: impl Read, label_column: &str) -> Result<TablePlan, DatasetError> {
    let mut table = csv::ReaderBuilder::new().from_reader(reader);
    let header = table
        .headers()
        .map_err(|error| row_error(NAME, error))?
        .clone();
    let columns = Columns::find(&header, label_column)?;
    let mut plan = TablePlan {
        rows: Vec::new(),
        labels: Names::default(),
        splits: Names::default(),
        has_text: columns.text.is_some(),
        warnings: unknown_columns(&header, label_column),
    };
    let mut record = StringRecord::new();
    let mut number = 1;
    while table
        .read_record(&mut record)
        .map_err(|error| row_error(NAME, error))?
    {
        number += 1;
        if let Some(column) = columns.with_nul(&record) {
            let name = header[column].trim();
            let detail = format!("holds a NUL character in the column `{name}`");
            return Err(invalid_row(NAME, number, detail));
        }
        let row = columns.row(number, &record, &mut plan.labels, &mut plan.splits);
        plan.rows.push(row);
    }
    if plan.rows.is_empty() {
        return Err(DatasetError::NoRows);
    }
    Ok(plan)
}

/// Where the columns are.
struct Columns {
    key: usize,
    label: Option<usize>,
    group: Option<usize>,
    split: Option<usize>,
    text: Option<usize>,
    difficulty: Option<usize>,
}

impl Columns {
    fn find(header: &StringRecord, label: &str) -> Result<Self, DatasetError> {
        let place = |column: &str| place_of(NAME, header, column);
        let missing = || DatasetError::MissingColumn {
            manifest: NAME.to_owned(),
            column: "key".to_owned(),
            found: quoted(header.iter().map(str::trim)),
        };
        Ok(Self {
            key: place("key")?.ok_or_else(missing)?,
            label: place(label)?,
            group: place("group")?,
            split: place("split")?,
            text: place("text")?,
            difficulty: place("difficulty")?,
        })
    }

    /// The first column with a cell that no database keeps.
    fn with_nul(&self, record: &StringRecord) -> Option<usize> {
        let known = [
            Some(self.key),
            self.label,
            self.group,
            self.split,
            self.text,
            self.difficulty,
        ];
        let holds_nul =
            |column: &usize| record.get(*column).is_some_and(|cell| cell.contains('\0'));
        known.into_iter().flatten().find(holds_nul)
    }

    fn row(
        &self,
        number: u64,
        record: &StringRecord,
        labels: &mut Names,
        splits: &mut Names,
    ) -> Result<Row, BadExample> {
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let trimmed = |column: Option<usize>| column.map(|column| cell(column).trim());
        let key = cell(self.key).trim();
        let bad = |reason: &str| BadExample {
            name: key.chars().take(80).collect(),
            row: Some(number),
            reason: reason.to_owned(),
        };
        let (label, split) = (trimmed(self.label), trimmed(self.split));
        if key.is_empty() {
            return Err(bad("has no key"));
        }
        if key.len() > MAX_NAME_BYTES {
            return Err(bad("has a key of more than 1024 bytes"));
        }
        if label == Some("") {
            return Err(bad("has no label, though there is a column for it"));
        }
        if split == Some("") {
            return Err(bad("has no split, though there is a column for it"));
        }
        // Space at its ends may belong to a text.
        let text = self.text.map(cell);
        if text.is_some_and(|text| text.len() > TEXT_BYTES_MAX) {
            return Err(bad("has a text of more than 1 MiB"));
        }
        let difficulty = trimmed(self.difficulty).map_or(Ok(None), difficulty::parse);
        Ok(Row {
            draft: Draft {
                key: key.to_owned(),
                row: Some(number),
                label: label.map(|name| labels.position(name)),
                split: split.map(|name| splits.position(split::canonical_or_given(name))),
                group: trimmed(self.group)
                    .filter(|group| !group.is_empty())
                    .map(str::to_owned),
                difficulty: difficulty.map_err(bad)?,
            },
            text: text.map(str::to_owned),
        })
    }
}

fn unknown_columns(header: &StringRecord, label: &str) -> Vec<Warning> {
    const KNOWN: [&str; 5] = ["key", "group", "split", "text", "difficulty"];
    let names = header.iter().map(str::trim);
    let unknown = quoted(names.filter(|name| !KNOWN.contains(name) && *name != label));
    if unknown.is_empty() {
        return Vec::new();
    }
    vec![Warning {
        code: WarningCode::UnknownColumns,
        detail: format!(
            "these columns of {NAME} were ignored: {}",
            unknown.join(", ")
        ),
    }]
}
