//! A blob as a file on this machine.

use crate::StoreError;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectStore, ObjectStoreExt, path::Path as BlobPath};
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempPath};
use tokio::io::AsyncWriteExt;

/// Bytes asked for at once: a connection that breaks costs one such piece and not the whole.
const PIECE_BYTES: u64 = 16 << 20;
/// Pieces on their way at the same time.
const PIECES_IN_FLIGHT: usize = 3;

/// A file on this machine with the bytes of a blob, to be read and never written.
#[derive(Debug)]
pub struct LocalBlob(File);

#[derive(Debug)]
enum File {
    Own(PathBuf),
    /// Removed when this is dropped. Each has a name of its own: another's copy may be mapped into memory.
    Copy(TempPath),
}

impl LocalBlob {
    /// Where the file is, for as long as this lives. Whoever mapped or opened it keeps its bytes after that.
    pub fn path(&self) -> &Path {
        match &self.0 {
            File::Own(path) => path,
            File::Copy(path) => path,
        }
    }

    pub(super) fn own(folder: &Path, key: &str) -> Result<Self, StoreError> {
        let path = folder.join(key);
        match std::fs::metadata(&path) {
            Ok(_) => Ok(Self(File::Own(path))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(StoreError::Blob(object_store::Error::NotFound {
                    path: key.to_owned(),
                    source: error.into(),
                }))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn copy(
        store: &dyn ObjectStore,
        key: &BlobPath,
        scratch: &Path,
    ) -> Result<Self, StoreError> {
        let bytes = store.head(key).await?.size;
        let (file, path) = NamedTempFile::new_in(scratch)?.into_parts();
        let mut file = tokio::fs::File::from_std(file);
        let starts = (0..bytes).step_by(PIECE_BYTES as usize);
        let mut pieces = stream::iter(starts)
            .map(|start| store.get_range(key, start..bytes.min(start + PIECE_BYTES)))
            .buffered(PIECES_IN_FLIGHT);
        while let Some(piece) = pieces.try_next().await? {
            file.write_all(&piece).await?;
        }
        file.flush().await?;
        Ok(Self(File::Copy(path)))
    }
}
