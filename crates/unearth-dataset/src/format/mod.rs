//! What the files of an upload mean: which examples there are and where their pixels lie.

mod difficulty;
pub(crate) mod idx;
mod image_folder;
mod kind;
pub(crate) mod manifest;
mod names;
pub(crate) mod npz;
mod split;
pub(crate) mod table;

pub(crate) use names::Names;

use crate::{
    BadExample, DatasetError, Format, Limits, PackOptions, Warning,
    archive::{Member, Members},
};
use kind::Kind;
use std::{collections::HashMap, path::Path};

/// What there is to pack.
#[derive(Debug)]
pub(crate) enum Plan {
    Images(ImagePlan),
    Arrays(ArrayPlan),
}

/// Examples that are image files.
#[derive(Debug)]
pub(crate) struct ImagePlan {
    pub(crate) format: Format,
    /// In index order.
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) labels: Names,
    pub(crate) splits: Names,
    pub(crate) warnings: Vec<Warning>,
}

/// An example that is good as far as its name and row go, or one that is not.
#[derive(Debug)]
pub(crate) enum Candidate {
    Image { draft: Draft, member: usize },
    Bad(BadExample),
}

/// Examples that are rows of arrays.
#[derive(Debug)]
pub(crate) struct ArrayPlan {
    pub(crate) format: Format,
    /// In index order.
    pub(crate) drafts: Vec<Draft>,
    pub(crate) labels: Names,
    pub(crate) splits: Names,
    /// Height, width, channels.
    pub(crate) shape: [usize; 3],
    /// Files whose rows are the images, in order.
    pub(crate) parts: Vec<Part>,
    /// What holds these files, when it is not the upload itself.
    pub(crate) holder: Option<Members>,
    pub(crate) warnings: Vec<Warning>,
}

/// A file whose rows are images.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) member: Member,
    pub(crate) rows: usize,
}

/// An example without its pixels.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    pub(crate) key: String,
    /// Row of the manifest.
    pub(crate) row: Option<u64>,
    /// Position in the plan's labels; none in a dataset without labels.
    pub(crate) label: Option<u32>,
    /// Position in the plan's splits.
    pub(crate) split: Option<u32>,
    pub(crate) group: Option<String>,
    /// How hard its user holds it to be; higher is harder.
    pub(crate) difficulty: Option<f64>,
}

/// Tells the format of an upload and lists its examples.
pub(crate) fn plan(
    members: &Members,
    options: &PackOptions,
    limits: &Limits,
    work_dir: &Path,
) -> Result<Plan, DatasetError> {
    let plan = if options.manifest.is_some() {
        Plan::Images(manifest::plan(members, options, limits)?)
    } else {
        match evidence(members)? {
            Evidence::Arrays => Plan::Arrays(npz::plan_loose(members, limits)?),
            Evidence::Npz(member) => {
                Plan::Arrays(npz::plan_file(members, member, limits, work_dir)?)
            }
            Evidence::Idx => Plan::Arrays(idx::plan(members, limits)?),
            Evidence::Other => Plan::Images(plan_images(members, options, limits)?),
        }
    };
    plan.check(limits)?;
    Ok(plan)
}

impl Plan {
    /// Refuses too many examples and keys that are given twice.
    fn check(&self, limits: &Limits) -> Result<(), DatasetError> {
        let drafts: Vec<&Draft> = match self {
            Self::Arrays(plan) => plan.drafts.iter().collect(),
            Self::Images(plan) => plan
                .candidates
                .iter()
                .filter_map(Candidate::draft)
                .collect(),
        };
        check_drafts(&drafts, limits)
    }
}

/// Refuses too many examples and keys that are given twice.
fn check_drafts(drafts: &[&Draft], limits: &Limits) -> Result<(), DatasetError> {
    check_examples(drafts.len() as u64, limits)?;
    let mut seen: HashMap<&str, usize> = HashMap::with_capacity(drafts.len());
    let place = |index: usize| match drafts[index].row {
        None => format!("example {index}"),
        Some(row) => format!("row {row}"),
    };
    for (index, draft) in drafts.iter().enumerate() {
        if let Some(first) = seen.insert(&draft.key, index) {
            return Err(DatasetError::DuplicateKey {
                key: draft.key.clone(),
                first: place(first),
                second: place(index),
            });
        }
    }
    Ok(())
}

impl Candidate {
    fn draft(&self) -> Option<&Draft> {
        match self {
            Self::Image { draft, .. } => Some(draft),
            Self::Bad(_) => None,
        }
    }
}

/// Refuses more than the allowed number of examples.
fn check_examples(examples: u64, limits: &Limits) -> Result<(), DatasetError> {
    if examples <= limits.examples {
        return Ok(());
    }
    Err(DatasetError::LimitExceeded {
        limit: "examples",
        subject: "the number of examples".to_owned(),
        allowed: limits.examples,
    })
}

/// Refuses rows of arrays that are larger than an image may be.
fn check_image_pixels(
    file: &str,
    [height, width]: [usize; 2],
    limits: &Limits,
) -> Result<(), DatasetError> {
    let pixels = (height as u64).saturating_mul(width as u64);
    if pixels <= limits.image_pixels {
        return Ok(());
    }
    Err(DatasetError::LimitExceeded {
        limit: "image_pixels",
        subject: format!("the image size {width}×{height} of `{file}`"),
        allowed: limits.image_pixels,
    })
}

fn plan_images(
    members: &Members,
    options: &PackOptions,
    limits: &Limits,
) -> Result<ImagePlan, DatasetError> {
    if manifest::find(members, options)?.is_some() {
        manifest::plan(members, options, limits)
    } else {
        image_folder::plan(members)
    }
}

/// What the names of the files speak for.
enum Evidence<'a> {
    /// Nothing but npy files: the upload is an npz, or was one.
    Arrays,
    Npz(&'a Member),
    Idx,
    Other,
}

fn evidence(members: &Members) -> Result<Evidence<'_>, DatasetError> {
    let list = members.list();
    if list
        .iter()
        .all(|member| kind::has_extension(&member.name, "npy"))
    {
        return Ok(Evidence::Arrays);
    }
    let mut npz = list
        .iter()
        .filter(|member| kind::has_extension(&member.name, "npz"));
    let idx = list.iter().find(|member| idx::is_idx_name(&member.name));
    let image = list
        .iter()
        .find(|member| Kind::by_extension(&member.name) == Some(Kind::Image));
    let (first_npz, second_npz) = (npz.next(), npz.next());

    let mut found = [first_npz, second_npz, idx, image].into_iter().flatten();
    if let (Some(first), Some(second)) = (found.next(), found.next()) {
        return Err(DatasetError::MixedFormats {
            first: format!("`{}`", first.name),
            second: format!("`{}`", second.name),
        });
    }
    Ok(match (first_npz, idx) {
        (Some(npz), _) => Evidence::Npz(npz),
        (None, Some(_)) => Evidence::Idx,
        (None, None) => Evidence::Other,
    })
}
