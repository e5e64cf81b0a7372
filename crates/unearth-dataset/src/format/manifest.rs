//! Images and a CSV file that labels them.

use super::{Candidate, Draft, ImagePlan, Names, difficulty, kind, kind::Kind, split};
use crate::{
    BadExample, DatasetError, Format, Limits, PackOptions, Warning, WarningCode,
    archive::{Member, Members},
};
use csv::StringRecord;
use std::{collections::HashSet, io::Read};

/// Columns that mean something, beside the label's.
const COLUMNS: [&str; 5] = ["path", "group", "split", "key", "difficulty"];

/// A manifest as written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) rows: Vec<Row>,
    /// Columns that were ignored.
    pub(crate) unknown_columns: Vec<String>,
    columns: OptionalColumns,
}

/// Which optional columns there are whose cells must not be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OptionalColumns {
    split: bool,
    key: bool,
}

/// One row; optional cells that are absent or empty are `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Row number, the header being row 1.
    pub(crate) number: u64,
    pub(crate) path: String,
    pub(crate) label: String,
    pub(crate) group: Option<String>,
    pub(crate) split: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) difficulty: Option<String>,
}

/// Lists the images that the manifest names.
pub(super) fn plan(
    members: &Members,
    options: &PackOptions,
    limits: &Limits,
) -> Result<ImagePlan, DatasetError> {
    let member = find(members, options)?.ok_or_else(|| DatasetError::ManifestNotFound {
        manifest: options.manifest.clone().unwrap_or_default(),
    })?;
    if member.size > limits.manifest_bytes {
        return Err(DatasetError::LimitExceeded {
            limit: "manifest_bytes",
            subject: format!("the manifest `{}`", member.name),
            allowed: limits.manifest_bytes,
        });
    }
    let manifest = members.stream(member, |reader| {
        parse(&member.name, reader, options.label_column())
    })?;
    if manifest.rows.is_empty() {
        return Err(DatasetError::NoImages {
            found: format!("the manifest `{}` has no rows", member.name),
        });
    }

    let folder = folder(&member.name);
    let top = top_folder(members);
    let mut plan = ImagePlan {
        format: Format::Manifest,
        candidates: Vec::with_capacity(manifest.rows.len()),
        labels: Names::default(),
        splits: Names::default(),
        warnings: Vec::new(),
    };
    let mut listed = HashSet::new();
    for row in manifest.rows {
        let found = locate(members, [folder, top, ""], &row.path);
        listed.extend(found);
        let candidate = match usable(&row, found, manifest.columns) {
            Err(reason) => Candidate::Bad(BadExample {
                name: row.path,
                row: Some(row.number),
                reason: reason.to_owned(),
            }),
            Ok((member, difficulty)) => Candidate::Image {
                draft: Draft {
                    label: Some(plan.labels.position(&row.label)),
                    split: row
                        .split
                        .map(|name| plan.splits.position(split::canonical_or_given(&name))),
                    group: row.group,
                    difficulty,
                    row: Some(row.number),
                    key: row.key.unwrap_or(row.path),
                },
                member,
            },
        };
        plan.candidates.push(candidate);
    }
    plan.warnings = warnings(&member.name, &manifest.unknown_columns, members, &listed);
    Ok(plan)
}

/// The manifest: the one that was asked for, or the only top-level CSV file that looks like one.
pub(super) fn find<'a>(
    members: &'a Members,
    options: &PackOptions,
) -> Result<Option<&'a Member>, DatasetError> {
    let top = top_folder(members);
    if let Some(manifest) = &options.manifest {
        let found = members
            .find(manifest)
            .or_else(|| members.find(&format!("{top}{manifest}")));
        return match found {
            Some(member) => Ok(Some(member)),
            None => Err(DatasetError::ManifestNotFound {
                manifest: manifest.clone(),
            }),
        };
    }
    let tables: Vec<&Member> = members
        .list()
        .iter()
        .filter(|member| kind::has_extension(&member.name, "csv") && folder(&member.name) == top)
        .collect();
    let mut candidates = Vec::new();
    for table in &tables {
        if is_manifest(members, table, options.label_column())? {
            candidates.push(*table);
        }
    }
    // Images without class directories mean nothing without a table, so the only table is tried.
    let has_folders = members.list().iter().any(|member| {
        member.name[top.len()..].contains('/')
            && Kind::by_extension(&member.name) == Some(Kind::Image)
    });
    if let ([], [table], false) = (&candidates[..], &tables[..], has_folders) {
        candidates.push(table);
    }
    match candidates[..] {
        [] => Ok(None),
        [member] => Ok(Some(member)),
        _ => Err(DatasetError::AmbiguousManifest {
            candidates: quoted(candidates.iter().map(|member| member.name.as_str())),
        }),
    }
}

