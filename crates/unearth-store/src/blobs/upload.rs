//! A blob that appears whole or not at all.

use crate::StoreError;
use bytes::Bytes;
use object_store::{
    ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart, path::Path as BlobPath,
};
use std::{io, sync::Arc};
use tokio::{sync::mpsc, task::JoinHandle};

/// Bytes sent in one request. Buckets take at most 10,000 parts, so this bounds a blob to 78 GiB.
const PART_BYTES: usize = 8 << 20;
/// Parts on their way at the same time: with the one that is being filled, this bounds memory.
const PARTS_IN_FLIGHT: usize = 3;

/// A blob being written. Dropped without [`finish`](Upload::finish), it never appears, and what was sent of it is
/// removed.
///
/// The writing is a task of its own. Whoever feeds it may be dropped at any time, as a request is whose client goes
/// away, and then somebody must be left to take the parts back: a bucket keeps and bills them for ever.
#[derive(Debug)]
pub struct Upload {
    steps: mpsc::Sender<Step>,
    // None once it was seen to fail.
    task: Option<JoinHandle<Result<(), StoreError>>>,
}

enum Step {
    Piece(Bytes),
    Finish,
}

impl Upload {
    pub(super) fn begin(store: Arc<dyn ObjectStore>, key: BlobPath) -> Self {
        let (steps, taken) = mpsc::channel(1);
        Self {
            steps,
            task: Some(tokio::spawn(write(store, key, taken))),
        }
    }

    /// Adds a piece, waiting while too much is on its way.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn write(&mut self, mut piece: Bytes) -> Result<(), StoreError> {
        while !piece.is_empty() {
            let part = piece.split_to(piece.len().min(PART_BYTES));
            self.step(Step::Piece(part)).await?;
        }
        Ok(())
    }

    /// Makes the blob appear.
    ///
    /// # Errors
    /// When the store fails; nothing stays behind then.
    pub async fn finish(mut self) -> Result<(), StoreError> {
        self.step(Step::Finish).await?;
        self.end().await
    }

    /// Removes what was written so far.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn abort(mut self) -> Result<(), StoreError> {
        let task = self.task.take();
        drop(self);
        match task {
            Some(task) => ended(task).await,
            None => Ok(()),
        }
    }

    async fn step(&mut self, step: Step) -> Result<(), StoreError> {
        match self.steps.send(step).await {
            Ok(()) => Ok(()),
            // The task listens for as long as nothing fails.
            Err(_) => self.end().await,
        }
    }

    async fn end(&mut self) -> Result<(), StoreError> {
        match self.task.take() {
            Some(task) => ended(task).await,
            None => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the upload failed").into()),
        }
    }
}

async fn ended(task: JoinHandle<Result<(), StoreError>>) -> Result<(), StoreError> {
    task.await.map_err(object_store::Error::from)?
}

/// Takes steps until the last one; when they end without it, nothing stays behind.
async fn write(
    store: Arc<dyn ObjectStore>,
    key: BlobPath,
    mut steps: mpsc::Receiver<Step>,
) -> Result<(), StoreError> {
    let mut first = Vec::new();
    let mut bytes = 0;
    while bytes <= PART_BYTES {
        match steps.recv().await {
            Some(Step::Piece(piece)) => {
                bytes += piece.len();
                first.push(piece);
            }
            // One request is enough, instead of three.
            Some(Step::Finish) => {
                store.put(&key, PutPayload::from_iter(first)).await?;
                return Ok(());
            }
            None => return Ok(()),
        }
    }
    let upload = store.put_multipart(&key).await?;
    let mut parts = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
    for piece in first {
        parts.put(piece);
    }
    loop {
        if let Err(error) = parts.wait_for_capacity(PARTS_IN_FLIGHT).await {
            parts.abort().await?;
            return Err(error.into());
        }
        match steps.recv().await {
            Some(Step::Piece(piece)) => parts.put(piece),
            // It takes the parts back itself when it fails.
            Some(Step::Finish) => {
                parts.finish().await?;
                return Ok(());
            }
            None => return Ok(parts.abort().await?),
        }
    }
}
