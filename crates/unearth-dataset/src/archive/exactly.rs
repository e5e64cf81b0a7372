//! Reading files that may lie about their size.

use crate::DatasetError;
use std::io::{self, Read, Write};

/// Bytes copied at once.
const COPY: usize = 256 << 10;

/// A reader that fails unless the inner one has exactly the declared number of bytes.
pub(super) struct Exactly<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Exactly<R> {
    pub(super) fn new(inner: R, declared: u64) -> Self {
        Self {
            inner,
            left: declared,
        }
    }
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if target.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            // The inner end must be reached too: that is where checksums are verified.
            return match self.inner.read(&mut [0])? {
                0 => Ok(0),
                _ => Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "it is longer than its header says",
                )),
            };
        }
        let wanted = (target.len() as u64).min(self.left) as usize;
        let read = self.inner.read(&mut target[..wanted])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        Ok(read)
    }
}

/// Fills `target` as far as the reader goes; answers how far.
pub(crate) fn read_full(reader: &mut (impl Read + ?Sized), target: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < target.len() {
        match reader.read(&mut target[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Copies the file `name` of the upload into the work directory.
pub(super) fn copy(
    reader: &mut dyn Read,
    writer: &mut dyn Write,
    name: &str,
) -> Result<(), DatasetError> {
    let mut buffer = vec![0; COPY];
    loop {
        let read = read_full(reader, &mut buffer).map_err(|e| DatasetError::read(name, e))?;
        if read == 0 {
            return Ok(());
        }
        writer
            .write_all(&buffer[..read])
            .map_err(DatasetError::write)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], declared: u64) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        Exactly::new(bytes, declared)
            .read_to_end(&mut all)
            .map(|_| all)
    }

    #[test]
    fn only_the_declared_size_passes() {
        assert_eq!(read(b"abc", 3).unwrap(), b"abc");
        assert_eq!(read(b"", 0).unwrap(), b"");
        assert_eq!(
            read(b"abc", 4).unwrap_err().kind(),
            io::ErrorKind::UnexpectedEof
        );
        assert_eq!(
            read(b"abc", 2).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
    }
}