/// Reads a manifest; `file` is its name, for errors.
pub(crate) fn parse(
    file: &str,
    reader: impl Read,
    label_column: &str,
) -> Result<Manifest, DatasetError> {
    let mut table = csv::ReaderBuilder::new().from_reader(reader);
    let header = table
        .headers()
        .map_err(|error| row_error(file, error))?
        .clone();
    if header.iter().any(|name| name.contains('\0')) {
        let detail = "names a column with a NUL character".to_owned();
        return Err(invalid_row(file, 1, detail));
    }
    let columns = Columns::find(file, &header, label_column)?;

    let mut rows = Vec::new();
    for (index, record) in table.records().enumerate() {
        let record = record.map_err(|error| row_error(file, error))?;
        let number = index as u64 + 2;
        if let Some(column) = columns.with_nul(&record) {
            let detail = format!(
                "holds a NUL character in the column `{}`",
                header[column].trim()
            );
            return Err(invalid_row(file, number, detail));
        }
        rows.push(columns.row(number, &record));
    }
    let unknown_columns = header
        .iter()
        .map(str::trim)
        .filter(|column| !COLUMNS.contains(column) && *column != label_column)
        .map(str::to_owned)
        .collect();
    Ok(Manifest {
        rows,
        unknown_columns,
        columns: OptionalColumns {
            split: columns.split.is_some(),
            key: columns.key.is_some(),
        },
    })
}

/// Where the columns are.
struct Columns {
    path: usize,
    label: usize,
    group: Option<usize>,
    split: Option<usize>,
    key: Option<usize>,
    difficulty: Option<usize>,
}

impl Columns {
    fn find(file: &str, header: &StringRecord, label: &str) -> Result<Self, DatasetError> {
        let optional = |column: &str| place_of(file, header, column);
        let required = |column: &str| {
            optional(column)?.ok_or_else(|| DatasetError::MissingColumn {
                manifest: file.to_owned(),
                column: column.to_owned(),
                found: quoted(header.iter().map(str::trim)),
            })
        };
        Ok(Self {
            path: required("path")?,
            label: required(label)?,
            group: optional("group")?,
            split: optional("split")?,
            key: optional("key")?,
            difficulty: optional("difficulty")?,
        })
    }

    /// The first column with a cell that no database keeps.
    fn with_nul(&self, record: &StringRecord) -> Option<usize> {
        [
            Some(self.path),
            Some(self.label),
            self.group,
            self.split,
            self.key,
            self.difficulty,
        ]
        .into_iter()
        .flatten()
        .find(|column| record.get(*column).is_some_and(|cell| cell.contains('\0')))
    }

    fn row(&self, number: u64, record: &StringRecord) -> Row {
        let cell = |column: usize| record.get(column).unwrap_or_default().trim().to_owned();
        let optional = |column: Option<usize>| column.map(cell).filter(|text| !text.is_empty());
        Row {
            number,
            path: cell(self.path),
            label: cell(self.label),
            group: optional(self.group),
            split: optional(self.split),
            key: optional(self.key),
            difficulty: optional(self.difficulty),
        }
    }
}

/// Where a column is, if it is there.
pub(super) fn place_of(
    file: &str,
    header: &StringRecord,
    column: &str,
) -> Result<Option<usize>, DatasetError> {
    let names = header.iter().map(str::trim);
    let mut places = (0..).zip(names).filter(|(_, name)| *name == column);
    match (places.next(), places.next()) {
        (_, Some(_)) => {
            let detail = format!("names the column `{column}` twice");
            Err(invalid_row(file, 1, detail))
        }
        (place, None) => Ok(place.map(|(place, _)| place)),
    }
}

