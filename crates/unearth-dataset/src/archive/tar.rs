//! The members of a tar file.
//!
//! Headers are walked here instead of by the `tar` crate's iterator, because that one keeps long
//! names of any length in memory and takes a file that ends between two members for complete.

use super::{FileWindow, Member, check_members, name};
use crate::{DatasetError, Limits, UnsafeMember};
use std::io;
use tar::{EntryType, Header};

/// Tar files consist of blocks of this size.
pub(super) const BLOCK: usize = 512;
/// Longest extended header (long names, pax records) that is read.
const MAX_EXTENSION: u64 = 64 << 10;

/// Whether a file that begins with `first` is a tar.
pub(super) fn is_tar(first: &[u8]) -> bool {
    first.len() == BLOCK && (is_end(first) || has_valid_checksum(first))
}

/// The visible files of the tar, in its order.
pub(crate) fn list(file: &FileWindow, limits: &Limits) -> Result<Vec<Member>, DatasetError> {
    let mut members = Vec::new();
    let mut extension = Extension::default();
    let (mut offset, mut count) = (0, 0);
    loop {
        let block = file.peek(offset, BLOCK).map_err(unreadable)?;
        if block.len() < BLOCK {
            return Err(cut_off());
        }
        if is_end(&block) {
            return Ok(members);
        }
        if !has_valid_checksum(&block) {
            return Err(corrupt(format!("no valid header at byte {offset}")));
        }
        let header = Header::from_byte_slice(&block);
        let size = match extension.size {
            Some(size) => size,
            None => header.entry_size().map_err(|e| corrupt(e.to_string()))?,
        };
        let content = offset + BLOCK as u64;
        if size > file.len().saturating_sub(content) {
            return Err(cut_off());
        }
        offset = content + size.next_multiple_of(BLOCK as u64);

        let kind = header.entry_type();
        if is_extension(kind) {
            let bytes = read_extension(file, content, size)?;
            extension.take(kind, &bytes)?;
            continue;
        }
        count += 1;
        check_members(count, limits)?;
        let extension = std::mem::take(&mut extension);
        let raw = extension
            .path
            .unwrap_or_else(|| header.path_bytes().into_owned());
        let name = name::clean(&raw)?;
        check_kind(kind, &name, extension.sparse)?;
        let is_file = !kind.is_dir() && !raw.ends_with(b"/");
        if is_file && name::is_visible(&name) {
            members.push(Member {
                name,
                size,
                place: content,
            });
        }
    }
}

/// What extended headers say about the next member.
#[derive(Debug, Default)]
struct Extension {
    path: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

impl Extension {
    fn take(&mut self, kind: EntryType, bytes: &[u8]) -> Result<(), DatasetError> {
        match kind {
            EntryType::GNULongName => {
                let end = bytes.iter().position(|byte| *byte == 0);
                self.path = Some(bytes[..end.unwrap_or(bytes.len())].to_owned());
            }
            EntryType::XHeader => {
                for (key, value) in pax_records(bytes)? {
                    self.take_record(key, value)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn take_record(&mut self, key: &[u8], value: &[u8]) -> Result<(), DatasetError> {
        match key {
            b"path" => self.path = Some(value.to_owned()),
            b"size" => {
                let size = str::from_utf8(value)
                    .ok()
                    .and_then(|size| size.parse().ok());
                self.size = Some(size.ok_or_else(|| corrupt("a size is not a number".to_owned()))?);
            }
            _ => self.sparse |= key.starts_with(b"GNU.sparse."),
        }
        Ok(())
    }
}

/// The records of a pax header: `length key=value\n`, the length counting all of it.
fn pax_records(mut bytes: &[u8]) -> Result<Vec<PaxRecord<'_>>, DatasetError> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let (record, rest) =
            pax_record(bytes).ok_or_else(|| corrupt("a pax header is malformed".to_owned()))?;
        records.push(record);
        bytes = rest;
    }
    Ok(records)
}

/// Key and value.
type PaxRecord<'a> = (&'a [u8], &'a [u8]);

fn pax_record(bytes: &[u8]) -> Option<(PaxRecord<'_>, &[u8])> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let length: usize = str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
    let record = bytes.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    Some(((&record[..equals], &record[equals + 1..]), &bytes[length..]))
}

fn is_extension(kind: EntryType) -> bool {
    matches!(
        kind,
        EntryType::GNULongName
            | EntryType::GNULongLink
            | EntryType::XHeader
            | EntryType::XGlobalHeader
    )
}

fn read_extension(file: &FileWindow, offset: u64, size: u64) -> Result<Vec<u8>, DatasetError> {
    if size > MAX_EXTENSION {
        return Err(corrupt(format!("an extended header has {size} bytes")));
    }
    file.peek(offset, size as usize).map_err(unreadable)
}

fn check_kind(kind: EntryType, name: &str, sparse: bool) -> Result<(), DatasetError> {
    let problem = match kind {
        EntryType::Symlink | EntryType::Link => UnsafeMember::Link,
        EntryType::Char | EntryType::Block | EntryType::Fifo => UnsafeMember::Device,
        EntryType::Regular | EntryType::Continuous | EntryType::Directory if !sparse => {
            return Ok(());
        }
        _ => {
            return Err(DatasetError::UnsupportedMember {
                member: name.to_owned(),
                detail: "is stored in a special way (sparse or a vendor's extension)".to_owned(),
            });
        }
    };
    Err(DatasetError::UnsafeMember {
        member: name.to_owned(),
        problem,
    })
}

fn is_end(block: &[u8]) -> bool {
    block.iter().all(|byte| *byte == 0)
}

fn has_valid_checksum(block: &[u8]) -> bool {
    const FIELD: std::ops::Range<usize> = 148..156;
    let sum: u32 = block
        .iter()
        .enumerate()
        .map(|(at, byte)| {
            if FIELD.contains(&at) {
                32
            } else {
                u32::from(*byte)
            }
        })
        .sum();
    Header::from_byte_slice(block)
        .cksum()
        .is_ok_and(|stated| stated == sum)
}

fn cut_off() -> DatasetError {
    DatasetError::CutOff {
        place: "the tar archive".to_owned(),
    }
}

fn corrupt(detail: String) -> DatasetError {
    DatasetError::Corrupt {
        place: "the tar archive".to_owned(),
        detail,
    }
}

fn unreadable(error: io::Error) -> DatasetError {
    DatasetError::read("the tar archive", error)
}
