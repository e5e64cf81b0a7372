//! A pack in memory, for those who train on it.
#![expect(
    unsafe_code,
    reason = "a pack can be larger than memory: it is mapped, not read"
)]

use super::layout::{self, Layout};
use crate::DatasetError;
use memmap2::Mmap;
use std::{fs::File, path::Path};
use unearth_audit::{Examples, ProbeRows};

/// A validated, memory-mapped pack.
///
/// Pixels stay in the file and come in page by page; they count as shared, not as anonymous memory.
#[derive(Debug)]
pub struct Pack {
    map: Mmap,
    layout: Layout,
}

impl Pack {
    /// Maps the pack at `path` and checks all of it but the pixels' values, which are all valid.
    ///
    /// # Errors
    /// [`DatasetError::Unreadable`], or [`DatasetError::InvalidPack`] when it is not a pack, was cut
    /// off or holds labels out of range.
    pub fn open(path: &Path) -> Result<Self, DatasetError> {
        let unreadable = |source| DatasetError::Unreadable {
            path: path.display().to_string(),
            source,
        };
        let file = File::open(path).map_err(unreadable)?;
        // SAFETY: the bytes of a mapped file may change under us only if someone writes to it or
        // truncates it. A pack is written under a temporary name, renamed when it is complete and
        // never opened for writing again; a deleted one stays whole while it is mapped.
        let map = unsafe { Mmap::map(&file) }.map_err(unreadable)?;
        let layout = layout::parse(&map).map_err(DatasetError::InvalidPack)?;
        layout::labels(&map, &layout).map_err(DatasetError::InvalidPack)?;
        Ok(Self { map, layout })
    }

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.layout.examples
    }

    /// Whether there are none. A pack always has some.
    pub fn is_empty(&self) -> bool {
        self.layout.examples == 0
    }

    /// Height of every image, in pixels.
    pub fn height(&self) -> usize {
        self.layout.height
    }

    /// Width of every image, in pixels.
    pub fn width(&self) -> usize {
        self.layout.width
    }

    /// Channels: 1 (grey) or 3 (RGB).
    pub fn channels(&self) -> usize {
        self.layout.channels
    }

    /// Number of classes; every label is below it.
    pub fn classes(&self) -> usize {
        self.layout.classes
    }

    /// Hash of the dataset that it was written for, see
    /// [`Packed::content_hash`](crate::Packed::content_hash).
    pub fn content_hash(&self) -> &str {
        &self.layout.content_hash
    }

    /// Pixels, `[n, height, width, channels]`, row-major.
    pub fn pixels(&self) -> &[u8] {
        &self.map[self.layout.pixels.clone()]
    }

    /// Pixels of one example, `[height, width, channels]`. `None` past the end.
    pub fn image(&self, index: usize) -> Option<&[u8]> {
        let bytes = self.layout.height * self.layout.width * self.layout.channels;
        let begin = index.checked_mul(bytes)?;
        self.pixels().get(begin..begin.checked_add(bytes)?)
    }

    /// Given labels, `[n]`, in index order.
    pub fn labels(&self) -> &[i32] {
        // Looked at when it was opened.
        bytemuck::cast_slice(&self.map[self.layout.labels.clone()])
    }

    /// What a trainer sees of it; `trained` are the indices to train on, ascending, `probes` rows to
    /// train on beside them.
    pub fn examples<'a>(&'a self, trained: &'a [u32], probes: ProbeRows<'a>) -> Examples<'a> {
        Examples {
            height: self.height(),
            width: self.width(),
            channels: self.channels(),
            classes: self.classes(),
            pixels: self.pixels(),
            labels: self.labels(),
            trained,
            probes,
        }
    }
}
