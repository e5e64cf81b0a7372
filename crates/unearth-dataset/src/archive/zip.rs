//! The members of a zip file.

use super::{FileWindow, Member, check_members, check_unpacked, name};
use crate::{DatasetError, Limits, UnsafeMember};
use zip::{CompressionMethod, ZipArchive, read::ZipFileEntry, result::ZipError};

/// The end of a zip begins with this, at most [`END_BYTES`] before the end of the file.
const END_MAGIC: &[u8] = b"PK\x05\x06";
const END_BYTES: u64 = 22 + 65_535;
/// The bits of a Unix mode that tell the kind of a file.
const KIND: u32 = 0o170_000;
const KIND_LINK: u32 = 0o120_000;
const KIND_REGULAR: u32 = 0o100_000;
const KIND_DIRECTORY: u32 = 0o040_000;

/// The visible files of the zip, in its order, and the archive to read them from.
pub(crate) fn list(
    file: &FileWindow,
    limits: &Limits,
) -> Result<(Vec<Member>, ZipArchive<FileWindow>), DatasetError> {
    let packed = file.len();
    let mut archive = match ZipArchive::new(file.clone()) {
        Ok(archive) => archive,
        Err(error) => return Err(open_error(file, &error)),
    };
    check_members(archive.len() as u64, limits)?;
    if archive.has_duplicate_names() {
        return Err(DatasetError::DuplicateMember {
            member: "a file".to_owned(),
        });
    }

    let mut members = Vec::new();
    let mut unpacked = 0_u64;
    for index in 0..archive.len() {
        let entry = archive
            .by_index_data(index)
            .map_err(|error| corrupt(error.to_string()))?;
        let name = name::clean(entry.name_raw())?;
        check_entry(&entry, &name)?;
        unpacked = unpacked.saturating_add(entry.size());
        if !entry.is_dir() && name::is_visible(&name) {
            members.push(Member {
                name,
                size: entry.size(),
                place: index as u64,
            });
        }
    }
    // Reading a member fails if it is longer than declared, so the sum bounds what can come out.
    check_unpacked(unpacked, packed, limits)?;
    match archive.has_overlapping_files() {
        Ok(false) => Ok((members, archive)),
        Ok(true) => Err(corrupt("its members overlap, as in a zip bomb".to_owned())),
        Err(error) => Err(corrupt(error.to_string())),
    }
}

/// An error of opening the member `name`.
pub(super) fn member_error(name: &str, error: ZipError) -> DatasetError {
    match error {
        ZipError::Io(error) => DatasetError::read(name, error),
        other => DatasetError::Corrupt {
            place: format!("`{name}`"),
            detail: other.to_string(),
        },
    }
}

fn check_entry(entry: &ZipFileEntry<'_>, name: &str) -> Result<(), DatasetError> {
    let member = || name.to_owned();
    let kind = entry.unix_mode().map_or(0, |mode| mode & KIND);
    let problem = match kind {
        KIND_LINK => Some(UnsafeMember::Link),
        0 | KIND_REGULAR | KIND_DIRECTORY => None,
        _ => Some(UnsafeMember::Device),
    };
    if let Some(problem) = problem {
        return Err(DatasetError::UnsafeMember {
            member: member(),
            problem,
        });
    }
    if entry.encrypted() {
        return Err(DatasetError::Encrypted { member: member() });
    }
    match entry.compression() {
        CompressionMethod::Stored | CompressionMethod::Deflated => Ok(()),
        other => Err(DatasetError::UnsupportedMember {
            member: member(),
            detail: format!("is compressed with {other}; only deflate is read"),
        }),
    }
}

fn open_error(file: &FileWindow, error: &ZipError) -> DatasetError {
    let tail = file.len().min(END_BYTES);
    let has_end = file
        .peek(file.len() - tail, tail as usize)
        .is_ok_and(|tail| {
            tail.windows(END_MAGIC.len())
                .any(|bytes| bytes == END_MAGIC)
        });
    if has_end {
        corrupt(error.to_string())
    } else {
        DatasetError::CutOff {
            place: "the zip archive".to_owned(),
        }
    }
}

fn corrupt(detail: String) -> DatasetError {
    DatasetError::Corrupt {
        place: "the zip archive".to_owned(),
        detail,
    }
}
