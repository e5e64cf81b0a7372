//! Packing image files: first all headers, to choose the size; then decode, resize and write.

use super::{
    Job,
    finish::{self, Entry, Written},
    in_order::in_order,
    writer::{Originals, Writer},
};
use crate::{
    BadExample, DatasetError, LISTED_BAD_EXAMPLES, OnBadExample, Original, PackPhase, Packed,
    archive::Member,
    decode::{self, ImageFacts},
    fit,
    format::{Candidate, Draft, ImagePlan},
    progress::Reporter,
};
use unearth_audit::Modality;

/// Writes the images of the plan.
pub(super) fn pack(
    job: &Job<'_>,
    plan: ImagePlan,
    reporter: &mut Reporter<'_>,
) -> Result<Packed, DatasetError> {
    let ImagePlan {
        format,
        candidates,
        labels,
        splits,
        warnings,
    } = plan;
    let scanned = scan(job, candidates, reporter)?;
    let readable: Vec<&Readable> = scanned.iter().filter_map(|s| s.as_ref().ok()).collect();
    let Some(shape) = shape(&readable, job.options.image_size) else {
        return Err(refusal(
            scanned.into_iter().filter_map(Result::err).collect(),
        ));
    };
    // Once an example is bad, the list of them says more than the number of classes left.
    if readable.len() == scanned.len() {
        finish::check_classes(&labels, readable.iter().map(|image| &image.draft))?;
    }
    job.check_pack_bytes(readable.len(), shape)?;

    let mut writer = Writer::create(job.work_dir, readable.len(), shape)?;
    let mut originals = Originals::create(job.work_dir)?;
    let outcomes = write(job, &scanned, &mut writer, &mut originals, reporter)?;

    let (mut entries, mut skipped) = (Vec::new(), Vec::new());
    for (image, outcome) in scanned.into_iter().zip(outcomes) {
        match (image, outcome) {
            (Ok(image), Ok(original)) => entries.push(Entry {
                draft: image.draft,
                width: image.facts.width,
                height: image.facts.height,
                original: Some(original),
                text: None,
            }),
            (Ok(image), Err(reason)) => skipped.push(bad_example(&image.draft, reason)),
            (Err(bad), _) => skipped.push(bad),
        }
    }
    let is_refused = job.options.on_bad_example == OnBadExample::Refuse && !skipped.is_empty();
    if is_refused || entries.is_empty() {
        return Err(refusal(skipped));
    }
    let written = Written {
        format,
        modality: Modality::Image,
        entries,
        labels,
        splits,
        skipped,
        warnings,
    };
    finish::finish(written, writer, Some(originals), job.work_dir)
}

/// An image whose header could be read.
struct Readable {
    draft: Draft,
    member: usize,
    facts: ImageFacts,
}

/// Reads all headers.
fn scan(
    job: &Job<'_>,
    candidates: Vec<Candidate>,
    reporter: &mut Reporter<'_>,
) -> Result<Vec<Result<Readable, BadExample>>, DatasetError> {
    let total = candidates.len() as u64;
    let inspect = |candidate: &Candidate| match candidate {
        Candidate::Bad(bad) => Ok(Err(bad.reason.clone())),
        Candidate::Image { member, .. } => {
            let member = &job.members.list()[*member];
            if let Some(reason) = too_large(job, member) {
                return Ok(Err(reason));
            }
            let bytes = job.members.read(member)?;
            Ok(decode::inspect(&bytes, job.limits))
        }
    };
    let mut inspected = Vec::with_capacity(candidates.len());
    in_order(
        &candidates,
        inspect,
        |index, result: Result<_, DatasetError>| {
            inspected.push(result?);
            reporter.report(PackPhase::Scan, index as u64 + 1, total)
        },
    )?;

    let scanned = candidates.into_iter().zip(inspected);
    Ok(scanned
        .map(|(candidate, inspected)| match (candidate, inspected) {
            (Candidate::Bad(bad), _) => Err(bad),
            (Candidate::Image { draft, .. }, Err(reason)) => Err(bad_example(&draft, reason)),
            (Candidate::Image { draft, member }, Ok(facts)) => Ok(Readable {
                draft,
                member,
                facts,
            }),
        })
        .collect())
}

/// Height, width and channels of the pack; `None` when there is no image.
fn shape(images: &[&Readable], requested: Option<u32>) -> Option<[usize; 3]> {
    if images.is_empty() {
        return None;
    }
    let sizes: Vec<(u32, u32)> = images
        .iter()
        .map(|image| (image.facts.width, image.facts.height))
        .collect();
    let [height, width] = fit::choose(&sizes, requested);
    let is_grey = images.iter().all(|image| image.facts.is_grey);
    Some([height, width, if is_grey { 1 } else { 3 }])
}

/// Decodes and writes every image; answers where its original went, or why it cannot be used.
fn write(
    job: &Job<'_>,
    scanned: &[Result<Readable, BadExample>],
    writer: &mut Writer,
    originals: &mut Originals,
    reporter: &mut Reporter<'_>,
) -> Result<Vec<Result<Original, String>>, DatasetError> {
    let [height, width, channels] = writer.shape();
    let total = scanned.len() as u64;
    let load = |image: &Result<Readable, BadExample>| {
        let image = match image {
            Ok(image) => image,
            Err(bad) => return Ok(Err(bad.reason.clone())),
        };
        let bytes = job.members.read(&job.members.list()[image.member])?;
        let pixels = decode::decode(&bytes, channels, job.limits);
        Ok(pixels.map(|pixels| {
            (
                bytes,
                fit::fit(pixels, [height, width]),
                image.facts.media_type,
            )
        }))
    };
    let mut outcomes = Vec::with_capacity(scanned.len());
    in_order(scanned, load, |index, result: Result<_, DatasetError>| {
        outcomes.push(match result? {
            Ok((bytes, pixels, media_type)) => {
                writer.push(&pixels)?;
                Ok(originals.push(&bytes, media_type)?)
            }
            Err(reason) => Err(reason),
        });
        reporter.report(PackPhase::Write, index as u64 + 1, total)
    })?;
    Ok(outcomes)
}

fn too_large(job: &Job<'_>, member: &Member) -> Option<String> {
    let allowed = job.limits.image_bytes;
    (member.size > allowed).then(|| {
        format!(
            "has {} bytes, which exceeds the limit `image_bytes` of {allowed}",
            member.size
        )
    })
}

fn bad_example(draft: &Draft, reason: String) -> BadExample {
    BadExample {
        name: draft.key.clone(),
        row: draft.row,
        reason,
    }
}

/// Refuses a dataset for its bad examples.
pub(super) fn refusal(mut bad: Vec<BadExample>) -> DatasetError {
    let total = bad.len();
    bad.truncate(LISTED_BAD_EXAMPLES);
    DatasetError::BadExamples { total, first: bad }
}
