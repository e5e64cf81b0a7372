//! A ranking as RFC 4180 rows.

use super::{
    ExportError, Format,
    table::{Read, Row, Table},
};
use std::{
    borrow::Cow,
    fmt::{self, Write as _},
};
use unearth_store::scores::RankedRow;

/// What becomes of text that a spreadsheet would run as a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Text {
    /// It gets an apostrophe in front.
    Safe,
    /// It stays as it is.
    Raw,
}

impl Text {
    /// As a query says.
    pub(crate) fn of(raw: bool) -> Self {
        if raw { Self::Raw } else { Self::Safe }
    }

    /// What stands in a cell.
    pub(super) fn cell(self, text: &str) -> Cow<'_, str> {
        let runs = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        if runs && self == Self::Safe {
            Cow::Owned(format!("'{text}"))
        } else {
            Cow::Borrowed(text)
        }
    }
}

/// Comma-separated values: a header row, then a row for each example.
pub(crate) struct Csv {
    pub(crate) table: Table,
    /// What becomes of text.
    pub(crate) text: Text,
}

impl Format for Csv {
    type Row = RankedRow;

    const ROWS: usize = 1_000;

    fn start(&mut self) -> Vec<u8> {
        let names = self.table.columns().iter().map(|it| &it.name);
        encode([names])
    }

    fn rows(&mut self, rows: Vec<RankedRow>) -> Result<Vec<u8>, ExportError> {
        let mut writer = writer();
        let mut digits = String::new();
        for row in self.table.rows(&rows)? {
            for column in self.table.columns() {
                let cell = self.cell(&column.read, &row, &mut digits);
                writer.write_field(&*cell).expect(IN_MEMORY);
            }
            writer.write_record(NO_FURTHER).expect(IN_MEMORY);
        }
        Ok(writer.into_inner().expect(IN_MEMORY))
    }
}

impl Csv {
    /// What stands in a cell; a number is written into `digits`, which all cells use in turn.
    fn cell<'r>(&self, read: &Read, row: &'r Row<'_>, digits: &'r mut String) -> Cow<'r, str> {
        digits.clear();
        let written = match read {
            Read::Text(read) => {
                return read(row)
                    .map(|text| self.text.cell(text))
                    .unwrap_or_default();
            }
            Read::Whole(read) => read(row).map(|whole| write!(digits, "{whole}")),
            Read::Number(read) => read(row).map(|value| write_number(digits, value)),
            Read::Flag(read) => read(row).map(|flag| write!(digits, "{flag}")),
        };
        written.transpose().expect(IN_MEMORY);
        Cow::Borrowed(digits)
    }
}

const IN_MEMORY: &str = "writing to memory cannot fail";
/// Ends a record of which the fields were written one by one.
const NO_FURTHER: Option<&[u8]> = None;

fn writer() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new())
}

/// Rows of RFC 4180.
pub(super) fn encode<Row>(rows: impl IntoIterator<Item = Row>) -> Vec<u8>
where
    Row: IntoIterator<Item: AsRef<[u8]>>,
{
    let mut writer = writer();
    for row in rows {
        writer.write_record(row).expect(IN_MEMORY);
    }
    writer.into_inner().expect(IN_MEMORY)
}

/// The shortest text that reads back as the same number.
pub(super) fn number(value: f64) -> String {
    let mut digits = String::new();
    write_number(&mut digits, value).expect(IN_MEMORY);
    digits
}

fn write_number(digits: &mut String, value: f64) -> fmt::Result {
    write!(digits, "{value:?}")
}
