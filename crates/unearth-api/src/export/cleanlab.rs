//! A ranking in the columns of cleanlab.

use super::{ExportError, Format, Text, csv};
use crate::class_names::ClassNames;
use unearth_store::{audits::Audit, datasets::Dataset, scores::RankedRow};

/// The ranking by `label_issue` with the columns of cleanlab's `find_label_issues`, and index and key before
/// them. There a low `label_score` is worse, so it is one minus the percentile's share.
pub(crate) struct Cleanlab {
    pub(crate) audit: Audit,
    pub(crate) dataset: Dataset,
    /// The last rank that counts as an issue.
    pub(crate) last_issue: i32,
    /// What becomes of text.
    pub(crate) text: Text,
}

const COLUMNS: [&str; 6] = [
    "index",
    "key",
    "is_label_issue",
    "label_score",
    "given_label",
    "suggested_label",
];

impl Format for Cleanlab {
    type Row = RankedRow;

    const ROWS: usize = 1_000;

    fn start(&mut self) -> Vec<u8> {
        csv::encode([COLUMNS])
    }

    fn rows(&mut self, rows: Vec<RankedRow>) -> Result<Vec<u8>, ExportError> {
        let classes = ClassNames::known_to(&self.audit, &self.dataset);
        let text = |text: Option<&str>| {
            text.map(|it| self.text.cell(it).into_owned())
                .unwrap_or_default()
        };
        let cells = |row: &RankedRow| {
            let suggested = row.suggested.map(|label| classes.name_str(label));
            Ok([
                row.index.to_string(),
                text(Some(&row.key)),
                (row.value.is_some() && row.rank <= self.last_issue).to_string(),
                row.percentile
                    .map(|percentile| csv::number(label_score(percentile)))
                    .unwrap_or_default(),
                text(classes.given_str(row.label)?),
                text(suggested.transpose()?),
            ])
        };
        let rows = rows
            .iter()
            .map(cells)
            .collect::<Result<Vec<_>, ExportError>>()?;
        Ok(csv::encode(rows))
    }
}

/// From the share of examples that are no harder, 0 to 100, to a quality from 0 (worst) to 1.
fn label_score(percentile: f64) -> f64 {
    1.0 - percentile / 100.0
}

#[cfg(test)]
mod tests {
    use super::label_score;

    #[test]
    fn the_hardest_has_the_lowest_score() {
        assert!(label_score(100.0).abs() < f64::EPSILON);
        assert!(label_score(99.0) < label_score(1.0));
    }
}
