//! A ranking as RFC 4180 rows.

use super::{
    ExportError, Format,
    table::{Read, Row, Table},
};
use std::borrow::Cow;
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
        let rows = self.table.rows(&rows)?;
        Ok(encode(rows.iter().map(|row| self.cells(row))))
    }
}

impl Csv {
    fn cells<'r>(&'r self, row: &'r Row<'_>) -> impl Iterator<Item = Cow<'r, [u8]>> {
        let cell = move |read: &'r Read| match read {
            Read::Whole(read) => read(row).map(|whole| Cow::Owned(whole.to_string())),
            Read::Text(read) => read(row).map(|text| self.text.cell(text)),
            Read::Number(read) => read(row).map(|value| Cow::Owned(number(value))),
            Read::Flag(read) => read(row).map(|flag| Cow::Owned(flag.to_string())),
        };
        let columns = self.table.columns().iter();
        columns.map(move |column| bytes(cell(&column.read).unwrap_or_default()))
    }
}

fn bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// Rows of RFC 4180.
pub(super) fn encode<Row>(rows: impl IntoIterator<Item = Row>) -> Vec<u8>
where
    Row: IntoIterator<Item: AsRef<[u8]>>,
{
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        writer
            .write_record(row)
            .expect("writing to memory cannot fail");
    }
    writer.into_inner().expect("writing to memory cannot fail")
}

/// The shortest text that reads back as the same number.
pub(super) fn number(value: f64) -> String {
    format!("{value:?}")
}
