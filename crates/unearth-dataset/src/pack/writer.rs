//! Writing the two files. Until [`Writer::finish`] they have temporary names, and vanish on error.

use super::layout;
use crate::{DatasetError, Original};
use blake3::Hash;
use std::{
    fs,
    io::{BufWriter, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

const PACK: &str = "pack.safetensors";
const ORIGINALS: &str = "originals.bin";

/// Writes a pack image by image.
pub(super) struct Writer {
    file: BufWriter<NamedTempFile>,
    shape: [usize; 3],
    pixels_offset: u64,
    hashes: Vec<Hash>,
}

/// Writes the original image files one after the other.
pub(super) struct Originals {
    file: BufWriter<NamedTempFile>,
    offset: u64,
}

/// A finished pack.
pub(super) struct Finished {
    pub(super) pack: PathBuf,
    pub(super) originals: Option<PathBuf>,
}

impl Writer {
    /// Begins a pack of at most `candidates` images of `shape` (height, width, channels).
    pub(super) fn create(
        work_dir: &Path,
        candidates: usize,
        shape: [usize; 3],
    ) -> Result<Self, DatasetError> {
        let pixels_offset = layout::pixels_offset(candidates);
        let mut file = new_file(work_dir)?;
        file.seek(SeekFrom::Start(pixels_offset))
            .map_err(DatasetError::write)?;
        Ok(Self {
            file,
            shape,
            pixels_offset,
            hashes: Vec::with_capacity(candidates),
        })
    }

    /// Appends an image.
    pub(super) fn push(&mut self, image: &[u8]) -> Result<(), DatasetError> {
        debug_assert_eq!(image.len(), self.shape.iter().product::<usize>());
        self.hashes.push(blake3::hash(image));
        self.file.write_all(image).map_err(DatasetError::write)
    }

    /// Appends an example without an image; `content` is what it is known by instead.
    pub(super) fn push_without_image(&mut self, content: &[u8]) {
        debug_assert_eq!(self.shape, [0; 3]);
        self.hashes.push(blake3::hash(content));
    }

    /// Hashes of the images, in order.
    pub(super) fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// Height, width and channels.
    pub(super) fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Byte offset of the first pixel.
    pub(super) fn pixels_offset(&self) -> u64 {
        self.pixels_offset
    }

    /// Writes what comes before the pixels and gives both files their names in `work_dir`.
    pub(super) fn finish(
        mut self,
        labels: &[i32],
        classes: usize,
        content_hash: &str,
        originals: Option<Originals>,
        work_dir: &Path,
    ) -> Result<Finished, DatasetError> {
        debug_assert_eq!(labels.len(), self.hashes.len());
        let head = layout::head(
            labels,
            self.shape,
            classes,
            content_hash,
            self.pixels_offset,
        );
        self.file.rewind().map_err(DatasetError::write)?;
        self.file.write_all(&head).map_err(DatasetError::write)?;

        let pack = work_dir.join(PACK);
        persist(self.file, &pack)?;
        let originals = originals.map(|originals| {
            let path = work_dir.join(ORIGINALS);
            persist(originals.file, &path).map(|()| path)
        });
        match originals.transpose() {
            Ok(originals) => Ok(Finished { pack, originals }),
            Err(error) => {
                // The error at hand matters more than one of cleaning up.
                let _ = fs::remove_file(pack);
                Err(error)
            }
        }
    }
}

impl Originals {
    /// Begins the file.
    pub(super) fn create(work_dir: &Path) -> Result<Self, DatasetError> {
        Ok(Self {
            file: new_file(work_dir)?,
            offset: 0,
        })
    }

    /// Appends an image file.
    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        media_type: &'static str,
    ) -> Result<Original, DatasetError> {
        self.file.write_all(bytes).map_err(DatasetError::write)?;
        let original = Original {
            offset: self.offset,
            length: bytes.len() as u64,
            media_type,
        };
        self.offset += original.length;
        Ok(original)
    }
}

fn new_file(work_dir: &Path) -> Result<BufWriter<NamedTempFile>, DatasetError> {
    let file = NamedTempFile::new_in(work_dir).map_err(DatasetError::write)?;
    Ok(BufWriter::with_capacity(1 << 20, file))
}

fn persist(file: BufWriter<NamedTempFile>, path: &Path) -> Result<(), DatasetError> {
    let file = file
        .into_inner()
        .map_err(|error| DatasetError::write(error.into_error()))?;
    file.persist(path)
        .map_err(|error| DatasetError::write(error.error))?;
    Ok(())
}
