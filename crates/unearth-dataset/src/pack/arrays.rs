//! Packing rows of arrays, which come in order and are all of one size.

use super::{
    Job,
    finish::{self, Entry, Written},
    writer::Writer,
};
use crate::{
    DatasetError, Format, PackPhase, Packed,
    decode::Pixels,
    fit,
    format::{ArrayPlan, idx, npz},
    progress::Reporter,
};
use unearth_audit::Modality;

/// Rows between two progress reports.
const REPORT_EVERY: u64 = 1024;

/// Writes the images of the plan.
pub(super) fn pack(
    job: &Job<'_>,
    plan: ArrayPlan,
    reporter: &mut Reporter<'_>,
) -> Result<Packed, DatasetError> {
    if plan.drafts.is_empty() {
        return Err(DatasetError::NoImages {
            found: "the arrays are empty".to_owned(),
        });
    }
    finish::check_classes(&plan.labels, plan.drafts.iter())?;
    let [height, width, channels] = plan.shape;
    let size = (width as u32, height as u32);
    let packed = fit::choose(&[size], job.options.image_size);
    let shape = [packed[0], packed[1], channels];
    job.check_pack_bytes(plan.drafts.len(), shape)?;

    let mut writer = Writer::create(job.work_dir, plan.drafts.len(), shape)?;
    let total = plan.drafts.len() as u64;
    let mut done = 0;
    let mut sink = |image: &[u8]| {
        if packed == [height, width] {
            writer.push(image)?;
        } else {
            let pixels = Pixels {
                width,
                height,
                channels,
                bytes: image.to_vec(),
            };
            writer.push(&fit::fit(pixels, packed))?;
        }
        done += 1;
        if done % REPORT_EVERY == 0 || done == total {
            reporter.report(PackPhase::Write, done, total)?;
        }
        Ok(())
    };
    let holder = plan.holder.as_ref().unwrap_or(job.members);
    for part in &plan.parts {
        match plan.format {
            Format::Idx => idx::stream_images(holder, part, &mut sink)?,
            _ => npz::stream_images(holder, part, plan.shape, &mut sink)?,
        }
    }
    let written = Written {
        format: plan.format,
        modality: Modality::Image,
        entries: plan
            .drafts
            .into_iter()
            .map(|draft| Entry {
                draft,
                width: size.0,
                height: size.1,
                original: None,
                text: None,
            })
            .collect(),
        labels: plan.labels,
        splits: plan.splits,
        skipped: Vec::new(),
        warnings: plan.warnings,
    };
    finish::finish(written, writer, None, job.work_dir)
}
