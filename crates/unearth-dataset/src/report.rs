//! What `pack` found out about an upload.

use serde::{Deserialize, Serialize};
use std::{fmt, path::PathBuf};
use unearth_audit::DatasetFacts;

/// A validated dataset and what there is to say about it.
#[derive(Debug)]
pub struct Packed {
    /// Layout in which the examples were uploaded.
    pub format: Format,
    /// Sizes, classes and splits.
    pub facts: DatasetFacts,
    /// Class names in label order.
    pub class_names: Vec<String>,
    /// BLAKE3 over pixels, labels, keys, groups, splits, difficulties and class names, hex. It does not depend on
    /// the container: a directory and its archives have the same hash.
    pub content_hash: String,
    /// The examples in index order.
    pub examples: Vec<PackedExample>,
    /// What was left out, what is there twice, and what else deserves a look.
    pub report: Report,
    /// The pack: see [`Pack`](crate::Pack).
    pub pack: PathBuf,
    /// Byte offset of the first pixel in the pack: example `i` begins at
    /// `pixels_offset + i × height × width × channels`.
    pub pixels_offset: u64,
    /// The original image files one after the other, in index order; `None` for IDX and npz, whose
    /// packed pixels are the originals.
    pub originals: Option<PathBuf>,
}

/// Layout of the examples inside an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A directory per class.
    ImageFolder,
    /// Images and a CSV file that labels them.
    Manifest,
    /// IDX pairs, as MNIST has them.
    Idx,
    /// `NumPy` arrays.
    Npz,
    /// Rows of a CSV file, without images.
    Table,
}

/// One example of the pack.
#[derive(Debug, Clone, PartialEq)]
pub struct PackedExample {
    /// File name or id, unique in the dataset.
    pub key: String,
    /// Given label: position in the class names; −1 in a dataset without labels.
    pub label: i32,
    /// Split, where the dataset has some.
    pub split: Option<String>,
    /// Group (language, source, site), where given.
    pub group: Option<String>,
    /// How hard its user holds it to be, where given; higher is harder.
    pub difficulty: Option<f64>,
    /// Width before resizing, in pixels, as a person sees it (EXIF orientation applied).
    pub width: u32,
    /// Height before resizing, in pixels.
    pub height: u32,
    /// Where its original file lies in the originals.
    pub original: Option<Original>,
    /// The example itself where it is a text.
    pub text: Option<String>,
}

/// A range of the originals file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Original {
    /// First byte.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
    /// `image/png`, `image/jpeg` or `image/webp`, by content.
    pub media_type: &'static str,
}

/// What was left out, what is there twice, and what else deserves a look.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Examples left out because `on_bad_example` is `skip`, in index order.
    pub skipped: Vec<BadExample>,
    /// Examples with equal pixels.
    pub duplicates: Duplicates,
    /// Things that are allowed but probably not meant.
    pub warnings: Vec<Warning>,
}

/// An example that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadExample {
    /// File name or id.
    pub name: String,
    /// Row of the manifest, counted from 1 with the header as row 1; absent without a manifest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub row: Option<u64>,
    /// What is wrong with it, as part of a sentence.
    pub reason: String,
}

impl fmt::Display for BadExample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            Some(row) => write!(f, "row {row} (`{}`): {}", self.name, self.reason),
            None => write!(f, "`{}`: {}", self.name, self.reason),
        }
    }
}

/// Examples whose packed pixels are equal, byte for byte.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duplicates {
    /// Examples that repeat an earlier one.
    pub repeated: usize,
    /// Examples that lie in a group with more than one label.
    pub contradictory: usize,
    /// Groups of equal examples, by their first index.
    pub groups: Vec<DuplicateGroup>,
}

/// Two or more examples with equal pixels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateGroup {
    /// Their indices, ascending.
    pub indices: Vec<u32>,
    /// Whether they carry more than one label.
    pub labels_differ: bool,
}

/// Something that is allowed but probably not meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// What kind of thing.
    pub code: WarningCode,
    /// One sentence for people.
    pub detail: String,
}

/// Kinds of [`Warning`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WarningCode {
    /// A class has a single example: its class-normalised scores are null.
    ClassOfOne,
    /// Columns of the manifest that mean nothing here.
    UnknownColumns,
    /// Images that no row of the manifest names.
    UnlistedImages,
    /// Arrays of the npz that mean nothing here.
    UnknownArrays,
    /// A directory named like a split was read as a class.
    SplitReadAsClass,
    /// A split lacks examples of some classes.
    ClassMissingFromSplit,
}

/// How far `pack` has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackProgress {
    /// What it is doing.
    pub phase: PackPhase,
    /// How much of it is done: bytes while unpacking, examples otherwise.
    pub done: u64,
    /// How much there is to do in this phase, in the same unit.
    pub total: u64,
}

/// The phases of `pack`, in order. Not every upload needs all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackPhase {
    /// Uncompressing the archive; counted in compressed bytes.
    Unpack,
    /// Reading the header of every image.
    Scan,
    /// Decoding, resizing and writing.
    Write,
}
