//! Uploads, packs, original images and resume points: bytes under a key.

mod bucket;
mod local;
mod old;
mod place;
mod upload;

pub use local::LocalBlob;
pub use place::{NoPlace, Place};
pub use upload::Upload;

use crate::StoreError;
use bytes::Bytes;
use futures::{Stream, TryStreamExt};
use object_store::{ObjectStore, ObjectStoreExt, local::LocalFileSystem, path::Path as BlobPath};
use std::{ops::Range, path::Path, sync::Arc};
use tokio::io::{AsyncRead, AsyncReadExt};

/// The blob store: a local folder, or a bucket.
#[derive(Debug, Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    folder: Option<Arc<Path>>,
}

impl Blobs {
    /// Opens the blobs that are kept in `place`.
    ///
    /// A bucket is reached by the `AWS_*` variables among `settings`, and tried out: something is written to it,
    /// read and removed. What is wrong with it must show now, not in the middle of a training.
    ///
    /// # Errors
    /// When the folder cannot be made; [`StoreError::Bucket`] when the bucket cannot be used.
    pub async fn open(place: &Place, settings: &[(String, String)]) -> Result<Self, StoreError> {
        match place {
            Place::Folder(folder) => Self::in_folder(folder),
            Place::Bucket { bucket, prefix } => Ok(Self {
                store: bucket::open(bucket, prefix, settings).await?,
                folder: None,
            }),
        }
    }

    /// Keeps blobs in a folder, which is made if it is not there.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn in_folder(root: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(root)?;
        let store = LocalFileSystem::new_with_prefix(root)?.with_automatic_cleanup(true);
        Ok(Self {
            store: Arc::new(store),
            folder: Some(root.into()),
        })
    }

    /// The folder that the blobs are in; none where they are in a bucket, whose room nobody can tell.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Stores `bytes` under `key`: whole or not at all.
    ///
    /// # Errors
    /// When the store fails, for instance because it is full.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<(), StoreError> {
        let mut upload = self.begin(key);
        upload.write(bytes).await?;
        upload.finish().await
    }

    /// Stores what `reader` yields under `key`, in constant memory: whole or not at all.
    /// Returns the number of bytes.
    ///
    /// # Errors
    /// When reading or the store fails; nothing stays behind then.
    pub async fn put_stream(
        &self,
        key: &str,
        reader: &mut (dyn AsyncRead + Unpin + Send),
    ) -> Result<u64, StoreError> {
        let mut upload = self.begin(key);
        match pour(reader, &mut upload).await {
            Ok(bytes) => {
                upload.finish().await?;
                Ok(bytes)
            }
            Err(error) => {
                upload.abort().await?;
                Err(error)
            }
        }
    }

    /// Begins an upload under `key`, fed piece by piece.
    pub fn begin(&self, key: &str) -> Upload {
        Upload::begin(Arc::clone(&self.store), BlobPath::from(key))
    }

    /// Moves a blob to another key, over what is there.
    ///
    /// A bucket copies, then deletes. Should that be cut short, the blob is there under both keys: nothing is ever
    /// lost or half there, and whoever does it again ends the same.
    ///
    /// # Errors
    /// When the store fails, or has no blob under `from`. A bucket moves at most 5 GB.
    pub async fn rename(&self, from: &str, to: &str) -> Result<(), StoreError> {
        Ok(self
            .store
            .rename(&BlobPath::from(from), &BlobPath::from(to))
            .await?)
    }

    /// All bytes of a blob.
    ///
    /// # Errors
    /// When it is not there or the store fails.
    pub async fn get(&self, key: &str) -> Result<Bytes, StoreError> {
        Ok(self.store.get(&BlobPath::from(key)).await?.bytes().await?)
    }

    /// The bytes of a blob, piece by piece.
    ///
    /// # Errors
    /// When it is not there or the store fails.
    pub(crate) async fn stream(
        &self,
        key: &str,
    ) -> Result<impl Stream<Item = Result<Bytes, StoreError>>, StoreError> {
        let found = self.store.get(&BlobPath::from(key)).await?;
        Ok(found.into_stream().map_err(StoreError::from))
    }

    /// A range of a blob.
    ///
    /// # Errors
    /// When it is not there, shorter, or the store fails.
    pub async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StoreError> {
        Ok(self.store.get_range(&BlobPath::from(key), range).await?)
    }

    /// Size of a blob in bytes; none when it is not there.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn size(&self, key: &str) -> Result<Option<u64>, StoreError> {
        match self.store.head(&BlobPath::from(key)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a blob; one that is not there is fine.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete(&self, key: &str) -> Result<(), StoreError> {
        match self.store.delete(&BlobPath::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Keys that begin with the folder `prefix`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let prefix = BlobPath::from(prefix);
        let keys = self
            .store
            .list(Some(&prefix))
            .map_ok(|meta| meta.location.to_string());
        Ok(keys.try_collect().await?)
    }

    /// A local file with the bytes of `key`: the blob's own where the store is a folder, otherwise a copy in
    /// `scratch`, made in constant memory.
    ///
    /// # Errors
    /// When it is not there or copying fails; nothing stays behind then.
    pub async fn local_file(&self, key: &str, scratch: &Path) -> Result<LocalBlob, StoreError> {
        match &self.folder {
            Some(folder) => LocalBlob::own(folder, key),
            None => LocalBlob::copy(&*self.store, &BlobPath::from(key), scratch).await,
        }
    }
}

/// Writes all that `reader` yields. Returns the number of bytes.
async fn pour(
    reader: &mut (dyn AsyncRead + Unpin + Send),
    upload: &mut Upload,
) -> Result<u64, StoreError> {
    const PIECE_BYTES: u64 = 1 << 20;
    let mut bytes = 0;
    loop {
        let mut piece = Vec::new();
        (&mut *reader)
            .take(PIECE_BYTES)
            .read_to_end(&mut piece)
            .await?;
        if piece.is_empty() {
            return Ok(bytes);
        }
        bytes += piece.len() as u64;
        upload.write(piece.into()).await?;
    }
}
