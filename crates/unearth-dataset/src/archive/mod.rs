//! The files of an upload, whatever holds them.

mod container;
mod directory;
mod exactly;
mod gzip;
mod name;
mod tar;
mod window;
mod zip;

pub use directory::{LocalFile, local_files};
pub(crate) use exactly::read_full;
pub(crate) use window::FileWindow;

use crate::{DatasetError, Limits, progress::Reporter};
use container::Container;
use exactly::Exactly;
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

/// Largest buffer that is allocated on the word of a header.
const TRUSTED_BYTES: u64 = 1 << 20;

/// Members may unpack to this much whatever the ratio.
const RATIO_FREE_BYTES: u64 = 16 << 20;

/// The visible files of an upload, sorted by the bytes of their names.
#[derive(Debug)]
pub(crate) struct Members {
    list: Vec<Member>,
    store: Store,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Relative path with `/` between components; safe and visible.
    pub(crate) name: String,
    /// Size as declared; reading fails when it is another.
    pub(crate) size: u64,
    /// Index in a zip, offset in a tar, meaningless in a directory.
    pub(crate) place: u64,
}

#[derive(Debug)]
enum Store {
    Directory(PathBuf),
    Zip(::zip::ZipArchive<FileWindow>),
    Tar(FileWindow),
}

impl Members {
    /// Lists the files of the archive or directory `source`.
    pub(crate) fn open(
        source: &Path,
        limits: &Limits,
        work_dir: &Path,
        reporter: &mut Reporter<'_>,
    ) -> Result<Self, DatasetError> {
        match Container::detect(source)? {
            Container::Zip(file) => Self::open_zip(&file, limits),
            Container::Tar(file) => Self::open_tar(file, limits),
            Container::Gzip(file) => {
                let tar = gzip::unpack_tar(file, limits, work_dir, reporter)?;
                Self::open_tar(tar, limits)
            }
            Container::Directory => Self::open_directory(source, limits),
        }
    }

    /// Lists the files of a directory.
    fn open_directory(source: &Path, limits: &Limits) -> Result<Self, DatasetError> {
        let list = directory::list(source, limits)?;
        Self::new(list, Store::Directory(source.to_owned()))
    }

    /// Lists the files of a zip.
    pub(crate) fn open_zip(file: &FileWindow, limits: &Limits) -> Result<Self, DatasetError> {
        let (list, archive) = zip::list(file, limits)?;
        Self::new(list, Store::Zip(archive))
    }

    /// Lists the files of a tar.
    pub(crate) fn open_tar(file: FileWindow, limits: &Limits) -> Result<Self, DatasetError> {
        let list = tar::list(&file, limits)?;
        Self::new(list, Store::Tar(file))
    }

    fn new(mut list: Vec<Member>, store: Store) -> Result<Self, DatasetError> {
        list.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        if let Some(pair) = list.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(DatasetError::DuplicateMember {
                member: format!("`{}`", pair[0].name),
            });
        }
        if list.is_empty() {
            return Err(DatasetError::Empty);
        }
        Ok(Self { list, store })
    }

    /// All files.
    pub(crate) fn list(&self) -> &[Member] {
        &self.list
    }

    /// The file of this name.
    pub(crate) fn find(&self, name: &str) -> Option<&Member> {
        let at = self
            .list
            .binary_search_by(|member| member.name.as_str().cmp(name));
        at.ok().map(|at| &self.list[at])
    }

    /// Streams a file. The reader fails when the file has not exactly its declared size.
    pub(crate) fn stream<T>(
        &self,
        member: &Member,
        consume: impl FnOnce(&mut dyn Read) -> Result<T, DatasetError>,
    ) -> Result<T, DatasetError> {
        match &self.store {
            Store::Directory(root) => {
                let file = open_file(root, &member.name)?;
                consume(&mut Exactly::new(FileWindow::whole(file)?, member.size))
            }
            Store::Tar(file) => consume(&mut Exactly::new(
                file.slice(member.place, member.size),
                member.size,
            )),
            Store::Zip(archive) => {
                let mut archive = archive.clone();
                let entry = archive
                    .by_index(member.place as usize)
                    .map_err(|error| zip::member_error(&member.name, error))?;
                consume(&mut Exactly::new(entry, member.size))
            }
        }
    }

    /// The bytes of a file. The caller has checked that its declared size is bearable.
    pub(crate) fn read(&self, member: &Member) -> Result<Vec<u8>, DatasetError> {
        self.stream(member, |reader| {
            let mut bytes = Vec::with_capacity(member.size.min(TRUSTED_BYTES) as usize);
            reader
                .read_to_end(&mut bytes)
                .map_err(|error| DatasetError::read(&member.name, error))?;
            Ok(bytes)
        })
    }

    /// A file as something seekable, unpacked into `work_dir` if need be.
    pub(crate) fn window(
        &self,
        member: &Member,
        work_dir: &Path,
    ) -> Result<FileWindow, DatasetError> {
        match &self.store {
            Store::Directory(root) => FileWindow::whole(open_file(root, &member.name)?),
            Store::Tar(file) => Ok(file.slice(member.place, member.size)),
            Store::Zip(_) => self.stream(member, |reader| {
                let mut copy = tempfile::tempfile_in(work_dir).map_err(DatasetError::write)?;
                exactly::copy(reader, &mut copy, &member.name)?;
                FileWindow::whole(copy)
            }),
        }
    }
}

fn open_file(root: &Path, name: &str) -> Result<Arc<File>, DatasetError> {
    let file = File::open(root.join(name)).map_err(|source| unreadable(name, source))?;
    Ok(Arc::new(file))
}

pub(crate) fn unreadable(path: impl Into<String>, source: io::Error) -> DatasetError {
    DatasetError::Unreadable {
        path: path.into(),
        source,
    }
}

/// Refuses an archive of `packed` bytes whose members have `unpacked` bytes together.
fn check_unpacked(unpacked: u64, packed: u64, limits: &Limits) -> Result<(), DatasetError> {
    if unpacked > limits.unpacked_bytes {
        return Err(DatasetError::LimitExceeded {
            limit: "unpacked_bytes",
            subject: "the unpacked size of the archive".to_owned(),
            allowed: limits.unpacked_bytes,
        });
    }
    if unpacked > RATIO_FREE_BYTES && unpacked > packed.saturating_mul(limits.unpacked_ratio) {
        return Err(DatasetError::LimitExceeded {
            limit: "unpacked_ratio",
            subject: "the compression ratio of the archive, as in a zip bomb,".to_owned(),
            allowed: limits.unpacked_ratio,
        });
    }
    Ok(())
}

/// Refuses more than the allowed number of members.
fn check_members(members: u64, limits: &Limits) -> Result<(), DatasetError> {
    if members <= limits.members {
        return Ok(());
    }
    Err(DatasetError::LimitExceeded {
        limit: "members",
        subject: "the number of files in the upload".to_owned(),
        allowed: limits.members,
    })
}
