//! What was written of a file and its client has not read yet.

use super::ExportError;
use crate::room::disk_space;
use bytes::Bytes;
use futures::{Stream, stream};
use rustix::fs::{FallocateFlags, fallocate};
use std::{
    fs,
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    sync::{
        OwnedSemaphorePermit, Semaphore,
        mpsc::{self, UnboundedReceiver, UnboundedSender},
    },
    task,
};
use tokio_util::task::AbortOnDropHandle;

/// How much of what is unread of a file is held in memory, bytes; what comes after it goes to disk.
const HELD: usize = 1 << 20;
/// What stays free on the disk, bytes: the database may be there, too.
const LEFT_FREE: u64 = 1 << 30;

/// Where the temporary files are, and what may still be written to them.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    folder: PathBuf,
    free_kib: Arc<Semaphore>,
}

impl Disk {
    /// A folder that is made when the first bytes go there, and how much may lie in it at a time.
    pub(super) fn new(folder: PathBuf, bytes: usize) -> Self {
        Self {
            folder,
            free_kib: Arc::new(Semaphore::new(bytes >> 10)),
        }
    }

    /// Room for so many bytes, until what this returns is dropped.
    fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit, ExportError> {
        let space = disk_space(&self.folder);
        if space.is_some_and(|space| space.free_bytes < LEFT_FREE + bytes as u64) {
            return Err(ExportError::NoRoom);
        }
        let kib = u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.free_kib).try_acquire_many_owned(kib);
        room.map_err(|_| ExportError::NoRoom)
    }
}

/// The end that writes: it never waits for the one that reads.
pub(super) struct Spool {
    disk: Disk,
    /// Unread bytes in memory.
    held: Arc<AtomicUsize>,
    /// Where the others are, and how many.
    file: Option<Arc<File>>,
    on_disk: u64,
    told: UnboundedSender<Told>,
}

/// The end that reads.
pub(super) struct Unread {
    heard: UnboundedReceiver<Told>,
    held: Arc<AtomicUsize>,
}

/// What the one end tells the other.
enum Told {
    Held(Bytes),
    OnDisk {
        file: Arc<File>,
        at: u64,
        bytes: usize,
        room: OwnedSemaphorePermit,
    },
    End,
    Failed(ExportError),
}

/// Both ends.
pub(super) fn spool(disk: Disk) -> (Spool, Unread) {
    let (told, heard) = mpsc::unbounded_channel();
    let held = Arc::new(AtomicUsize::new(0));
    let spool = Spool {
        disk,
        held: Arc::clone(&held),
        file: None,
        on_disk: 0,
        told,
    };
    (spool, Unread { heard, held })
}

impl Spool {
    pub(super) async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ExportError> {
        if bytes.is_empty() {
            return Ok(());
        }
        if self.held.load(Ordering::Relaxed) + bytes.len() <= HELD {
            self.held.fetch_add(bytes.len(), Ordering::Relaxed);
            self.tell(Told::Held(bytes.into()));
            return Ok(());
        }
        let (at, length) = (self.on_disk, bytes.len());
        let room = self.disk.room(length)?;
        let (folder, file) = (self.disk.folder.clone(), self.file.take());
        let written = blocking(move || {
            let file = match file {
                Some(file) => file,
                None => Arc::new(temporary_file(folder)?),
            };
            file.write_all_at(&bytes, at)?;
            Ok(file)
        });
        let file = written.await?;
        self.file = Some(Arc::clone(&file));
        self.on_disk += length as u64;
        self.tell(Told::OnDisk {
            file,
            at,
            bytes: length,
            room,
        });
        Ok(())
    }

    /// Says that this was all.
    pub(super) fn end(self) {
        self.tell(Told::End);
    }

    /// Says why there is no more.
    pub(super) fn fail(self, error: ExportError) {
        self.tell(Told::Failed(error));
    }

    fn tell(&self, told: Told) {
        // Without a reader there is nobody to tell.
        let _ = self.told.send(told);
    }
}

impl Unread {
    /// What was written, as it comes. The writing is aborted when the stream is dropped.
    pub(super) fn into_stream(
        self,
        writing: AbortOnDropHandle<()>,
    ) -> impl Stream<Item = Result<Bytes, ExportError>> {
        stream::try_unfold((self, writing), |(mut unread, writing)| async {
            let bytes = match unread.heard.recv().await {
                Some(Told::Held(bytes)) => {
                    unread.held.fetch_sub(bytes.len(), Ordering::Relaxed);
                    bytes
                }
                Some(Told::OnDisk {
                    file,
                    at,
                    bytes,
                    room,
                }) => {
                    let read = read_back(file, at, bytes).await?;
                    drop(room);
                    read
                }
                Some(Told::End) => return Ok(None),
                Some(Told::Failed(error)) => return Err(error),
                None => return Err(ExportError::Unfinished),
            };
            Ok(Some((bytes, (unread, writing))))
        })
    }
}

