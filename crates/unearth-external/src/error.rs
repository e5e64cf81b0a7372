//! Why a batch was refused.

use std::fmt;

/// Why a batch was refused: nothing of it is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct BatchError {
    /// What kind of problem.
    pub code: Code,
    /// Which column, where it is one.
    pub column: Option<String>,
    /// Which row, counted from 0, where it is one.
    pub row: Option<usize>,
    /// What is wrong, as a sentence without a full stop.
    pub detail: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Kinds of problems. Their names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// The bytes are not what they are said to be, or end too early.
    Unreadable,
    /// It takes more memory than a batch may.
    TooLarge,
    /// It holds no rows.
    Empty,
    /// A column that is needed is not there.
    MissingColumn,
    /// A column means nothing here.
    UnknownColumn,
    /// A column has a type or shape that cannot be used.
    WrongColumn,
    /// A key or index names no example of the dataset.
    UnknownExample,
    /// An example is there twice.
    DuplicateExample,
    /// A value is not a finite number.
    NotFinite,
    /// A value lies outside of what the quantity can be.
    OutOfRange,
    /// A class is none of the model's.
    UnknownClass,
    /// A label differs from that of the dataset: the rows are not aligned.
    LabelMismatch,
}

impl Code {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "batch-unreadable",
            Self::TooLarge => "batch-too-large",
            Self::Empty => "batch-empty",
            Self::MissingColumn => "column-missing",
            Self::UnknownColumn => "column-unknown",
            Self::WrongColumn => "column-wrong",
            Self::UnknownExample => "example-unknown",
            Self::DuplicateExample => "example-duplicate",
            Self::NotFinite => "value-not-finite",
            Self::OutOfRange => "value-out-of-range",
            Self::UnknownClass => "class-unknown",
            Self::LabelMismatch => "label-mismatch",
        }
    }
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.column, self.row) {
            (Some(column), Some(row)) => write!(f, "`{column}` of row {row} {}", self.detail),
            (Some(column), None) => write!(f, "`{column}` {}", self.detail),
            (None, Some(row)) => write!(f, "row {row} {}", self.detail),
            (None, None) => f.write_str(&self.detail),
        }
    }
}

impl BatchError {
    /// An error of the whole batch; `detail` is a sentence.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            column: None,
            row: None,
            detail: detail.into(),
            hint: None,
        }
    }

    /// An error of a column; `detail` goes on from its name.
    pub(crate) fn of_column(code: Code, column: &str, detail: impl Into<String>) -> Self {
        Self {
            column: Some(column.to_owned()),
            ..Self::new(code, detail)
        }
    }

    pub(crate) fn at_row(self, row: usize) -> Self {
        Self {
            row: Some(row),
            ..self
        }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    pub(crate) fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(Code::Unreadable, detail)
    }

    pub(crate) fn too_large() -> Self {
        let detail = format!(
            "the batch would take more than {} bytes in memory",
            crate::BATCH_BYTES_MAX
        );
        Self::new(Code::TooLarge, detail).hint("post fewer rows at a time")
    }
}
