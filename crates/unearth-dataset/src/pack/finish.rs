//! What is only known when all pixels are written: classes, labels, duplicates, the content hash.

use super::{
    content, duplicates,
    writer::{Originals, Writer},
};
use crate::{
    BadExample, DatasetError, Duplicates, Format, Original, Packed, PackedExample, Report, Warning,
    WarningCode,
    format::{Draft, Names},
};
use std::{collections::BTreeSet, path::Path};
use unearth_audit::{DatasetFacts, Modality, Split, UNLABELLED};

/// How many classes a warning names.
const NAMED: usize = 10;

/// Everything about the written examples but their pixels.
pub(super) struct Written {
    pub(super) format: Format,
    pub(super) modality: Modality,
    /// In index order.
    pub(super) entries: Vec<Entry>,
    pub(super) labels: Names,
    pub(super) splits: Names,
    pub(super) skipped: Vec<BadExample>,
    pub(super) warnings: Vec<Warning>,
}

/// A written example.
pub(super) struct Entry {
    pub(super) draft: Draft,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) original: Option<Original>,
    pub(super) text: Option<String>,
}

/// Refuses fewer than two classes.
pub(super) fn check_classes<'d>(
    labels: &Names,
    drafts: impl Iterator<Item = &'d Draft>,
) -> Result<(), DatasetError> {
    let mut used = drafts.filter_map(|draft| draft.label).peekable();
    let Some(first) = used.peek().copied() else {
        return Ok(());
    };
    let mut examples = 0;
    for label in used {
        if label != first {
            return Ok(());
        }
        examples += 1;
    }
    Err(DatasetError::SingleClass {
        class: labels.name(first).to_owned(),
        examples,
    })
}

/// Closes the files and answers all there is to know of the dataset.
pub(super) fn finish(
    written: Written,
    writer: Writer,
    originals: Option<Originals>,
    work_dir: &Path,
) -> Result<Packed, DatasetError> {
    let Written {
        format,
        modality,
        entries,
        labels: names,
        splits,
        skipped,
        mut warnings,
    } = written;
    if modality == Modality::Image {
        check_classes(&names, entries.iter().map(|entry| &entry.draft))?;
    }
    let classes = Classes::of(&names, &entries);
    let examples: Vec<PackedExample> = entries
        .into_iter()
        .map(|entry| PackedExample {
            label: entry
                .draft
                .label
                .map_or(UNLABELLED, |label| classes.label[label as usize]),
            key: entry.draft.key,
            split: entry.draft.split.map(|split| splits.name(split).to_owned()),
            group: entry.draft.group,
            difficulty: entry.draft.difficulty,
            width: entry.width,
            height: entry.height,
            original: entry.original,
            text: entry.text,
        })
        .collect();
    let labels: Vec<i32> = examples.iter().map(|example| example.label).collect();

    let facts = facts(modality, writer.shape(), classes.names.len(), &examples);
    warnings.extend(class_warnings(&classes.names, &facts, &examples));
    let content_hash = content::hash(writer.shape(), &classes.names, writer.hashes(), &examples)
        .to_hex()
        .to_string();
    let report = Report {
        skipped,
        // They are about pixels.
        duplicates: match modality {
            Modality::Image => duplicates::find(writer.hashes(), &labels),
            Modality::Text | Modality::Key => Duplicates::default(),
        },
        warnings,
    };
    let pixels_offset = writer.pixels_offset();
    let files = writer.finish(&labels, facts.classes, &content_hash, originals, work_dir)?;
    Ok(Packed {
        format,
        facts,
        class_names: classes.names,
        content_hash,
        examples,
        report,
        pack: files.pack,
        pixels_offset,
        originals: files.originals,
    })
}

/// The classes in label order.
struct Classes {
    names: Vec<String>,
    /// Label by position in the plan's names; −1 for names that no example has.
    label: Vec<i32>,
}

impl Classes {
    fn of(names: &Names, entries: &[Entry]) -> Self {
        let used: BTreeSet<u32> = entries
            .iter()
            .filter_map(|entry| entry.draft.label)
            .collect();
        let mut order: Vec<u32> = used.into_iter().collect();
        let as_number = |position: &u32| names.name(*position).parse::<i128>().ok();
        if order.iter().all(|position| as_number(position).is_some()) {
            // `1` and `01` are two names of one value.
            order.sort_by_key(|position| (as_number(position), names.name(*position)));
        } else {
            order.sort_by_key(|position| names.name(*position));
        }
        let mut label = vec![-1; names.list().len()];
        for (class, position) in order.iter().enumerate() {
            label[*position as usize] = class as i32;
        }
        Self {
            names: order
                .iter()
                .map(|position| names.name(*position).to_owned())
                .collect(),
            label,
        }
    }
}

fn facts(
    modality: Modality,
    [height, width, channels]: [usize; 3],
    classes: usize,
    examples: &[PackedExample],
) -> DatasetFacts {
    let mut splits: Vec<(&str, usize, BTreeSet<i32>)> = Vec::new();
    for example in examples {
        let Some(name) = example.split.as_deref() else {
            continue;
        };
        match splits.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, count, labels)) => {
                *count += 1;
                labels.insert(example.label);
            }
            None => splits.push((name, 1, BTreeSet::from([example.label]))),
        }
    }
    DatasetFacts {
        modality,
        examples: examples.len(),
        classes,
        height,
        width,
        channels,
        has_difficulty: examples.iter().any(|it| it.difficulty.is_some()),
        splits: splits
            .into_iter()
            .map(|(name, examples, labels)| Split {
                name: name.to_owned(),
                examples,
                classes: Some(labels.len()),
            })
            .collect(),
    }
}

fn class_warnings(
    names: &[String],
    facts: &DatasetFacts,
    examples: &[PackedExample],
) -> Vec<Warning> {
    if names.is_empty() {
        return Vec::new();
    }
    let counts = |split: Option<&str>| {
        let mut counts = vec![0_usize; names.len()];
        for example in examples {
            if split.is_none() || example.split.as_deref() == split {
                counts[example.label as usize] += 1;
            }
        }
        counts
    };
    let with_count = |counts: &[usize], wanted: usize| {
        let names = names
            .iter()
            .zip(counts)
            .filter(|(_, count)| **count == wanted);
        listed(names.map(|(name, _)| name.as_str()))
    };
    let of_one = with_count(&counts(None), 1).map(|classes| Warning {
        code: WarningCode::ClassOfOne,
        detail: format!(
            "these classes have a single example, whose class-normalised scores will be null: \
             {classes}"
        ),
    });
    let missing = facts.splits.iter().filter_map(|split| {
        with_count(&counts(Some(&split.name)), 0).map(|classes| Warning {
            code: WarningCode::ClassMissingFromSplit,
            detail: format!(
                "these classes have no example in the split `{}`: {classes}",
                split.name
            ),
        })
    });
    of_one.into_iter().chain(missing).collect()
}

/// The first few names in backticks and how many more there are; `None` when there are none.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => None,
        1..=NAMED => Some(names.join(", ")),
        count => Some(format!(
            "{} and {} more",
            names[..NAMED].join(", "),
            count - NAMED
        )),
    }
}
