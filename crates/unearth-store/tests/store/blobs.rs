//! The blob store, over a folder and over a bucket of a real server.

use crate::world::noise;
use bytes::Bytes;
use std::{
    io,
    path::Path,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use unearth_store::{
    Blobs, StoreError,
    blobs::{LocalBlob, Place},
};
use unearth_test_s3::{BUCKET, TestS3};

/// More than is sent in one request, and not a whole number of parts.
const LARGE: usize = (17 << 20) + 1;

/// Runs a test over a folder and over a bucket.
macro_rules! over_both {
    ($($name:ident)*) => {
        mod in_a_folder {
            $(#[tokio::test]
            async fn $name() {
                let folder = tempfile::tempdir().unwrap();
                super::$name(super::Blobs::in_folder(&folder.path().join("blobs")).unwrap()).await;
            })*
        }
        mod in_a_bucket {
            $(#[tokio::test]
            async fn $name() {
                let server = super::TestS3::start().unwrap();
                super::$name(super::bucket(&server, "some/prefix").await.unwrap()).await;
                super::until_nothing_is_unfinished(&server).await;
            })*
        }
    };
}

over_both! {
    bytes_come_back_whole_and_in_ranges
    a_missing_blob_is_told_as_missing
    a_moved_blob_replaces_what_was_there
    a_stream_is_stored_whole_or_not_at_all
    an_upload_appears_when_it_is_finished
}

async fn bucket(server: &TestS3, prefix: &str) -> Result<Blobs, StoreError> {
    Blobs::open(&place(BUCKET, prefix), &server.settings()).await
}

fn place(bucket: &str, prefix: &str) -> Place {
    Place::parse(format!("s3://{bucket}/{prefix}").as_ref()).unwrap()
}

/// What is dropped is removed in the background.
async fn until_nothing_is_unfinished(server: &TestS3) {
    until(|| server.unfinished_uploads().unwrap().is_empty()).await;
}

async fn until_something_is_unfinished(server: &TestS3) {
    until(|| !server.unfinished_uploads().unwrap().is_empty()).await;
}

async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn bytes_come_back_whole_and_in_ranges(blobs: Blobs) {
    for length in [0, 100_000, LARGE] {
        let bytes = noise("blob", length);
        blobs.put("packs/a", bytes.clone().into()).await.unwrap();
        assert!(blobs.get("packs/a").await.unwrap() == bytes);
        assert_eq!(blobs.size("packs/a").await.unwrap(), Some(length as u64));
    }
    let bytes = noise("blob", LARGE);
    let range = |range| blobs.get_range("packs/a", range);
    assert_eq!(range(10..20).await.unwrap(), bytes[10..20]);
    range(LARGE as u64..LARGE as u64 + 1).await.unwrap_err();
    assert_eq!(blobs.list("packs").await.unwrap(), ["packs/a"]);
    assert_eq!(blobs.list("pack").await.unwrap(), [""; 0]);
}

async fn a_missing_blob_is_told_as_missing(blobs: Blobs) {
    let scratch = tempfile::tempdir().unwrap();
    let is_missing = |error: StoreError| error.is_blob_missing();
    assert!(is_missing(blobs.get("packs/a").await.unwrap_err()));
    assert!(is_missing(
        blobs.get_range("packs/a", 0..1).await.unwrap_err()
    ));
    assert!(is_missing(
        blobs.rename("packs/a", "packs/b").await.unwrap_err()
    ));
    let local = blobs.local_file("packs/a", scratch.path()).await;
    assert!(is_missing(local.unwrap_err()));
    assert_eq!(files(scratch.path()), 0);
    assert_eq!(blobs.size("packs/a").await.unwrap(), None);
    assert_eq!(blobs.list("packs").await.unwrap(), [""; 0]);
    blobs.delete("packs/a").await.unwrap();
}

async fn a_moved_blob_replaces_what_was_there(blobs: Blobs) {
    blobs.put("uploads/a", "new".into()).await.unwrap();
    blobs.put("weights/a", "old".into()).await.unwrap();
    blobs.rename("uploads/a", "weights/a").await.unwrap();
    assert_eq!(blobs.list("").await.unwrap(), ["weights/a"]);
    assert_eq!(blobs.get("weights/a").await.unwrap(), "new");
    blobs.delete("weights/a").await.unwrap();
    assert_eq!(blobs.list("").await.unwrap(), [""; 0]);
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

async fn a_stream_is_stored_whole_or_not_at_all(blobs: Blobs) {
    let bytes = noise("stream", LARGE);
    let stored = blobs
        .put_stream("uploads/a", &mut &bytes[..])
        .await
        .unwrap();
    assert_eq!(stored, bytes.len() as u64);
    assert!(blobs.get("uploads/a").await.unwrap() == bytes);

    for length in [1_000, LARGE] {
        let broken = blobs.put_stream("uploads/b", &mut Breaking(length)).await;
        assert!(matches!(broken, Err(StoreError::File(_))), "{broken:?}");
        assert_eq!(blobs.list("uploads").await.unwrap(), ["uploads/a"]);
    }
    let mut empty = tokio::io::empty().take(0);
    assert_eq!(blobs.put_stream("uploads/c", &mut empty).await.unwrap(), 0);
    assert_eq!(blobs.size("uploads/c").await.unwrap(), Some(0));
}

async fn an_upload_appears_when_it_is_finished(blobs: Blobs) {
    let bytes = noise("upload", LARGE);
    let mut upload = blobs.begin("uploads/a");
    for piece in bytes.chunks(3 << 20) {
        upload.write(Bytes::copy_from_slice(piece)).await.unwrap();
    }
    assert_eq!(blobs.size("uploads/a").await.unwrap(), None);
    upload.finish().await.unwrap();
    assert!(blobs.get("uploads/a").await.unwrap() == bytes);

    for length in [4, LARGE] {
        let half = Bytes::from(vec![1; length]);
        let mut aborted = blobs.begin("uploads/b");
        aborted.write(half.clone()).await.unwrap();
        aborted.abort().await.unwrap();
        let mut dropped = blobs.begin("uploads/c");
        dropped.write(half).await.unwrap();
        drop(dropped);
        assert_eq!(blobs.list("uploads").await.unwrap(), ["uploads/a"]);
    }
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[tokio::test]
async fn a_blob_in_a_folder_is_its_own_local_file() {
    let [folder, scratch] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let blobs = Blobs::in_folder(folder.path()).unwrap();
    blobs.put("packs/a", "pack".into()).await.unwrap();
    let local = blobs.local_file("packs/a", scratch.path()).await.unwrap();
    assert_eq!(local.path(), folder.path().join("packs/a"));
    drop(local);
    assert_eq!(blobs.get("packs/a").await.unwrap(), "pack");
    assert_eq!(files(scratch.path()), 0);
}

#[tokio::test]
async fn a_blob_in_a_bucket_is_copied_for_as_long_as_it_is_used() {
    let server = TestS3::start().unwrap();
    let blobs = bucket(&server, "").await.unwrap();
    let scratch = tempfile::tempdir().unwrap();
    for length in [0, LARGE] {
        let bytes = noise("pack", length);
        blobs.put("packs/a", bytes.clone().into()).await.unwrap();
        let copy = || async { blobs.local_file("packs/a", scratch.path()).await.unwrap() };
        let is_whole = |copy: &LocalBlob| std::fs::read(copy.path()).unwrap() == bytes;
        let one = copy().await;
        // Another copy beside it is no business of the first one's.
        let other = copy().await;
        assert!(is_whole(&one) && is_whole(&other));
        drop(other);
        assert!(is_whole(&one));
        drop(one);
        assert_eq!(files(scratch.path()), 0);
    }
}

#[tokio::test]
async fn prefixes_keep_stores_in_one_bucket_apart() {
    let server = TestS3::start().unwrap();
    let one = bucket(&server, "one").await.unwrap();
    let other = bucket(&server, "other").await.unwrap();
    let all = bucket(&server, "").await.unwrap();
    one.put("uploads/a", "mine".into()).await.unwrap();
    assert_eq!(other.size("uploads/a").await.unwrap(), None);
    assert_eq!(all.list("").await.unwrap(), ["one/uploads/a"]);
}

#[tokio::test]
async fn an_upload_that_is_dropped_takes_its_parts_back() {
    let server = TestS3::start().unwrap();
    let blobs = bucket(&server, "").await.unwrap();
    let mut upload = blobs.begin("uploads/a");
    upload.write(noise("upload", LARGE).into()).await.unwrap();
    until_something_is_unfinished(&server).await;
    drop(upload);
    until_nothing_is_unfinished(&server).await;
    assert_eq!(blobs.list("").await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_server_that_dies_in_the_middle_leaves_nothing_half_written() {
    let mut server = TestS3::start().unwrap();
    let blobs = bucket(&server, "").await.unwrap();
    blobs.put("uploads/a", "before".into()).await.unwrap();

    let large = Bytes::from(noise("upload", LARGE));
    let mut upload = blobs.begin("uploads/a");
    upload.write(large.clone()).await.unwrap();
    until_something_is_unfinished(&server).await;
    server.kill().unwrap();
    let ended = async {
        upload.write(large).await?;
        upload.finish().await
    };
    assert!(matches!(ended.await, Err(StoreError::Blob(_))));
    blobs.put("uploads/b", "small".into()).await.unwrap_err();

    server.start_again().unwrap();
    assert_eq!(blobs.list("").await.unwrap(), ["uploads/a"]);
    assert_eq!(blobs.get("uploads/a").await.unwrap(), "before");
}

#[tokio::test]
async fn an_upload_that_failed_stays_failed() {
    let mut server = TestS3::start().unwrap();
    let blobs = bucket(&server, "").await.unwrap();
    let large = Bytes::from(noise("upload", LARGE));
    server.kill().unwrap();
    let mut upload = blobs.begin("uploads/a");
    while upload.write(large.clone()).await.is_ok() {}
    upload.write(large).await.unwrap_err();
    upload.finish().await.unwrap_err();
}

/// What opening a bucket says went wrong.
async fn refusal(bucket: &str, settings: &[(String, String)]) -> String {
    let error = Blobs::open(&place(bucket, ""), settings).await.unwrap_err();
    assert!(matches!(error, StoreError::Bucket { .. }), "{error:?}");
    error.to_string()
}

/// Settings with another value of one of them.
fn but(server: &TestS3, name: &str, value: &str) -> Vec<(String, String)> {
    let mut settings = server.settings();
    for setting in &mut settings {
        if setting.0 == name {
            value.clone_into(&mut setting.1);
        }
    }
    settings
}

#[tokio::test]
async fn a_bucket_that_cannot_be_used_is_refused_with_what_to_do() {
    let mut server = TestS3::start().unwrap();
    let said = refusal("no-such-bucket", &server.settings()).await;
    assert!(said.contains("`no-such-bucket`"), "{said}");
    assert!(said.contains("make it"), "{said}");

    let secret = but(&server, "AWS_SECRET_ACCESS_KEY", "wrong");
    let said = refusal(BUCKET, &secret).await;
    assert!(said.contains("`unearth-tests`"), "{said}");
    assert!(said.contains("AWS_SECRET_ACCESS_KEY"), "{said}");

    let tls_only = but(&server, "AWS_ALLOW_HTTP", "false");
    let said = refusal(BUCKET, &tls_only).await;
    assert!(said.contains("AWS_ALLOW_HTTP=true"), "{said}");

    server.kill().unwrap();
    let said = refusal(BUCKET, &server.settings()).await;
    assert!(said.contains("AWS_ENDPOINT_URL"), "{said}");
}

#[tokio::test]
async fn trying_a_bucket_out_leaves_nothing_in_it() {
    let server = TestS3::start().unwrap();
    let blobs = bucket(&server, "").await.unwrap();
    assert_eq!(blobs.list("").await.unwrap(), [""; 0]);
}
