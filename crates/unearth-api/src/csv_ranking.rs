//! A ranking as RFC 4180 rows.

use crate::{class_names::ClassNames, problem::chain};
use unearth_store::{StoreError, scores::RankedRow};

/// The columns; more may follow in later versions.
pub(crate) const COLUMNS: [&str; 11] = [
    "rank",
    "index",
    "key",
    "label",
    "split",
    "group",
    "score",
    "score_class_normalised",
    "percentile",
    "suggested_label",
    "suggested_probability",
];

/// What becomes of text that a spreadsheet would run as a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Text {
    /// It gets an apostrophe in front.
    Safe,
    /// It stays as it is.
    Raw,
}

impl Text {
    fn cell(self, text: &str) -> String {
        let runs = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        if runs && self == Self::Safe {
            format!("'{text}")
        } else {
            text.to_owned()
        }
    }
}

/// The header row.
pub(crate) fn header() -> Vec<u8> {
    encode(std::iter::once(COLUMNS.map(str::to_owned)))
}

/// Rows of the ranking.
pub(crate) fn rows(
    rows: &[RankedRow],
    classes: ClassNames<'_>,
    text: Text,
) -> Result<Vec<u8>, StoreError> {
    let cells: Vec<[String; 11]> = rows
        .iter()
        .map(|row| {
            let suggested = row.suggested.map(|label| classes.name(label)).transpose()?;
            Ok([
                row.rank.to_string(),
                row.index.to_string(),
                text.cell(&row.key),
                text.cell(classes.given(row.label)?.as_deref().unwrap_or_default()),
                text.cell(row.split.as_deref().unwrap_or_default()),
                text.cell(row.group_name.as_deref().unwrap_or_default()),
                number(row.value),
                number(row.normalised),
                number(row.percentile),
                suggested.map_or_else(String::new, |name| text.cell(&name)),
                number(row.suggested_probability),
            ])
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(encode(cells.into_iter()))
}

fn encode(rows: impl Iterator<Item = [String; 11]>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        writer
            .write_record(&row)
            .expect("writing to memory cannot fail");
    }
    writer.into_inner().expect("writing to memory cannot fail")
}

/// The shortest text that reads back as the same number; empty where there is none.
fn number(value: Option<f64>) -> String {
    value.map(|value| format!("{value:?}")).unwrap_or_default()
}

/// Says in the log why a download broke off; the client sees a connection that ends early.
pub(crate) fn log_break(error: &StoreError) {
    tracing::error!(error = chain(error), "a ranking broke off");
}
