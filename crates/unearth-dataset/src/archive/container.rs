//! What holds an upload, told from its first bytes.

use super::{FileWindow, tar, unreadable};
use crate::DatasetError;
use std::{fs::File, path::Path};

/// What holds an upload.
#[derive(Debug)]
pub(super) enum Container {
    Directory,
    Zip(FileWindow),
    Tar(FileWindow),
    Gzip(FileWindow),
}

/// First bytes of things that people upload by mistake, and what they are.
const OTHERS: [(&[u8], &str); 12] = [
    (b"\x89PNG", "a single PNG image"),
    (b"\xff\xd8\xff", "a single JPEG image"),
    (b"RIFF", "a single WebP image"),
    (b"\x00\x00\x08", "a single IDX file"),
    (b"\x93NUMPY", "a single npy array"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"PAR1", "a Parquet file"),
];

impl Container {
    /// What `source` is.
    pub(super) fn detect(source: &Path) -> Result<Self, DatasetError> {
        let shown = || source.display().to_string();
        let metadata = source.metadata().map_err(|e| unreadable(shown(), e))?;
        if metadata.is_dir() {
            return Ok(Self::Directory);
        }
        if !metadata.is_file() {
            return Err(unsupported("a device, pipe or socket"));
        }
        let file = File::open(source).map_err(|e| unreadable(shown(), e))?;
        let window = FileWindow::whole(file)?;
        let first = window
            .peek(0, tar::BLOCK)
            .map_err(|e| unreadable(shown(), e))?;
        Self::of(window, &first)
    }

    fn of(window: FileWindow, first: &[u8]) -> Result<Self, DatasetError> {
        match first {
            [] => Err(DatasetError::Empty),
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Ok(Self::Zip(window)),
            [0x1f, 0x8b, ..] => Ok(Self::Gzip(window)),
            _ if tar::is_tar(first) => Ok(Self::Tar(window)),
            _ => Err(unsupported(looks_like(first))),
        }
    }
}

/// The file is something else.
pub(super) fn unsupported(found: &str) -> DatasetError {
    DatasetError::UnsupportedFile {
        found: found.to_owned(),
    }
}

/// What a file that begins with `first` looks like.
pub(super) fn looks_like(first: &[u8]) -> &'static str {
    OTHERS
        .iter()
        .find(|(magic, _)| first.starts_with(magic))
        .map_or_else(|| plain(first), |(_, name)| name)
}

fn plain(first: &[u8]) -> &'static str {
    let is_text = first
        .iter()
        .all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 32..));
    if is_text {
        "a text file"
    } else {
        "of an unknown kind"
    }
}
