//! tar.gz: uncompressed into the work directory once, so that members can be read in any order.

use super::{FileWindow, check_unpacked, container, read_full, tar};
use crate::{DatasetError, Limits, PackPhase, progress::Reporter};
use flate2::read::MultiGzDecoder;
use std::{
    io::{self, BufReader, Read, Seek, Write},
    path::Path,
};

/// Bytes unpacked between two looks at the limits.
const STEP: usize = 256 << 10;

/// Unpacks the tar that the gzip file holds into a nameless file in `work_dir`.
pub(super) fn unpack_tar(
    file: FileWindow,
    limits: &Limits,
    work_dir: &Path,
    reporter: &mut Reporter<'_>,
) -> Result<FileWindow, DatasetError> {
    let packed = file.len();
    let mut decoder = MultiGzDecoder::new(BufReader::new(Counting { file, read: 0 }));
    let mut target = tempfile::tempfile_in(work_dir).map_err(DatasetError::write)?;
    let mut buffer = vec![0; STEP];
    let mut unpacked = 0;
    loop {
        let read = read_full(&mut decoder, &mut buffer).map_err(|error| damaged(&error))?;
        if unpacked == 0 && !tar::is_tar(&buffer[..read.min(tar::BLOCK)]) {
            let content = container::looks_like(&buffer[..read.min(tar::BLOCK)]);
            return Err(container::unsupported(&format!(
                "a gzip file whose content is {content}"
            )));
        }
        if read == 0 {
            break;
        }
        unpacked += read as u64;
        check_unpacked(unpacked, packed, limits)?;
        target
            .write_all(&buffer[..read])
            .map_err(DatasetError::write)?;
        reporter.report(PackPhase::Unpack, decoder.get_ref().get_ref().read, packed)?;
    }
    target.rewind().map_err(DatasetError::write)?;
    FileWindow::whole(target)
}

fn damaged(error: &io::Error) -> DatasetError {
    let place = "the gzip file".to_owned();
    match error.kind() {
        io::ErrorKind::UnexpectedEof => DatasetError::CutOff { place },
        _ => DatasetError::Corrupt {
            place,
            detail: error.to_string(),
        },
    }
}

/// Counts what is read of the compressed file.
struct Counting {
    file: FileWindow,
    read: u64,
}

impl Read for Counting {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(target)?;
        self.read += read as u64;
        Ok(read)
    }
}
