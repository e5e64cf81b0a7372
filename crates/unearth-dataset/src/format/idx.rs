//! IDX pairs, as MNIST has them: a big-endian header, then bytes.
//! Format: <http://yann.lecun.com/exdb/mnist/>.

use super::{ArrayPlan, Draft, Names, Part, check_examples, check_image_pixels, split};
use crate::{
    DatasetError, Format, Limits,
    archive::{Member, Members, read_full},
};
use flate2::read::MultiGzDecoder;
use std::{
    collections::BTreeMap,
    io::{BufReader, Cursor, Read},
};

/// Unsigned bytes on three axes.
const IMAGES_MAGIC: u32 = 0x0803;
/// Unsigned bytes on one axis.
const LABELS_MAGIC: u32 = 0x0801;

/// Shape of an images file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ImagesHeader {
    pub(crate) count: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
}

/// Whether the file is named like one of a pair.
pub(super) fn is_idx_name(name: &str) -> bool {
    Role::of(name).is_some()
}

/// Pairs the files up and reads their labels.
pub(super) fn plan(members: &Members, limits: &Limits) -> Result<ArrayPlan, DatasetError> {
    let pairs = pairs(members)?;
    let mut plan = ArrayPlan {
        format: Format::Idx,
        drafts: Vec::new(),
        labels: Names::default(),
        splits: Names::default(),
        shape: [0; 3],
        parts: Vec::new(),
        holder: None,
        warnings: Vec::new(),
    };
    for pair in pairs {
        let header = members.stream(pair.images, |reader| {
            parse_images_header(&pair.images.name, &mut plain(&pair.images.name, reader)?)
        })?;
        check_examples(header.count as u64, limits)?;
        check_image_pixels(&pair.images.name, [header.height, header.width], limits)?;
        let shape = [header.height, header.width, 1];
        if !plan.parts.is_empty() && plan.shape != shape {
            return Err(invalid(
                &pair.images.name,
                format!(
                    "has images of {}×{} pixels where the other pair has {}×{}",
                    header.width, header.height, plan.shape[1], plan.shape[0]
                ),
            ));
        }
        plan.shape = shape;
        let labels = members.stream(pair.labels, |reader| {
            parse_labels(
                &pair.labels.name,
                &mut plain(&pair.labels.name, reader)?,
                limits,
            )
        })?;
        if labels.len() != header.count {
            return Err(invalid(
                &pair.labels.name,
                format!(
                    "holds {} labels, but `{}` holds {} images",
                    labels.len(),
                    pair.images.name,
                    header.count
                ),
            ));
        }
        add_drafts(&mut plan, pair.split, &labels);
        plan.parts.push(Part {
            member: pair.images.clone(),
            rows: header.count,
        });
    }
    Ok(plan)
}

/// Hands out the images of a file one by one.
pub(crate) fn stream_images(
    members: &Members,
    part: &Part,
    sink: &mut dyn FnMut(&[u8]) -> Result<(), DatasetError>,
) -> Result<(), DatasetError> {
    let name = &part.member.name;
    members.stream(&part.member, |reader| {
        let mut reader = plain(name, reader)?;
        let header = parse_images_header(name, &mut reader)?;
        let mut image = vec![0; header.height * header.width];
        for index in 0..header.count {
            if fill(name, &mut reader, &mut image)? < image.len() {
                let detail = format!("ends after {index} of {} images", header.count);
                return Err(invalid(name, detail));
            }
            sink(&image)?;
        }
        expect_end(name, &mut reader)
    })
}

/// Reads the header of an images file.
pub(crate) fn parse_images_header(
    file: &str,
    reader: &mut dyn Read,
) -> Result<ImagesHeader, DatasetError> {
    let [magic, count, height, width] = header(file, reader, IMAGES_MAGIC)?;
    debug_assert_eq!(magic, IMAGES_MAGIC);
    if height == 0 || width == 0 {
        return Err(invalid(
            file,
            format!("has images of {width}×{height} pixels"),
        ));
    }
    Ok(ImagesHeader {
        count: count as usize,
        height: height as usize,
        width: width as usize,
    })
}

/// Reads a labels file.
pub(crate) fn parse_labels(
    file: &str,
    reader: &mut dyn Read,
    limits: &Limits,
) -> Result<Vec<u8>, DatasetError> {
    let [_, count] = header(file, reader, LABELS_MAGIC)?;
    check_examples(u64::from(count), limits)?;
    let mut labels = vec![0; count as usize];
    let filled = fill(file, reader, &mut labels)?;
    if filled < labels.len() {
        return Err(invalid(
            file,
            format!("ends after {filled} of {count} labels"),
        ));
    }
    expect_end(file, reader)?;
    Ok(labels)
}

/// The magic number and the sizes after it.
fn header<const N: usize>(
    file: &str,
    reader: &mut dyn Read,
    magic: u32,
) -> Result<[u32; N], DatasetError> {
    let mut numbers = [0; N];
    for (place, number) in numbers.iter_mut().enumerate() {
        let mut bytes = [0; 4];
        if fill(file, reader, &mut bytes)? < bytes.len() {
            return Err(invalid(file, "ends inside its header"));
        }
        *number = u32::from_be_bytes(bytes);
        if place == 0 && *number != magic {
            return Err(invalid(
                file,
                format!("has the magic number {number:#010x} instead of {magic:#010x}"),
            ));
        }
    }
    Ok(numbers)
}

