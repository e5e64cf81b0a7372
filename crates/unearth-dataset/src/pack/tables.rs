//! Packing rows without images: labels, and nothing where pixels would be.

use super::{
    finish::{self, Entry, Written},
    images::refusal,
    writer::Writer,
};
use crate::{
    DatasetError, Format, OnBadExample, PackOptions, PackPhase, Packed, format::table::TablePlan,
    progress::Reporter,
};
use std::path::Path;
use unearth_audit::Modality;

/// Rows between two progress reports.
const REPORT_EVERY: u64 = 16_384;

/// Writes the rows of the plan.
pub(super) fn pack(
    plan: TablePlan,
    options: &PackOptions,
    work_dir: &Path,
    reporter: &mut Reporter<'_>,
) -> Result<Packed, DatasetError> {
    let modality = if plan.has_text {
        Modality::Text
    } else {
        Modality::Key
    };
    let total = plan.rows.len() as u64;
    let mut writer = Writer::create(work_dir, plan.rows.len(), [0; 3])?;
    let (mut entries, mut skipped) = (Vec::with_capacity(plan.rows.len()), Vec::new());
    for (row, done) in plan.rows.into_iter().zip(1..) {
        match row {
            Ok(row) => {
                writer.push_without_image(row.text.as_deref().unwrap_or_default().as_bytes());
                entries.push(Entry {
                    draft: row.draft,
                    width: 0,
                    height: 0,
                    original: None,
                    text: row.text,
                });
            }
            Err(bad) => skipped.push(bad),
        }
        if done % REPORT_EVERY == 0 || done == total {
            reporter.report(PackPhase::Write, done, total)?;
        }
    }
    let is_refused = options.on_bad_example == OnBadExample::Refuse && !skipped.is_empty();
    if is_refused || entries.is_empty() {
        return Err(refusal(skipped));
    }
    let written = Written {
        format: Format::Table,
        modality,
        entries,
        labels: plan.labels,
        splits: plan.splits,
        skipped,
        warnings: plan.warnings,
    };
    finish::finish(written, writer, None, work_dir)
}