/// The file of a row and its difficulty, or why the row cannot be used.
fn usable(
    row: &Row,
    found: Option<usize>,
    columns: OptionalColumns,
) -> Result<(usize, Option<f64>), &'static str> {
    if row.path.is_empty() {
        return Err("has no path");
    }
    let member = found.ok_or("is not in the upload")?;
    if row.label.is_empty() {
        Err("has no label")
    } else if columns.split && row.split.is_none() {
        Err("has no split, though there is a column for it")
    } else if columns.key && row.key.is_none() {
        Err("has no key, though there is a column for it")
    } else {
        let difficulty = difficulty::parse(row.difficulty.as_deref().unwrap_or_default())?;
        Ok((member, difficulty))
    }
}

/// The file that `path` means, relative to the first of `folders` that has it.
fn locate(members: &Members, folders: [&str; 3], path: &str) -> Option<usize> {
    let path = path.replace('\\', "/");
    let path = path.trim_start_matches("./");
    folders.into_iter().find_map(|folder| {
        let name = format!("{folder}{path}");
        let list = members.list();
        list.binary_search_by(|member| member.name.as_str().cmp(&name))
            .ok()
    })
}

fn is_manifest(members: &Members, member: &Member, label: &str) -> Result<bool, DatasetError> {
    if member.name.rsplit('/').next() == Some("manifest.csv") {
        return Ok(true);
    }
    members.stream(member, |reader| {
        let mut table = csv::Reader::from_reader(reader.take(64 << 10));
        Ok(table.headers().is_ok_and(|header| {
            header
                .iter()
                .any(|column| matches!(column.trim(), "path") || column.trim() == label)
        }))
    })
}

/// The directory of a file with its `/`, or nothing.
fn folder(name: &str) -> &str {
    name.rfind('/').map_or("", |slash| &name[..=slash])
}

/// The longest directory that all files lie in, with its `/`, or nothing.
fn top_folder(members: &Members) -> &str {
    let list = members.list();
    let (Some(first), Some(end)) = (list.first(), list.last()) else {
        return "";
    };
    // The list is sorted, so what its ends have in common all have in common.
    let common = first
        .name
        .bytes()
        .zip(end.name.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let slash = first.name.as_bytes()[..common]
        .iter()
        .rposition(|byte| *byte == b'/');
    slash.map_or("", |slash| &first.name[..=slash])
}

fn warnings(
    manifest: &str,
    unknown_columns: &[String],
    members: &Members,
    listed: &HashSet<usize>,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if !unknown_columns.is_empty() {
        let columns = quoted(unknown_columns.iter().map(String::as_str)).join(", ");
        warnings.push(Warning {
            code: WarningCode::UnknownColumns,
            detail: format!("these columns of `{manifest}` were ignored: {columns}"),
        });
    }
    let mut unlisted = members.list().iter().enumerate().filter(|(index, member)| {
        Kind::by_extension(&member.name) == Some(Kind::Image) && !listed.contains(index)
    });
    if let Some((_, first)) = unlisted.next() {
        warnings.push(Warning {
            code: WarningCode::UnlistedImages,
            detail: format!(
                "{} images are not named in `{manifest}`, such as `{}`",
                unlisted.count() + 1,
                first.name
            ),
        });
    }
    warnings
}

pub(super) fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    names.map(|name| format!("`{name}`")).collect()
}

pub(super) fn row_error(file: &str, error: csv::Error) -> DatasetError {
    let row = error.position().map_or(1, |position| position.record() + 1);
    let detail = match error.into_kind() {
        csv::ErrorKind::Io(error) => return DatasetError::read(file, error),
        csv::ErrorKind::Utf8 { .. } => "is not valid UTF-8".to_owned(),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("has {len} cells where the header has {expected_len}"),
        _ => "is not valid CSV".to_owned(),
    };
    invalid_row(file, row, detail)
}

pub(super) fn invalid_row(file: &str, row: u64, detail: String) -> DatasetError {
    DatasetError::InvalidManifest {
        manifest: file.to_owned(),
        row,
        detail,
    }
}
