//! Which examples the rows of a batch are.

use crate::{BatchError, Code, Table, table::Values};

/// Which example each row is, as the batch says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rows {
    /// By index in the dataset.
    Indices(Vec<u32>),
    /// By key.
    Keys(Vec<String>),
}

impl Rows {
    /// Reads the column `index` or `key`; without both, the rows are the examples from `first` on.
    ///
    /// # Errors
    /// When nothing says which examples they are, or an index is beyond the dataset's `examples`.
    pub fn of(table: &Table, first: Option<u64>, examples: usize) -> Result<Self, BatchError> {
        let given = [table.has("index"), table.has("key"), first.is_some()];
        if given.iter().filter(|&&given| given).count() > 1 {
            let detail = "the rows are named twice, by `index`, `key` or `first`";
            return Err(BatchError::new(Code::UnknownColumn, detail).hint("leave all but one out"));
        }
        if let Some(indices) = table.integers("index")? {
            let valid = indices.iter().enumerate().map(|(row, &index)| {
                let index = u32::try_from(index).ok();
                index
                    .filter(|&index| (index as usize) < examples)
                    .ok_or_else(|| beyond(examples).at_row(row))
            });
            return valid.collect::<Result<_, _>>().map(Self::Indices);
        }
        if let Some(column) = table.column("key") {
            return match (&column.values, column.axes.as_slice()) {
                (Values::Texts(keys), []) => Ok(Self::Keys(keys.clone())),
                // Keys that are numbers are written as such.
                (Values::Integers(keys), []) => {
                    Ok(Self::Keys(keys.iter().map(ToString::to_string).collect()))
                }
                _ => Err(BatchError::of_column(
                    Code::WrongColumn,
                    "key",
                    "must hold one text a row",
                )),
            };
        }
        let first = first.ok_or_else(|| {
            BatchError::new(
                Code::MissingColumn,
                "nothing says which examples the rows are",
            )
            .hint("add a column `index` or `key`, or `?first=` with the index of the first row")
        })?;
        let end = first.checked_add(table.rows() as u64);
        match end {
            Some(end) if end <= examples as u64 => {
                Ok(Self::Indices((first as u32..end as u32).collect()))
            }
            _ => {
                let detail = format!(
                    "`first` is {first}, and with {} rows that goes beyond the {examples} examples of the dataset",
                    table.rows()
                );
                Err(BatchError::new(Code::UnknownExample, detail))
            }
        }
    }

    /// The error of a key that names no example.
    pub fn unknown_key(key: &str, row: usize) -> BatchError {
        let shown: String = key.escape_debug().take(200).collect();
        let detail = format!("is `{shown}`, which is the key of no example of the dataset");
        BatchError::of_column(Code::UnknownExample, "key", detail).at_row(row)
    }
}

fn beyond(examples: usize) -> BatchError {
    let detail = format!("is none of the {examples} examples of the dataset, counted from 0");
    BatchError::of_column(Code::UnknownExample, "index", detail)
}

/// The order in which rows stand in the dataset: positions by ascending index.
///
/// # Errors
/// When an example is there twice.
pub(crate) fn ascending(indices: &[u32]) -> Result<Vec<usize>, BatchError> {
    let mut order: Vec<usize> = (0..indices.len()).collect();
    order.sort_by_key(|&row| indices[row]);
    let twice = order
        .windows(2)
        .find(|pair| indices[pair[0]] == indices[pair[1]]);
    match twice {
        None => Ok(order),
        Some(pair) => {
            let detail = format!(
                "is the example {} again, which row {} is",
                indices[pair[1]], pair[0]
            );
            Err(BatchError::new(Code::DuplicateExample, detail).at_row(pair[1]))
        }
    }
}
