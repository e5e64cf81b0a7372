//! Uploads, packs, original images and resume points: bytes under a key.

use crate::StoreError;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart, buffered::BufWriter,
    local::LocalFileSystem, path::Path as BlobPath,
};
use std::{ops::Range, path::Path, sync::Arc};
use tokio::io::{AsyncRead, AsyncWriteExt};

/// The blob store: a local folder by default.
#[derive(Debug, Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    root: std::path::PathBuf,
}

impl Blobs {
    /// Keeps blobs in a folder, which is made if it is not there.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn in_folder(root: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(root)?;
        let store = LocalFileSystem::new_with_prefix(root)?.with_automatic_cleanup(true);
        Ok(Self {
            store: Arc::new(store),
            root: root.to_owned(),
        })
    }

    /// The folder that the blobs are in.
    pub fn folder(&self) -> &Path {
        &self.root
    }

    /// Stores `bytes` under `key`: whole or not at all.
    ///
    /// # Errors
    /// When the store fails, for instance because it is full.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<(), StoreError> {
        self.store
            .put(&BlobPath::from(key), PutPayload::from(bytes))
            .await?;
        Ok(())
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
        let mut writer = BufWriter::new(Arc::clone(&self.store), BlobPath::from(key));
        match tokio::io::copy(reader, &mut writer).await {
            Ok(bytes) => {
                writer.shutdown().await?;
                Ok(bytes)
            }
            Err(error) => {
                writer.abort().await?;
                Err(error.into())
            }
        }
    }

    /// Begins an upload under `key`, fed piece by piece.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn begin(&self, key: &str) -> Result<Upload, StoreError> {
        let upload = self.store.put_multipart(&BlobPath::from(key)).await?;
        Ok(Upload {
            writer: WriteMultipart::new(upload),
        })
    }

    /// Moves a blob to another key.
    ///
    /// # Errors
    /// When the store fails.
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

    /// The bytes of a blob in pieces.
    ///
    /// # Errors
    /// When it is not there or the store fails.
    pub async fn get_stream(
        &self,
        key: &str,
    ) -> Result<BoxStream<'static, Result<Bytes, StoreError>>, StoreError> {
        let found = self.store.get(&BlobPath::from(key)).await?;
        Ok(found.into_stream().map_err(StoreError::from).boxed())
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

    /// A local file with the bytes of `key`: the blob's own where the store is a folder,
    /// otherwise a copy in `scratch`.
    ///
    /// # Errors
    /// When it is not there or copying fails.
    pub async fn local_file(
        &self,
        key: &str,
        scratch: &Path,
    ) -> Result<std::path::PathBuf, StoreError> {
        let own = self.root.join(key);
        if own.is_file() {
            return Ok(own);
        }
        let copy = scratch.join(blake3::hash(key.as_bytes()).to_hex().as_str());
        let mut file = tokio::fs::File::create(&copy).await?;
        let mut pieces = self.get_stream(key).await?;
        while let Some(piece) = pieces.try_next().await? {
            file.write_all(&piece).await?;
        }
        file.sync_all().await?;
        Ok(copy)
    }
}

/// A blob being written. Dropped without [`finish`](Upload::finish), it never appears.
#[derive(Debug)]
pub struct Upload {
    writer: WriteMultipart,
}

impl Upload {
    /// Adds a piece, waiting while too much is on its way.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn write(&mut self, piece: Bytes) -> Result<(), StoreError> {
        const PARTS_IN_FLIGHT: usize = 4;
        self.writer.wait_for_capacity(PARTS_IN_FLIGHT).await?;
        self.writer.put(piece);
        Ok(())
    }

    /// Makes the blob appear.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn finish(self) -> Result<(), StoreError> {
        self.writer.finish().await?;
        Ok(())
    }

    /// Removes what was written so far.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn abort(self) -> Result<(), StoreError> {
        Ok(self.writer.abort().await?)
    }
}
