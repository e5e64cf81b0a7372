//! From a plan to the two files.

mod arrays;
mod content;
mod duplicates;
mod finish;
mod images;
mod in_order;
pub(crate) mod layout;
mod reader;
mod tables;
mod writer;

pub use reader::Pack;

use crate::{
    DatasetError, Limits, PackOptions, PackProgress, Packed,
    archive::Members,
    format::{self, Plan, table},
    progress::Reporter,
};
use std::{ops::ControlFlow, path::Path};

/// Validates the upload at `source` and writes `pack.safetensors`, and `originals.bin` where there
/// are image files, into `work_dir`.
///
/// `source` is an archive, a directory or a CSV table. No more than a few images are in memory at any time.
/// `progress` is called often; when it answers `Break` the work ends with
/// [`DatasetError::Cancelled`]. Images are decoded on all cores; the result does not depend on their
/// number.
///
/// # Errors
/// Whatever is wrong with the upload or the disk. No file of ours is left in `work_dir` then.
pub fn pack(
    source: &Path,
    options: &PackOptions,
    limits: &Limits,
    work_dir: &Path,
    progress: &mut dyn FnMut(PackProgress) -> ControlFlow<()>,
) -> Result<Packed, DatasetError> {
    options.validate().map_err(DatasetError::InvalidOption)?;
    let mut reporter = Reporter::new(progress);
    if let Some(file) = table::open(source)? {
        let plan = table::plan(file, options, limits)?;
        return tables::pack(plan, options, work_dir, &mut reporter);
    }
    let members = Members::open(source, limits, work_dir, &mut reporter)?;
    let plan = format::plan(&members, options, limits, work_dir)?;
    let job = Job {
        members: &members,
        options,
        limits,
        work_dir,
    };
    match plan {
        Plan::Images(plan) => images::pack(&job, plan, &mut reporter),
        Plan::Arrays(plan) => arrays::pack(&job, plan, &mut reporter),
    }
}

/// What every step needs to know.
struct Job<'a> {
    members: &'a Members,
    options: &'a PackOptions,
    limits: &'a Limits,
    work_dir: &'a Path,
}

impl Job<'_> {
    /// Refuses a pack of more than the allowed size.
    fn check_pack_bytes(
        &self,
        examples: usize,
        [height, width, channels]: [usize; 3],
    ) -> Result<(), DatasetError> {
        let bytes = [height, width, channels]
            .iter()
            .fold(examples as u64, |bytes, axis| {
                bytes.saturating_mul(*axis as u64)
            });
        if bytes <= self.limits.pack_bytes {
            return Ok(());
        }
        Err(DatasetError::LimitExceeded {
            limit: "pack_bytes",
            subject: format!("the pack of {examples} images of {width}×{height} pixels"),
            allowed: self.limits.pack_bytes,
        })
    }
}