fn fill(file: &str, reader: &mut dyn Read, target: &mut [u8]) -> Result<usize, DatasetError> {
    read_full(reader, target).map_err(|error| DatasetError::read(file, error))
}

fn expect_end(file: &str, reader: &mut dyn Read) -> Result<(), DatasetError> {
    match fill(file, reader, &mut [0])? {
        0 => Ok(()),
        _ => Err(invalid(file, "is longer than its header says")),
    }
}

/// The file's content, uncompressed if its first bytes say that it is compressed.
fn plain<'a>(file: &str, reader: &'a mut dyn Read) -> Result<Box<dyn Read + 'a>, DatasetError> {
    let mut first = [0; 2];
    let filled = fill(file, reader, &mut first)?;
    let whole = Cursor::new(first).take(filled as u64).chain(reader);
    Ok(if first == [0x1f, 0x8b] {
        Box::new(MultiGzDecoder::new(BufReader::with_capacity(
            64 << 10,
            whole,
        )))
    } else {
        Box::new(BufReader::with_capacity(64 << 10, whole))
    })
}

fn add_drafts(plan: &mut ArrayPlan, split: Option<&'static str>, labels: &[u8]) {
    let position = split.map(|split| plan.splits.position(split));
    let prefix = split.map_or_else(String::new, |split| format!("{split}/"));
    for (index, label) in labels.iter().enumerate() {
        plan.drafts.push(Draft {
            key: format!("{prefix}{index}"),
            row: None,
            label: Some(plan.labels.position(&label.to_string())),
            split: position,
            group: None,
            difficulty: None,
        });
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Images,
    Labels,
}

impl Role {
    /// The role that the name gives a file, and the name without it: `train-images-idx3-ubyte.gz`
    /// is the images of `train`. Dots and underscores may stand for the hyphens.
    fn of(name: &str) -> Option<(Self, String)> {
        let lower = name.to_ascii_lowercase();
        let stem = lower
            .strip_suffix(".gz")
            .unwrap_or(&lower)
            .replace(['.', '_'], "-");
        let named = |suffix: &str| {
            let pair = stem.strip_suffix(suffix)?;
            // The folder's dots and underscores are part of its name.
            Some(
                name[..pair.len()]
                    .trim_end_matches(['-', '.', '_'])
                    .to_owned(),
            )
        };
        named("images-idx3-ubyte")
            .map(|pair| (Self::Images, pair))
            .or_else(|| named("labels-idx1-ubyte").map(|pair| (Self::Labels, pair)))
    }
}

struct Pair<'a> {
    split: Option<&'static str>,
    images: &'a Member,
    labels: &'a Member,
}

/// The pairs in order of index.
fn pairs(members: &Members) -> Result<Vec<Pair<'_>>, DatasetError> {
    let mut halves: BTreeMap<String, [Option<&Member>; 2]> = BTreeMap::new();
    for member in members.list() {
        if let Some((role, pair)) = Role::of(&member.name) {
            let half = &mut halves.entry(pair).or_default()[role as usize];
            // A compressed file may lie beside its uncompressed form: that one comes first.
            half.get_or_insert(member);
        }
    }
    let mut pairs = Vec::new();
    for (name, halves) in halves {
        let (images, labels) = match halves {
            [Some(images), Some(labels)] => (images, labels),
            [Some(alone), None] => return Err(unpaired(alone, "labels (`…-labels-idx1-ubyte`)")),
            [None, Some(alone)] => return Err(unpaired(alone, "images (`…-images-idx3-ubyte`)")),
            [None, None] => continue,
        };
        let file = name.rsplit('/').next().unwrap_or(&name);
        let last_word = file.rsplit(['-', '_', '.']).next();
        pairs.push(Pair {
            split: last_word.and_then(split::canonical),
            images,
            labels,
        });
    }
    pairs.sort_by_key(|pair| split::rank(pair.split));
    if let Some(twice) = pairs.windows(2).find(|two| two[0].split == two[1].split) {
        return Err(DatasetError::IdxPairing {
            file: twice[1].images.name.clone(),
            detail: format!(
                "cannot be told from `{}`: there may be one pair for each of train, val and test, or one \
                 pair alone",
                twice[0].images.name
            ),
        });
    }
    if pairs.len() > 1
        && let Some(pair) = pairs.iter().find(|pair| pair.split.is_none())
    {
        return Err(DatasetError::IdxPairing {
            file: pair.images.name.clone(),
            detail: "belongs to no split, though other pairs do".to_owned(),
        });
    }
    Ok(pairs)
}

fn unpaired(alone: &Member, partner: &str) -> DatasetError {
    DatasetError::IdxPairing {
        file: alone.name.clone(),
        detail: format!("has no partner with its {partner}"),
    }
}

fn invalid(file: &str, detail: impl Into<String>) -> DatasetError {
    DatasetError::InvalidIdx {
        file: file.to_owned(),
        detail: detail.into(),
    }
}
