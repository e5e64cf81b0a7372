//! A part of a file with a position of its own, so that threads can share one file.

use super::unreadable;
use crate::DatasetError;
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::FileExt,
    sync::Arc,
};

/// Bytes read at once. The directory of a zip is parsed a few bytes at a time.
const BUFFER: usize = 32 << 10;

/// A buffered, seekable view of a part of a file.
#[derive(Debug)]
pub(crate) struct FileWindow {
    file: Arc<File>,
    start: u64,
    length: u64,
    position: u64,
    buffer: Vec<u8>,
    /// Position of the first buffered byte.
    buffered: u64,
}

impl FileWindow {
    /// All of a file, as long as it is now.
    pub(crate) fn whole(file: impl Into<Arc<File>>) -> Result<Self, DatasetError> {
        let file = file.into();
        let metadata = file.metadata().map_err(|e| unreadable("the upload", e))?;
        Ok(Self::new(file, 0, metadata.len()))
    }

    fn new(file: Arc<File>, start: u64, length: u64) -> Self {
        Self {
            file,
            start,
            length,
            position: 0,
            buffer: Vec::new(),
            buffered: 0,
        }
    }

    /// The part of it that begins at `offset`, cut where the window ends.
    pub(crate) fn slice(&self, offset: u64, length: u64) -> Self {
        let offset = offset.min(self.length);
        let length = length.min(self.length - offset);
        Self::new(Arc::clone(&self.file), self.start + offset, length)
    }

    /// Number of bytes.
    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    /// Up to `wanted` bytes from `offset` on; fewer where the window ends.
    pub(crate) fn peek(&self, offset: u64, wanted: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(wanted);
        self.slice(offset, wanted as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Clone for FileWindow {
    /// A window on the same bytes at the same position, with an empty buffer.
    fn clone(&self) -> Self {
        Self {
            position: self.position,
            ..Self::new(Arc::clone(&self.file), self.start, self.length)
        }
    }
}

impl Read for FileWindow {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(self.position);
        let wanted = (target.len() as u64).min(left) as usize;
        if wanted == 0 {
            return Ok(0);
        }
        let in_buffer = self.position.checked_sub(self.buffered);
        let mut ready = in_buffer.and_then(|from| self.buffer.get(from as usize..));
        if ready.is_none_or(<[u8]>::is_empty) {
            let at = self.start + self.position;
            if wanted >= BUFFER {
                let read = self.file.read_at(&mut target[..wanted], at)?;
                self.position += read as u64;
                return Ok(read);
            }
            self.buffer.resize(left.min(BUFFER as u64) as usize, 0);
            let read = self.file.read_at(&mut self.buffer, at)?;
            self.buffer.truncate(read);
            self.buffered = self.position;
            ready = Some(&self.buffer);
        }
        let ready = ready.unwrap_or_default();
        let count = ready.len().min(wanted);
        target[..count].copy_from_slice(&ready[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for FileWindow {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::{Cursor, Write as _};

    proptest! {
        #[test]
        fn it_reads_like_a_slice(
            offset in 0..50_000_u64,
            steps in prop::collection::vec((0..60_000_u64, 0..40_000_usize), 1..10),
        ) {
            let bytes: Vec<u8> = (0..100_000_u32).map(|i| (i / 7) as u8).collect();
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&bytes).unwrap();
            let mut window = FileWindow::whole(file).unwrap().slice(offset, 60_000);
            let end = (offset as usize + 60_000).min(bytes.len());
            let mut expected = Cursor::new(&bytes[offset as usize..end]);
            for (to, count) in steps {
                window.seek(SeekFrom::Start(to)).unwrap();
                expected.seek(SeekFrom::Start(to)).unwrap();
                let (mut got, mut want) = (Vec::new(), Vec::new());
                window.by_ref().take(count as u64).read_to_end(&mut got).unwrap();
                expected.by_ref().take(count as u64).read_to_end(&mut want).unwrap();
                prop_assert_eq!(got, want);
            }
        }
    }
}