async fn read_back(file: Arc<File>, at: u64, bytes: usize) -> Result<Bytes, ExportError> {
    blocking(move || {
        let mut read = vec![0; bytes];
        file.read_exact_at(&mut read, at)?;
        // What was read gives its space back. Where a file system cannot do that, the end of the file does.
        let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        let _ = fallocate(&file, hole, at, bytes as u64);
        Ok(read.into())
    })
    .await
}

/// A file without a name: nothing is left of it once it is closed, however that comes.
fn temporary_file(folder: PathBuf) -> io::Result<File> {
    fs::create_dir_all(&folder)?;
    tempfile::tempfile_in(folder)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, ExportError> {
    let done = task::spawn_blocking(work).await;
    done.map_err(io::Error::other)
        .flatten()
        .map_err(ExportError::Spool)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt as _;

    const MIB: usize = 1 << 20;

    fn nowhere() -> Disk {
        Disk::new("/proc/no such folder".into(), MIB)
    }

    async fn all(unread: Unread) -> Vec<Result<Bytes, ExportError>> {
        let writing = AbortOnDropHandle::new(tokio::spawn(async {}));
        unread.into_stream(writing).collect().await
    }

    #[tokio::test]
    async fn all_is_written_before_anything_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let scratch = folder.path().join("scratch");
        let disk = Disk::new(scratch.clone(), 4 * MIB);
        let (mut spool, unread) = spool(disk.clone());
        let pieces: Vec<Vec<u8>> = (0..40u8).map(|it| vec![it; 100_003]).collect();
        for piece in pieces.clone() {
            spool.write(piece).await.unwrap();
        }
        spool.end();
        // What lies there has no name.
        assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0);
        assert!(disk.room(2 * MIB).is_err());
        let read: Vec<Bytes> = all(unread).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(read, pieces);
        // All of it may be written anew.
        assert!(disk.room(4 * MIB).is_ok());
    }

    #[tokio::test]
    async fn no_more_than_there_is_room_for_lies_on_disk() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::new(folder.path().into(), 2 * MIB);
        let (mut first, unread) = spool(disk.clone());
        first.write(vec![1; HELD]).await.unwrap();
        first.write(vec![2; 2 * MIB]).await.unwrap();
        let error = first.write(vec![3; 1]).await.unwrap_err();
        assert!(matches!(error, ExportError::NoRoom), "{error:?}");
        drop((first, unread));
        let (mut second, _unread) = spool(disk);
        second.write(vec![1; 2 * MIB]).await.unwrap();
    }

    #[tokio::test]
    async fn a_small_file_never_goes_to_disk() {
        let (mut spool, unread) = spool(nowhere());
        spool.write(vec![1; HELD]).await.unwrap();
        spool.end();
        assert_eq!(all(unread).await.len(), 1);
    }

    #[tokio::test]
    async fn a_client_that_keeps_up_needs_no_disk() {
        let (mut spool, unread) = spool(nowhere());
        let writing = AbortOnDropHandle::new(tokio::spawn(async {}));
        let mut read = Box::pin(unread.into_stream(writing));
        for piece in 0..10 {
            spool.write(vec![piece; HELD]).await.unwrap();
            let bytes = read.next().await.unwrap().unwrap();
            assert_eq!((bytes[0], bytes.len()), (piece, HELD));
        }
    }

    #[tokio::test]
    async fn a_disk_that_takes_nothing_is_said() {
        let (mut spool, unread) = spool(nowhere());
        spool.write(vec![1; HELD]).await.unwrap();
        let error = spool.write(vec![2; 1]).await.unwrap_err();
        assert!(matches!(error, ExportError::Spool(_)), "{error:?}");
        spool.fail(error);
        let read = all(unread).await;
        assert!(matches!(read[..], [Ok(_), Err(ExportError::Spool(_))]));
    }

    #[tokio::test]
    async fn a_part_is_not_taken_for_the_whole() {
        let (mut spool, unread) = spool(nowhere());
        spool.write(vec![1, 2]).await.unwrap();
        drop(spool);
        let read = all(unread).await;
        assert!(matches!(read[..], [Ok(_), Err(ExportError::Unfinished)]));
    }
}
