//! Labels in a file of their own, beside the dataset that they belong to.

use crate::archive::read_full;
use csv::StringRecord;
use std::{
    fs::File,
    io::{self, BufReader, Cursor, Read, Seek as _},
    path::Path,
};
use unearth_npy::{Header, HeaderError, Kind};

const NPY_MAGIC: &[u8] = b"\x93NUMPY";

/// The labels of a file, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelFile {
    /// One per example, in index order.
    InOrder(Vec<String>),
    /// Keys of examples with their labels, in the order of the file; every key once.
    ByKey(Vec<(String, String)>),
}

/// Why a file of labels cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LabelFileError {
    /// It cannot be opened or ends too early.
    #[error("cannot read the labels `{file}`")]
    Unreadable {
        /// The path as given.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// It is not a file of labels.
    #[error("the labels `{file}` {detail}")]
    Invalid {
        /// The path as given.
        file: String,
        /// What is wrong, and what to do about it.
        detail: String,
    },
    /// One of its rows cannot be used.
    #[error("row {row} of the labels `{file}` {detail}")]
    InvalidRow {
        /// The path as given.
        file: String,
        /// The row: the header of a CSV is row 1; in an array they are counted from 0.
        row: u64,
        /// What is wrong.
        detail: String,
    },
}

impl LabelFile {
    /// Reads an npy of whole numbers or text, or a CSV with a column `label` and, where labels are not in
    /// index order, a column `key`.
    ///
    /// # Errors
    /// [`LabelFileError`], which names the file and the row.
    pub fn read(path: &Path) -> Result<Self, LabelFileError> {
        let file = Named(path.display().to_string());
        let mut reader = BufReader::new(File::open(path).map_err(|error| file.unreadable(error))?);
        let mut start = [0; NPY_MAGIC.len()];
        let is_npy = read_full(&mut reader, &mut start)
            .map_err(|error| file.unreadable(error))
            .map(|count| &start[..count] == NPY_MAGIC)?;
        reader.rewind().map_err(|error| file.unreadable(error))?;
        if is_npy {
            npy(&file, &mut reader)
        } else {
            csv(&file, reader)
        }
    }
}

/// The file that errors are about.
struct Named(String);

impl Named {
    fn unreadable(&self, source: io::Error) -> LabelFileError {
        LabelFileError::Unreadable {
            file: self.0.clone(),
            source,
        }
    }

    fn invalid(&self, detail: impl Into<String>) -> LabelFileError {
        LabelFileError::Invalid {
            file: self.0.clone(),
            detail: detail.into(),
        }
    }

    fn invalid_row(&self, row: u64, detail: impl Into<String>) -> LabelFileError {
        LabelFileError::InvalidRow {
            file: self.0.clone(),
            row,
            detail: detail.into(),
        }
    }
}

fn npy(file: &Named, reader: &mut dyn Read) -> Result<LabelFile, LabelFileError> {
    let header = Header::parse(reader).map_err(|error| match error {
        HeaderError::Io(error) => file.unreadable(error),
        HeaderError::Invalid(detail) => file.invalid(detail),
    })?;
    let dtype = &header.dtype;
    if matches!(dtype.kind, Kind::Float | Kind::Object | Kind::Other) {
        return Err(file.invalid(format!(
            "have the type {dtype}; it must be whole numbers or text"
        )));
    }
    let ([rows] | [rows, 1]) = header.shape[..] else {
        let shape = header.shape_text();
        return Err(file.invalid(format!("have the shape {shape}; it must be (N,)")));
    };
    let mut element = vec![0; dtype.size];
    let mut labels = Vec::new();
    for row in 0..rows {
        reader
            .read_exact(&mut element)
            .map_err(|error| file.unreadable(error))?;
        let label = dtype.text(&element);
        labels.push(label.ok_or_else(|| file.invalid_row(row as u64, "is not valid Unicode"))?);
    }
    Ok(LabelFile::InOrder(labels))
}

fn csv(file: &Named, mut reader: impl Read) -> Result<LabelFile, LabelFileError> {
    let mut text = Vec::new();
    reader
        .read_to_end(&mut text)
        .map_err(|error| file.unreadable(error))?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let mut table = csv::Reader::from_reader(Cursor::new(text));
    let header = table.headers().map_err(|error| csv_error(file, &error))?;
    let (label, key) = columns(file, header)?;
    let (mut labels, mut keys) = (Vec::new(), Vec::new());
    for record in table.records() {
        let record = record.map_err(|error| csv_error(file, &error))?;
        let row = labels.len() as u64 + 2;
        let cell = |column: usize| record.get(column).unwrap_or_default().trim().to_owned();
        let given = cell(label);
        if given.is_empty() {
            return Err(file.invalid_row(row, "has no label"));
        }
        labels.push(given);
        if let Some(key) = key {
            keys.push(cell(key));
        }
    }
    if key.is_none() {
        return Ok(LabelFile::InOrder(labels));
    }
    if let Some((row, key)) = repeated(&keys) {
        let detail = format!("repeats the key `{key}`");
        return Err(file.invalid_row(row as u64 + 2, detail));
    }
    Ok(LabelFile::ByKey(keys.into_iter().zip(labels).collect()))
}

/// Where the columns `label` and `key` are.
fn columns(file: &Named, header: &StringRecord) -> Result<(usize, Option<usize>), LabelFileError> {
    let place = |name: &str| {
        let mut places = header.iter().map(str::trim).enumerate();
        places.find_map(|(place, column)| (column == name).then_some(place))
    };
    let label = place("label").ok_or_else(|| {
        file.invalid(
            "have no column `label`: the first row of a CSV must be `label`, with one row per example in \
             index order below it, or `key,label`",
        )
    })?;
    Ok((label, place("key")))
}

/// The first text that stood there before, and its place.
fn repeated(texts: &[String]) -> Option<(usize, &str)> {
    let mut seen = std::collections::HashSet::new();
    let mut all = texts.iter().enumerate();
    all.find_map(|(place, text)| (!seen.insert(text)).then_some((place, text.as_str())))
}

fn csv_error(file: &Named, error: &csv::Error) -> LabelFileError {
    let row = error.position().map_or(1, |position| position.record() + 1);
    file.invalid_row(
        row,
        format!("cannot be read as UTF-8, RFC 4180 CSV: {error}"),
    )
}
