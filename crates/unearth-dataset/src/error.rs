//! Why an upload was refused.

use crate::BadExample;
use std::{fmt::Write as _, io};
use unearth_audit::FieldError;

/// How many bad examples an error lists.
pub const LISTED_BAD_EXAMPLES: usize = 20;

/// Why an upload was refused: one variant per class of problem.
///
/// The message names the file, row or field; [`hint`](Self::hint) says what to do about it, and
/// [`code`](Self::code) is stable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// The path cannot be opened.
    #[error("cannot read `{path}`")]
    Unreadable {
        /// The path as given, or below a directory the relative one.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The work directory cannot be written.
    #[error("cannot write the packed dataset")]
    Unwritable(#[source] io::Error),
    /// No room is left in the work directory.
    #[error("the disk is full: the packed dataset does not fit")]
    DiskFull,
    /// The caller asked to stop.
    #[error("packing was cancelled")]
    Cancelled,
    /// An option has a value that is not allowed.
    #[error("{0}")]
    InvalidOption(FieldError),

    /// The file is no archive that can be read.
    #[error("the upload is {found}, not a zip, tar, tar.gz or npz file")]
    UnsupportedFile {
        /// What it looks like.
        found: String,
    },
    /// The archive, or a file in it, ends too early.
    #[error("{place} ends too early: the upload was cut off")]
    CutOff {
        /// Which of them.
        place: String,
    },
    /// The archive, or a file in it, contradicts itself or its checksums.
    #[error("{place} is damaged: {detail}")]
    Corrupt {
        /// Which of them.
        place: String,
        /// How.
        detail: String,
    },
    /// There is nothing in it, hidden files aside.
    #[error("the upload holds no files")]
    Empty,
    /// A member has a name or kind that no dataset needs and attacks do.
    #[error("`{member}` {problem}")]
    UnsafeMember {
        /// Its name.
        member: String,
        /// What is unsafe about it.
        problem: UnsafeMember,
    },
    /// A member is encrypted.
    #[error("`{member}` is encrypted")]
    Encrypted {
        /// Its name.
        member: String,
    },
    /// A member uses a feature that is not supported.
    #[error("`{member}` {detail}")]
    UnsupportedMember {
        /// Its name.
        member: String,
        /// Which feature.
        detail: String,
    },
    /// A file name is not UTF-8.
    #[error("the file name `{name}` is not valid UTF-8")]
    NameNotUtf8 {
        /// The name with its invalid bytes escaped.
        name: String,
    },
    /// Two members of an archive have one name.
    #[error("the archive holds {member} more than once")]
    DuplicateMember {
        /// The name in backticks, where it is known.
        member: String,
    },
    /// A limit was exceeded.
    #[error("{subject} exceeds the limit `{limit}` of {allowed}")]
    LimitExceeded {
        /// Field of [`Limits`](crate::Limits).
        limit: &'static str,
        /// What exceeds it.
        subject: String,
        /// The limit's value.
        allowed: u64,
    },

    /// Files of two formats lie side by side.
    #[error("the upload holds both {first} and {second}")]
    MixedFormats {
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// No image was found.
    #[error("no labelled images were found: {found}")]
    NoImages {
        /// What there is instead.
        found: String,
    },
    /// A table has a header and nothing else.
    #[error("the table has no rows")]
    NoRows,
    /// All examples have one label.
    #[error("all {examples} examples have the label `{class}`; training needs two classes")]
    SingleClass {
        /// The label.
        class: String,
        /// How many there are.
        examples: usize,
    },
    /// Some examples cannot be used.
    #[error("{}", bad_examples_sentence(*.total, .first))]
    BadExamples {
        /// How many.
        total: usize,
        /// The first of them, in index order, at most [`LISTED_BAD_EXAMPLES`].
        first: Vec<BadExample>,
    },
    /// Two examples have one key.
    #[error("the key `{key}` is given to two examples: {first} and {second}")]
    DuplicateKey {
        /// The key.
        key: String,
        /// The first of them.
        first: String,
        /// The second.
        second: String,
    },

    /// The manifest that was asked for is not there.
    #[error("the upload holds no file `{manifest}` to read as the manifest")]
    ManifestNotFound {
        /// Its name.
        manifest: String,
    },
    /// Several files could be the manifest.
    #[error("{} could each be the manifest", .candidates.join(", "))]
    AmbiguousManifest {
        /// Their names in backticks.
        candidates: Vec<String>,
    },
    /// The manifest lacks a column.
    #[error("`{manifest}` has no column `{column}`; its columns are {}", .found.join(", "))]
    MissingColumn {
        /// Name of the manifest.
        manifest: String,
        /// The column.
        column: String,
        /// Columns that it has, in backticks.
        found: Vec<String>,
    },
    /// A row of the manifest cannot be read.
    #[error("row {row} of `{manifest}` {detail}")]
    InvalidManifest {
        /// Name of the manifest.
        manifest: String,
        /// Row, the header being row 1.
        row: u64,
        /// What is wrong.
        detail: String,
    },

    /// An IDX file is not what its name says.
    #[error("`{file}` {detail}")]
    InvalidIdx {
        /// Name of the file.
        file: String,
        /// What is wrong.
        detail: String,
    },
    /// An IDX file lacks its partner, or there are too many.
    #[error("`{file}` {detail}")]
    IdxPairing {
        /// Name of the file.
        file: String,
        /// What is wrong.
        detail: String,
    },

    /// An array of an npz is missing.
    #[error("{file} has no array {array}; its arrays are {}", .found.join(", "))]
    MissingArray {
        /// Name of the npz in backticks, or words for it.
        file: String,
        /// The accepted names, in backticks.
        array: &'static str,
        /// Arrays that it has, in backticks.
        found: Vec<String>,
    },
    /// An array holds pickled Python objects, which could run code when read.
    #[error("array `{array}` of {file} holds pickled Python objects, which are never read")]
    PickledArray {
        /// Name of the npz in backticks, or words for it.
        file: String,
        /// Name of the array.
        array: String,
    },
    /// An array has an element type that cannot be used.
    #[error("array `{array}` of {file} has the type {found}; it must be {wanted}")]
    WrongDtype {
        /// Name of the npz in backticks, or words for it.
        file: String,
        /// Name of the array.
        array: String,
        /// Its element type.
        found: String,
        /// What is accepted.
        wanted: &'static str,
    },
    /// An array of the wrong type holds NaN or infinity besides.
    #[error("array `{array}` of {file} has the type {found} and holds {value} in row {row}")]
    NotFinite {
        /// Name of the npz in backticks, or words for it.
        file: String,
        /// Name of the array.
        array: String,
        /// Its element type.
        found: String,
        /// `NaN` or `infinity`.
        value: &'static str,
        /// Index on the first axis.
        row: u64,
    },
    /// An array has a shape that cannot be used.
    #[error("array `{array}` of {file} has the shape {found}; {wanted}")]
    WrongShape {
        /// Name of the npz in backticks, or words for it.
        file: String,
        /// Name of the array.
        array: String,
        /// Its shape.
        found: String,
        /// What is accepted.
        wanted: String,
    },
    /// An array is damaged or in an unknown format.
    #[error("array `{array}` of {file} {detail}")]
    InvalidArray {
        /// Name of the npz in backticks, or words for it.
        file: String,
        /// Name of the array.
        array: String,
        /// What is wrong.
        detail: String,
    },

    /// A pack is not one that this crate wrote.
    #[error("the pack is not valid: {0}")]
    InvalidPack(String),
}

/// What is unsafe about an archive member.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnsafeMember {
    /// Its name climbs out of the archive.
    #[error("leads out of the archive by `..`")]
    Traversal,
    /// Its name is absolute.
    #[error("has an absolute path")]
    Absolute,
    /// Its name holds control characters.
    #[error("has control characters in its name")]
    ControlCharacters,
    /// Its name is longer than [`MAX_NAME_BYTES`](crate::MAX_NAME_BYTES).
    #[error("has a name of {0} bytes")]
    LongName(usize),
    /// It is a symbolic or hard link.
    #[error("is a link")]
    Link,
    /// It is a link to a directory, in a local directory.
    #[error("is a link to a folder")]
    DirectoryLink,
    /// It is a device, pipe or socket.
    #[error("is a device, pipe or socket")]
    Device,
}

impl DatasetError {
    /// Stable name of the class of problem, for `problem+json`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "unreadable",
            Self::Unwritable(_) => "unwritable",
            Self::DiskFull => "disk-full",
            Self::Cancelled => "cancelled",
            Self::InvalidOption(_) => "invalid-option",
            Self::UnsupportedFile { .. } => "unsupported-file",
            Self::CutOff { .. } => "upload-cut-off",
            Self::Corrupt { .. } => "corrupt-archive",
            Self::Empty => "empty-upload",
            Self::UnsafeMember { .. } => "unsafe-member",
            Self::Encrypted { .. } => "encrypted-archive",
            Self::UnsupportedMember { .. } => "unsupported-member",
            Self::NameNotUtf8 { .. } => "name-not-utf8",
            Self::DuplicateMember { .. } => "duplicate-member",
            Self::LimitExceeded { .. } => "limit-exceeded",
            Self::MixedFormats { .. } => "mixed-formats",
            Self::NoImages { .. } => "no-images",
            Self::NoRows => "no-rows",
            Self::SingleClass { .. } => "single-class",
            Self::BadExamples { .. } => "bad-examples",
            Self::DuplicateKey { .. } => "duplicate-key",
            Self::ManifestNotFound { .. } => "manifest-not-found",
            Self::AmbiguousManifest { .. } => "ambiguous-manifest",
            Self::MissingColumn { .. } => "missing-column",
            Self::InvalidManifest { .. } => "invalid-manifest",
            Self::InvalidIdx { .. } => "invalid-idx",
            Self::IdxPairing { .. } => "idx-pairing",
            Self::MissingArray { .. } => "missing-array",
            Self::PickledArray { .. } => "pickled-array",
            Self::WrongDtype { .. } => "wrong-dtype",
            Self::NotFinite { .. } => "not-finite",
            Self::WrongShape { .. } => "wrong-shape",
            Self::InvalidArray { .. } => "invalid-array",
            Self::InvalidPack(_) => "invalid-pack",
        }
    }

    /// What to do about it, as one sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::Unreadable { .. } => "check that the path exists and may be read",
            Self::Unwritable(_) => "check the permissions and the health of the data directory",
            Self::DiskFull => "free some disk space, or move the data directory to a larger disk",
            Self::Cancelled => "post it again to start over",
            Self::InvalidOption(_) => "correct the option",
            Self::UnsupportedFile { .. } => {
                "pack the folder of images with `tar czf` or `zip -r`, or upload an npz file or a CSV table with a column `key`"
            }
            Self::CutOff { .. } => {
                "upload it again; if that fails, the file on disk is incomplete: make it anew"
            }
            Self::Corrupt { .. } => "make the archive anew and upload it again",
            Self::Empty => {
                "put images in one folder per class (hidden files and `__MACOSX` do not count)"
            }
            Self::UnsafeMember { problem, .. } => match problem {
                UnsafeMember::Link => {
                    "archive the files themselves: `tar -h`, or `zip -r` without `-y`"
                }
                UnsafeMember::DirectoryLink => {
                    "put the folder itself there, or make a copy of everything with `cp -rL`"
                }
                UnsafeMember::Device => "leave it out of the archive",
                UnsafeMember::ControlCharacters | UnsafeMember::LongName(_) => "rename it",
                UnsafeMember::Traversal | UnsafeMember::Absolute => {
                    "archive with relative names: change into the folder, then archive `.`"
                }
            },
            Self::Encrypted { .. } => "make the archive without a password",
            Self::UnsupportedMember { .. } => {
                "make the archive anew with plain `zip -r` or `tar czf`"
            }
            Self::NameNotUtf8 { .. } => {
                "rename the file, for example with `convmv -t utf8`, and archive it again"
            }
            Self::DuplicateMember { .. } => {
                "make the archive anew so that it holds every file once"
            }
            Self::LimitExceeded { limit, .. } => {
                return format!(
                    "make the dataset smaller, or ask whoever runs this server to raise `{limit}`"
                );
            }
            Self::MixedFormats { .. } => "upload one of them",
            Self::NoImages { .. } => {
                "PNG, JPEG and WebP images are read, as one folder per class or with a CSV manifest"
            }
            Self::NoRows => "write one row per example below the header",
            Self::SingleClass { .. } => "add examples of another class",
            Self::BadExamples { .. } => {
                "repair or remove them, or set `on_bad_example` to `skip` to leave them out"
            }
            Self::DuplicateKey { .. } => "give every example a key of its own",
            Self::ManifestNotFound { .. } => {
                "give `manifest` as the path inside the upload, such as `labels/train.csv`"
            }
            Self::AmbiguousManifest { .. } => "name the right one in the option `manifest`",
            Self::MissingColumn { .. } => {
                "the first row must name the columns `path` and `label` (another label column can \
                 be named in the option `label_column`); `group`, `split` and `key` are optional"
            }
            Self::InvalidManifest { .. } => "correct the row; the file must be UTF-8, RFC 4180 CSV",
            Self::InvalidIdx { .. } => "download or write the IDX file again",
            Self::IdxPairing { .. } => {
                "put pairs such as `train-images-idx3-ubyte` and `train-labels-idx1-ubyte` in one \
                 folder, compressed with gzip or not"
            }
            Self::MissingArray { .. } => {
                "save images and labels as `np.savez(path, x=images, y=labels)`"
            }
            Self::PickledArray { .. } => {
                "convert it to numbers or strings first, for example `y.astype(np.int64)` or \
                 `keys.astype(str)`"
            }
            Self::WrongDtype { array, .. } | Self::NotFinite { array, .. } => {
                return if matches!(array.as_str(), "x" | "images") {
                    format!(
                        "remove NaN, scale to 0..255 and convert: \
                         `{array} = np.clip(np.round({array} * 255), 0, 255).astype(np.uint8)` \
                         (for values between 0 and 1)"
                    )
                } else {
                    format!(
                        "convert it: `{array}.astype(np.int64)` for numbers, `{array}.astype(str)` \
                         for text"
                    )
                };
            }
            Self::WrongShape { .. } => {
                "reorder or reshape the array before saving it, for example \
                 `x.transpose(0, 2, 3, 1)` when channels come second"
            }
            Self::InvalidArray { .. } => "save the array again with `np.savez`",
            Self::InvalidPack(_) => "validate the dataset again",
        }
        .to_owned()
    }

    /// The bad examples that the error lists, at most [`LISTED_BAD_EXAMPLES`].
    pub fn bad_examples(&self) -> &[BadExample] {
        match self {
            Self::BadExamples { first, .. } => first,
            _ => &[],
        }
    }

    /// An error of reading the file `name` of the upload.
    pub(crate) fn read(name: &str, error: io::Error) -> Self {
        let place = format!("`{name}`");
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::CutOff { place },
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other => {
                Self::Corrupt {
                    place,
                    detail: error.to_string(),
                }
            }
            _ => Self::Unreadable {
                path: name.to_owned(),
                source: error,
            },
        }
    }

    /// An error of writing into the work directory.
    pub(crate) fn write(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Unwritable(error),
        }
    }
}

fn bad_examples_sentence(total: usize, first: &[BadExample]) -> String {
    let mut sentence = if total == 1 {
        "1 example cannot be used".to_owned()
    } else {
        format!("{total} examples cannot be used")
    };
    if let Some(example) = first.first() {
        write!(sentence, "; the first is {example}").expect("writing to a string cannot fail");
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        let full = DatasetError::write(io::ErrorKind::StorageFull.into());
        assert_eq!(full.code(), "disk-full");
        let quota = DatasetError::write(io::ErrorKind::QuotaExceeded.into());
        assert_eq!(quota.code(), "disk-full");
        let other = DatasetError::write(io::ErrorKind::PermissionDenied.into());
        assert_eq!(other.code(), "unwritable");
    }
}
