//! A ranking as RFC 4180 rows.

use crate::{class_names::ClassNames, problem::chain, view::archaeology::Categories};
use unearth_store::{StoreError, audits::Audit, datasets::Dataset, scores::RankedRow};

/// The columns that every ranking has; those of an archaeology follow, and more may in later versions.
const COLUMNS: [&str; 11] = [
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

/// How the rows of an audit are written.
pub(crate) struct Columns {
    /// What is ranked.
    pub(crate) audit: Audit,
    /// Names its classes.
    pub(crate) dataset: Dataset,
    /// Name its categories; none without an archaeology.
    pub(crate) categories: Categories,
    /// What becomes of text.
    pub(crate) text: Text,
}

impl Columns {
    /// The header row.
    pub(crate) fn header(&self) -> Vec<u8> {
        let mut columns: Vec<String> = COLUMNS.map(str::to_owned).to_vec();
        if !self.categories.names().is_empty() {
            columns.extend(["category".to_owned(), "category_tied".to_owned()]);
        }
        let probabilities = self.categories.names().iter();
        columns.extend(probabilities.map(|name| self.text.cell(&format!("p_{name}"))));
        encode(std::iter::once(columns))
    }

    /// Rows of the ranking.
    pub(crate) fn rows(&self, rows: &[RankedRow]) -> Result<Vec<u8>, StoreError> {
        let cells: Vec<Vec<String>> = rows
            .iter()
            .map(|row| self.row(row))
            .collect::<Result<_, _>>()?;
        Ok(encode(cells.into_iter()))
    }

    fn row(&self, row: &RankedRow) -> Result<Vec<String>, StoreError> {
        let classes = ClassNames::known_to(&self.audit, &self.dataset);
        let text = self.text;
        let suggested = row.suggested.map(|label| classes.name(label)).transpose()?;
        let mut cells = vec![
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
        ];
        self.add_category(row, &mut cells);
        Ok(cells)
    }

    fn add_category(&self, row: &RankedRow, cells: &mut Vec<String>) {
        let names = self.categories.names();
        if names.is_empty() {
            return;
        }
        match self.categories.of_row(row) {
            Some(vote) => {
                cells.extend([self.text.cell(vote.category()), vote.is_tied().to_string()]);
                cells.extend(names.iter().map(|name| number(vote.probability(name))));
            }
            None => cells.extend(std::iter::repeat_n(String::new(), names.len() + 2)),
        }
    }
}

fn encode(rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
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
