//! A file or a folder, streamed to the server.

use super::Client;
use anyhow::{Context as _, Result};
use reqwest::{Body, Method};
use serde_json::Value;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{fs::File, io::DuplexStream, task::spawn_blocking};
use tokio_util::io::{ReaderStream, SyncIoBridge};

/// Buffer between the thread that reads a folder and the connection.
const BUFFER: usize = 1 << 20;

/// What is known of an upload before it begins.
pub(crate) struct Upload {
    path: PathBuf,
    /// Bytes to send, but for the headers of a tar.
    pub(crate) bytes: u64,
    /// Bytes read so far.
    pub(crate) sent: Arc<AtomicU64>,
    files: Option<Vec<PathBuf>>,
}

impl Upload {
    /// Looks at a file, or at all files of a folder.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let unreadable = || format!("cannot read `{}`", path.display());
        let path = path.canonicalize().with_context(unreadable)?;
        let meta = fs::metadata(&path).with_context(unreadable)?;
        let sent = Arc::default();
        if !meta.is_dir() {
            return Ok(Self {
                bytes: meta.len(),
                path,
                sent,
                files: None,
            });
        }
        let mut files = Vec::new();
        let bytes = files_below(&path, &mut files).with_context(unreadable)?;
        // In a fixed order, so that the same folder is the same upload, and so the same dataset.
        files.sort();
        Ok(Self {
            path,
            bytes,
            sent,
            files: Some(files),
        })
    }

    /// Sends it and returns the dataset that it is, or is becoming.
    pub(crate) async fn send(self, client: &Client, on_bad_example: &str) -> Result<Value> {
        let name = self
            .path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let query = [
            ("name", name.unwrap_or_default()),
            ("on_bad_example", on_bad_example.to_owned()),
        ];
        let request = client.request(Method::POST, "/v1/datasets").query(&query);
        let body = match self.files {
            None => file(&self.path, self.sent).await?,
            Some(files) => folder(self.path, files, self.sent),
        };
        super::answer(request.body(body).send().await?).await
    }
}

/// Files below a folder, links followed, hidden ones left out; returns their size together.
fn files_below(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        let meta = fs::metadata(&path)?;
        if meta.is_dir() {
            bytes += files_below(&path, files)?;
        } else if meta.is_file() {
            bytes += meta.len();
            files.push(path);
        }
    }
    Ok(bytes)
}

async fn file(path: &Path, sent: Arc<AtomicU64>) -> Result<Body> {
    let file = File::open(path).await?;
    let pieces = ReaderStream::with_capacity(file, BUFFER);
    Ok(Body::wrap_stream(futures::StreamExt::inspect(
        pieces,
        move |piece| {
            if let Ok(piece) = piece {
                sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
            }
        },
    )))
}

fn folder(root: PathBuf, files: Vec<PathBuf>, sent: Arc<AtomicU64>) -> Body {
    let (reading, writing) = tokio::io::duplex(BUFFER);
    let written = spawn_blocking(move || write_tar(&root, &files, writing, &sent));
    let pieces = ReaderStream::with_capacity(reading, BUFFER);
    // A failure to read a file must fail the upload, not cut it short.
    let ending = futures::stream::once(async move {
        written
            .await
            .map_err(io::Error::other)?
            .map(|()| bytes::Bytes::new())
    });
    Body::wrap_stream(futures::StreamExt::chain(pieces, ending))
}

/// A tar whose bytes depend on names and contents alone.
fn write_tar(
    root: &Path,
    files: &[PathBuf],
    writing: DuplexStream,
    sent: &AtomicU64,
) -> io::Result<()> {
    let mut tar = tar::Builder::new(SyncIoBridge::new(writing));
    for path in files {
        let name = path.strip_prefix(root).map_err(io::Error::other)?;
        let mut file = fs::File::open(path)?;
        let mut header = tar::Header::new_gnu();
        header.set_size(file.metadata()?.len());
        header.set_mode(0o644);
        header.set_mtime(0);
        tar.append_data(&mut header, name, &mut file)?;
        sent.fetch_add(header.size()?, Ordering::Relaxed);
    }
    tar.into_inner()?.shutdown()
}
