//! Named columns of equally many rows: what every format is read into.

use crate::{BatchError, Code};

/// The rows of a batch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    rows: usize,
    columns: Vec<Column>,
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Axes of one row: none for a number, `[C]` for logits, `[H, W]` for a map.
    pub(crate) axes: Vec<usize>,
    /// Row after row.
    pub(crate) values: Values,
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Values {
    Floats(Vec<f32>),
    Integers(Vec<i64>),
    Texts(Vec<String>),
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Floats(values) => values.len(),
            Self::Integers(values) => values.len(),
            Self::Texts(values) => values.len(),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Floats(_) => "floating-point numbers",
            Self::Integers(_) => "whole numbers",
            Self::Texts(_) => "text",
        }
    }
}

impl Column {
    /// Values of one row.
    fn width(&self) -> usize {
        self.axes.iter().product()
    }

    fn describe(&self) -> String {
        let axes: Vec<String> = self.axes.iter().map(ToString::to_string).collect();
        match self.axes.len() {
            0 => self.values.kind().to_owned(),
            _ => format!("rows of {} {}", axes.join("×"), self.values.kind()),
        }
    }

    fn wrong(&self, wanted: &str) -> BatchError {
        let detail = format!("holds {}; it must hold {wanted}", self.describe());
        BatchError::of_column(Code::WrongColumn, &self.name, detail)
    }
}

impl Table {
    /// Puts columns together.
    ///
    /// # Errors
    /// When they have not equally many rows, there are no rows, or a name is there twice.
    pub(crate) fn new(columns: Vec<(Column, usize)>) -> Result<Self, BatchError> {
        let mut table = Self::default();
        for (column, rows) in columns {
            if column.width().checked_mul(rows) != Some(column.values.len()) {
                let detail = "has not as many values as its shape says";
                return Err(BatchError::of_column(
                    Code::WrongColumn,
                    &column.name,
                    detail,
                ));
            }
            match table.columns.first() {
                None => table.rows = rows,
                Some(_) if table.rows == rows => {}
                Some(first) => {
                    let detail = format!("has {rows} rows, `{}` has {}", first.name, table.rows);
                    return Err(BatchError::of_column(
                        Code::WrongColumn,
                        &column.name,
                        detail,
                    ));
                }
            }
            if table.column(&column.name).is_some() {
                let detail = "is there twice";
                return Err(BatchError::of_column(
                    Code::WrongColumn,
                    &column.name,
                    detail,
                ));
            }
            table.columns.push(column);
        }
        if table.rows == 0 {
            return Err(BatchError::new(Code::Empty, "the batch holds no rows"));
        }
        Ok(table)
    }

    /// Number of rows; never 0.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether it has a column of this name.
    pub fn has(&self, name: &str) -> bool {
        self.column(name).is_some()
    }

    /// Refuses columns that are not among `known`.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), BatchError> {
        let mut names = self.columns.iter().map(|column| column.name.as_str());
        match names.find(|name| !known.contains(name)) {
            None => Ok(()),
            Some(unknown) => {
                let shown: String = unknown.escape_debug().take(80).collect();
                let hint = format!("the columns are {}", known.join(", "));
                let detail = "means nothing here";
                Err(BatchError::of_column(Code::UnknownColumn, &shown, detail).hint(hint))
            }
        }
    }

    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// One number a row.
    pub(crate) fn floats(&self, name: &str) -> Result<Option<&[f32]>, BatchError> {
        let Some(column) = self.column(name) else {
            return Ok(None);
        };
        match (&column.values, column.axes.as_slice()) {
            (Values::Floats(values), []) => Ok(Some(values)),
            _ => Err(column.wrong("one floating-point number a row")),
        }
    }

    /// One whole number a row.
    pub(crate) fn integers(&self, name: &str) -> Result<Option<&[i64]>, BatchError> {
        let Some(column) = self.column(name) else {
            return Ok(None);
        };
        match (&column.values, column.axes.as_slice()) {
            (Values::Integers(values), []) => Ok(Some(values)),
            _ => Err(column.wrong("one whole number a row")),
        }
    }

    /// Floating-point numbers of `axes` a row.
    pub(crate) fn blocks(&self, name: &str, axes: &[usize]) -> Result<Option<&[f32]>, BatchError> {
        let Some(column) = self.column(name) else {
            return Ok(None);
        };
        let Values::Floats(values) = &column.values else {
            return Err(column.wrong("floating-point numbers"));
        };
        // Arrow has no axes within a row, so a flat map is as good.
        let flat = [axes.iter().product::<usize>()];
        if column.axes == axes || column.axes == flat {
            return Ok(Some(values));
        }
        let wanted: Vec<String> = axes.iter().map(ToString::to_string).collect();
        Err(column.wrong(&format!("rows of {} numbers", wanted.join("×"))))
    }
}
