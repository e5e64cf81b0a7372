//! A directory per class.

use super::{Candidate, Draft, ImagePlan, Names, kind::Kind, split};
use crate::{BadExample, DatasetError, Format, Warning, WarningCode, archive::Members};
use std::collections::BTreeSet;

/// Lists the images by class directory.
pub(super) fn plan(members: &Members) -> Result<ImagePlan, DatasetError> {
    let files = image_files(members)?;
    let root = root(&files);
    let levels = Levels::of(&files, root);

    let mut plan = ImagePlan {
        format: Format::ImageFolder,
        candidates: Vec::with_capacity(files.len()),
        labels: Names::default(),
        splits: Names::default(),
        warnings: levels.warnings(),
    };
    let mut ordered: Vec<(u8, File<'_>)> = files
        .into_iter()
        .map(|file| (levels.rank(file.below(root)), file))
        .collect();
    ordered.sort_by_key(|(rank, file)| (*rank, file.name));
    for (_, file) in ordered {
        let candidate = levels.candidate(file, root, &mut plan);
        plan.candidates.push(candidate);
    }
    if plan.labels.list().is_empty() {
        return Err(DatasetError::NoImages {
            found: format!(
                "none of the {} images lies in a class directory, and there is no CSV manifest",
                plan.candidates.len()
            ),
        });
    }
    Ok(plan)
}

#[derive(Debug, Clone, Copy)]
struct File<'a> {
    name: &'a str,
    member: usize,
    kind: Kind,
}

impl<'a> File<'a> {
    /// Its path below `root`, which it begins with.
    fn below(&self, root: &str) -> &'a str {
        &self.name[root.len()..]
    }
}

fn image_files(members: &Members) -> Result<Vec<File<'_>>, DatasetError> {
    let mut files = Vec::new();
    for (index, member) in members.list().iter().enumerate() {
        if let Some(kind) = Kind::of(members, member) {
            files.push(File {
                name: &member.name,
                member: index,
                kind,
            });
        }
    }
    if files.is_empty() {
        let list = members.list();
        return Err(DatasetError::NoImages {
            found: format!(
                "the upload holds {} other files, such as `{}`",
                list.len(),
                list[0].name
            ),
        });
    }
    Ok(files)
}

/// The directories that wrap all others, as a prefix ending in `/`, or nothing.
fn root<'a>(files: &[File<'a>]) -> &'a str {
    let mut root = "";
    while let Some(wrapper) = sole_directory(files, root) {
        let next = &files[0].name[..=root.len() + wrapper.len()];
        let holds_images = files.iter().any(|file| !file.below(next).contains('/'));
        if holds_images || split::canonical(wrapper).is_some() {
            break;
        }
        root = next;
    }
    root
}

/// The directory that all files below `root` lie in.
fn sole_directory<'a>(files: &[File<'a>], root: &str) -> Option<&'a str> {
    let (first, _) = files.first()?.below(root).split_once('/')?;
    let all = files.iter().all(|file| {
        let rest = file.below(root).strip_prefix(first);
        rest.is_some_and(|rest| rest.starts_with('/'))
    });
    all.then_some(first)
}

/// What the directory levels below the root mean.
#[derive(Debug, PartialEq, Eq)]
enum Levels {
    Classes { named_like_splits: Vec<String> },
    SplitsThenClasses,
}

impl Levels {
    fn of(files: &[File<'_>], root: &str) -> Self {
        let directories: BTreeSet<&str> = files
            .iter()
            .filter_map(|file| file.below(root).split_once('/'))
            .map(|(directory, _)| directory)
            .collect();
        let named_like_splits: Vec<String> = directories
            .iter()
            .filter(|directory| split::canonical(directory).is_some())
            .map(|directory| (*directory).to_owned())
            .collect();
        if !directories.is_empty() && named_like_splits.len() == directories.len() {
            Self::SplitsThenClasses
        } else {
            Self::Classes { named_like_splits }
        }
    }

    fn warnings(&self) -> Vec<Warning> {
        let Self::Classes { named_like_splits } = self else {
            return Vec::new();
        };
        named_like_splits
            .iter()
            .map(|directory| Warning {
                code: WarningCode::SplitReadAsClass,
                detail: format!(
                    "the directory `{directory}` was read as a class, because not all directories \
                     beside it are named like splits"
                ),
            })
            .collect()
    }

    fn rank(&self, path: &str) -> u8 {
        match self {
            Self::Classes { .. } => 0,
            Self::SplitsThenClasses => {
                let directory = path.split_once('/').map(|(directory, _)| directory);
                split::rank(directory.and_then(split::canonical))
            }
        }
    }

    fn candidate(&self, file: File<'_>, root: &str, plan: &mut ImagePlan) -> Candidate {
        let path = file.below(root);
        let bad = |reason: &str| {
            Candidate::Bad(BadExample {
                name: path.to_owned(),
                row: None,
                reason: reason.to_owned(),
            })
        };
        if file.kind == Kind::OtherImage {
            return bad("is not a PNG, JPEG or WebP image; convert it");
        }
        let (split, rest) = match (self, path.split_once('/')) {
            (Self::SplitsThenClasses, Some((directory, rest))) => {
                (split::canonical(directory), rest)
            }
            _ => (None, path),
        };
        let Some((class, _)) = rest.split_once('/') else {
            return bad("lies in no class directory");
        };
        Candidate::Image {
            draft: Draft {
                key: path.to_owned(),
                row: None,
                label: Some(plan.labels.position(class)),
                split: split.map(|split| plan.splits.position(split)),
                group: None,
                difficulty: None,
            },
            member: file.member,
        }
    }
}
