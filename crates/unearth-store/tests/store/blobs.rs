use crate::world::noise;
use bytes::Bytes;
use futures::TryStreamExt;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use unearth_store::Blobs;

fn folder() -> (tempfile::TempDir, Blobs) {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::in_folder(&folder.path().join("blobs")).unwrap();
    (folder, blobs)
}

#[tokio::test]
async fn bytes_come_back_whole_in_pieces_and_in_ranges() {
    let (_folder, blobs) = folder();
    let bytes = noise("blob", 100_000);
    blobs.put("packs/a", bytes.clone().into()).await.unwrap();
    assert_eq!(blobs.get("packs/a").await.unwrap(), bytes);
    let pieces: Vec<Bytes> = blobs
        .get_stream("packs/a")
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(pieces.concat(), bytes);
    assert_eq!(
        blobs.get_range("packs/a", 10..20).await.unwrap(),
        bytes[10..20]
    );
    assert_eq!(blobs.size("packs/a").await.unwrap(), Some(100_000));
    assert_eq!(blobs.list("packs").await.unwrap(), ["packs/a"]);
    let local = blobs.local_file("packs/a", blobs.folder()).await.unwrap();
    assert_eq!(std::fs::read(local).unwrap(), bytes);

    blobs.rename("packs/a", "packs/b").await.unwrap();
    assert_eq!(blobs.list("packs").await.unwrap(), ["packs/b"]);
    blobs.delete("packs/b").await.unwrap();
    blobs.delete("packs/b").await.unwrap();
    assert_eq!(blobs.size("packs/b").await.unwrap(), None);
    blobs.get("packs/b").await.unwrap_err();
}

/// Yields some bytes, then fails, as a connection that breaks does.
struct Breaking(usize);

impl AsyncRead for Breaking {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.0 == 0 {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let length = self.0.min(buffer.remaining());
        buffer.put_slice(&vec![1; length]);
        self.0 -= length;
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_stream_is_stored_whole_or_not_at_all() {
    let (_folder, blobs) = folder();
    let bytes = noise("stream", 25 << 20);
    let stored = blobs
        .put_stream("uploads/a", &mut &bytes[..])
        .await
        .unwrap();
    assert_eq!(stored, bytes.len() as u64);
    assert!(blobs.get("uploads/a").await.unwrap() == bytes);

    for length in [1_000, 25 << 20] {
        let broken = blobs.put_stream("uploads/b", &mut Breaking(length)).await;
        assert!(broken.is_err());
        assert_eq!(blobs.list("uploads").await.unwrap(), ["uploads/a"]);
    }
    let mut empty = tokio::io::empty().take(0);
    assert_eq!(blobs.put_stream("uploads/c", &mut empty).await.unwrap(), 0);
    assert_eq!(blobs.size("uploads/c").await.unwrap(), Some(0));
}

#[tokio::test]
async fn an_upload_appears_when_it_is_finished() {
    let (_folder, blobs) = folder();
    let bytes = noise("upload", 20 << 20);
    let mut upload = blobs.begin("uploads/a").await.unwrap();
    for piece in bytes.chunks(3 << 20) {
        upload.write(Bytes::copy_from_slice(piece)).await.unwrap();
    }
    assert_eq!(blobs.size("uploads/a").await.unwrap(), None);
    upload.finish().await.unwrap();
    assert!(blobs.get("uploads/a").await.unwrap() == bytes);

    let mut aborted = blobs.begin("uploads/b").await.unwrap();
    aborted.write(Bytes::from_static(b"half")).await.unwrap();
    aborted.abort().await.unwrap();
    let mut dropped = blobs.begin("uploads/c").await.unwrap();
    dropped.write(Bytes::from_static(b"half")).await.unwrap();
    drop(dropped);
    assert_eq!(blobs.list("uploads").await.unwrap(), ["uploads/a"]);
}
