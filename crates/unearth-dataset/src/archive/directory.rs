//! The files of a local directory.

use super::{Member, Members, check_members, name, unreadable};
use crate::{DatasetError, Limits, UnsafeMember};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file of a local directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalFile {
    /// Path below the directory, with `/` between components.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
}

/// The files of a local directory that count as an upload, sorted by the bytes of their names, however
/// many there are.
///
/// # Errors
/// By the rules for directories: see the crate's documentation.
pub fn local_files(root: &Path) -> Result<Vec<LocalFile>, DatasetError> {
    let limits = Limits {
        members: u64::MAX,
        ..Limits::default()
    };
    let members = Members::open_directory(root, &limits)?;
    let file = |member: Member| LocalFile {
        name: member.name,
        size: member.size,
    };
    Ok(members.list.into_iter().map(file).collect())
}

/// The visible files below `root`, in no particular order. Links to files are followed, since the
/// directory belongs to whoever started the program; one to a directory could lead round in a circle.
pub(super) fn list(root: &Path, limits: &Limits) -> Result<Vec<Member>, DatasetError> {
    let mut members = Vec::new();
    let mut pending = vec![PathBuf::new()];
    let mut count = 0;
    while let Some(folder) = pending.pop() {
        let place = root.join(&folder);
        let refused = |error| unreadable(place.display().to_string(), error);
        for entry in fs::read_dir(&place).map_err(refused)? {
            let entry = entry.map_err(refused)?;
            count += 1;
            check_members(count, limits)?;
            let relative = folder.join(entry.file_name());
            let name = relative.to_str().ok_or_else(|| not_utf8(&relative))?;
            if !name::is_visible(name) {
                continue;
            }
            check_name(name)?;
            let metadata = fs::metadata(entry.path()).map_err(|error| unreadable(name, error))?;
            if metadata.is_dir() && entry.path().is_symlink() {
                return Err(unsafe_file(name, UnsafeMember::DirectoryLink));
            } else if metadata.is_dir() {
                pending.push(relative);
            } else if metadata.is_file() {
                members.push(Member {
                    name: name.to_owned(),
                    size: metadata.len(),
                    place: 0,
                });
            } else {
                return Err(unsafe_file(name, UnsafeMember::Device));
            }
        }
    }
    Ok(members)
}

fn not_utf8(path: &Path) -> DatasetError {
    DatasetError::NameNotUtf8 {
        name: path
            .as_os_str()
            .as_encoded_bytes()
            .escape_ascii()
            .to_string(),
    }
}

fn check_name(name: &str) -> Result<(), DatasetError> {
    if name.len() > crate::MAX_NAME_BYTES {
        return Err(unsafe_file(name, UnsafeMember::LongName(name.len())));
    }
    if name.chars().any(char::is_control) {
        return Err(unsafe_file(name, UnsafeMember::ControlCharacters));
    }
    Ok(())
}

fn unsafe_file(name: &str, problem: UnsafeMember) -> DatasetError {
    DatasetError::UnsafeMember {
        member: name::printable(name),
        problem,
    }
}
