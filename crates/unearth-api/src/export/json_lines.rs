//! A ranking as JSON Lines.

use super::{ExportError, Format};
use crate::{
    class_names::ClassNames,
    view::{archaeology::Categories, score::RankedExample},
};
use unearth_store::{audits::Audit, datasets::Dataset, scores::RankedRow};

/// One JSON object a line: the rows of the listing.
pub(crate) struct JsonLines {
    /// What is ranked.
    pub(crate) audit: Audit,
    /// Names its classes.
    pub(crate) dataset: Dataset,
    /// Name its categories; none without an archaeology.
    pub(crate) categories: Categories,
}

impl Format for JsonLines {
    type Row = RankedRow;

    const ROWS: usize = 1_000;

    fn rows(&mut self, rows: Vec<RankedRow>) -> Result<Vec<u8>, ExportError> {
        let classes = ClassNames::known_to(&self.audit, &self.dataset);
        let mut lines = Vec::new();
        for row in rows {
            let row =
                RankedExample::new(self.audit.id, &self.dataset, classes, &self.categories, row)?;
            serde_json::to_writer(&mut lines, &row)?;
            lines.push(b'\n');
        }
        Ok(lines)
    }
}
