//! Archives and files in, validated examples out.
//!
//! [`pack`] reads an upload and writes a *pack* (pixels and labels, ready to be memory-mapped by a
//! worker, see [`Pack`]) and the original image files, one after the other. It returns everything
//! else there is to know: keys, labels, splits, groups, duplicates, what was left out and why. If it
//! fails, nothing is left behind, and the [`DatasetError`] names file, row or field and what to do.
//!
//! # Containers
//!
//! A directory, a zip, a tar, a tar.gz or a CSV table; which one is told from its first bytes, never from
//! its name. The same files give the same examples and the same content hash in every container.
//! Hidden files and directories (`.` first), `__MACOSX`, `Thumbs.db` and `desktop.ini` are ignored.
//! In a local directory, links to files are followed and links to directories refused; in an archive,
//! links, devices, absolute names, names that climb out by `..` and repeated names are refused.
//! Backslashes in the names of a zip are separators.
//!
//! # Formats
//!
//! **Image folder.** The class of an image is the first directory level that has several
//! directories; everything below a class belongs to it. A directory that wraps all others is
//! stripped (as long as it holds no image itself and is not named like a split), so that zipping the
//! folder or its content is the same. If all directories at that level are named like splits (`train`/`training`,
//! `val`/`valid`/`validation`/`dev`, `test`/`testing`, any case) they are the splits `train`, `val`
//! and `test`, and the level below has the classes. Examples are in the order train, val, test, then
//! by the bytes of the relative path, which is the key. Files that are no images are ignored; images
//! of other formats (GIF, BMP, TIFF, …) and images outside of all classes are bad examples.
//!
//! **CSV manifest.** `path,label[,group,split,key,difficulty]`, UTF-8 with or without BOM; a label is any text.
//! It is the file named by the option `manifest`, or the only top-level CSV file that is named
//! `manifest.csv` or has a column `path` or the label column. Paths are relative to the manifest's
//! folder or to the top of the upload. Examples are in the order of the rows; the key is the path unless a column `key` is given.
//! Unknown columns and unlisted images are ignored with a warning; files that no row names are not
//! read at all.
//!
//! **IDX.** `*-images-idx3-ubyte` beside `*-labels-idx1-ubyte`, compressed with gzip or not. `train-*`
//! and `t10k-*` are the splits `train` and `test`, in that order of index. Keys are `train/0`…, or
//! `0`… for a pair that is no split.
//!
//! **npz.** `x` (N×H×W or N×H×W×C, uint8, C 1 or 3) and `y` (integers or text), or `images` and
//! `labels`; optional `group`, `split`, `key` and `difficulty`. Pickled objects are never read. Keys are `0`… without `key`.
//!
//! **CSV table.** `key[,label][,group][,split][,text][,difficulty]`, UTF-8 with or without BOM: examples
//! without images, for trainings that were done elsewhere. It is a file of its own, told by its column `key`.
//! Without a column `label` no example has one; with a column `text` the examples are texts. Examples are in
//! the order of the rows.
//!
//! `difficulty` is a finite number, higher being harder, in a manifest, an npz or a table; an empty cell
//! or NaN says that it is unknown.
//!
//! Classes are sorted by name: by value when every name is a whole number, by bytes otherwise.
//!
//! # Images
//!
//! PNG, JPEG and WebP, told by content; of an animation, the first frame. A dataset is grey (one
//! channel) when every image is stored grey, else RGB. Transparent pixels are laid over white, CMYK
//! is converted by the decoder, 16 bits are scaled to 8, and the EXIF orientation is applied. Colour
//! profiles are ignored. A JPEG without its end marker is truncated, even though it could be shown.
//!
//! Images of one size whose longer side is at most 256 are packed as they are. Otherwise, or if the
//! option `image_size` is given, the centred square of each image is resized to the side S
//! (Catmull-Rom, antialiased): S is the option, or the smallest of 32, 64, 96, 128 and 224 that is not
//! below the median shorter side, at most 224.
//!
//! Duplicates are examples whose packed pixels are equal.

mod archive;
mod decode;
mod error;
mod fit;
mod format;
#[doc(hidden)]
pub mod fuzz;
mod label_file;
mod limits;
mod npz_file;
mod pack;
pub mod probes;
mod progress;
mod report;

pub use archive::{LocalFile, local_files};
pub use error::{DatasetError, LISTED_BAD_EXAMPLES, UnsafeMember};
pub use label_file::{LabelFile, LabelFileError};
pub use limits::Limits;
pub use npz_file::{CopiedExample, write_npz, write_probes};
pub use pack::{Pack, pack};
pub use report::{
    BadExample, DuplicateGroup, Duplicates, Format, Original, PackPhase, PackProgress, Packed,
    PackedExample, Report, Warning, WarningCode,
};
pub use unearth_audit::{IMAGE_SIZES, OnBadExample, PackOptions};

/// Longest name of a file inside an upload, in bytes.
pub const MAX_NAME_BYTES: usize = 1024;
