//! Uploads: a request body into the blob store, in constant memory.

use crate::{
    App,
    problem::{self, Problem},
};
use axum::{
    body::{Body, BodyDataStream, Bytes},
    http::{HeaderMap, header},
};
use futures::TryStreamExt as _;
use unearth_store::blobs;

/// A body that is there to its last byte but does not appear as a blob before
/// [`finish`](blobs::Upload::finish). Dropped, it is gone.
pub(crate) struct Received {
    pub(crate) upload: blobs::Upload,
    pub(crate) bytes: u64,
    pub(crate) hash: blake3::Hash,
}

/// Streams a body into a blob under `key`. If that fails, nothing stays behind.
pub(crate) async fn receive(
    app: &App,
    key: &str,
    headers: &HeaderMap,
    body: Body,
    bytes_max: u64,
) -> Result<Received, Problem> {
    let announced = announced_bytes(headers);
    if announced.is_some_and(|bytes| bytes > bytes_max) {
        return Err(too_large(bytes_max));
    }
    let mut upload = app.blobs.begin(key);
    match pour(app, &mut upload, announced, body, bytes_max).await {
        Ok((bytes, hash)) => Ok(Received {
            upload,
            bytes,
            hash,
        }),
        Err(problem) => {
            upload.abort().await?;
            Err(problem)
        }
    }
}

/// Takes a small body into memory.
pub(crate) async fn in_memory(
    app: &App,
    headers: &HeaderMap,
    body: Body,
    bytes_max: u64,
) -> Result<Vec<u8>, Problem> {
    let announced = announced_bytes(headers);
    if announced.is_some_and(|bytes| bytes > bytes_max) {
        return Err(too_large(bytes_max));
    }
    let mut pieces = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(piece) = next(app, &mut pieces, bytes.len() as u64, announced).await? {
        if (bytes.len() + piece.len()) as u64 > bytes_max {
            return Err(too_large(bytes_max));
        }
        bytes.extend_from_slice(&piece);
    }
    if announced.is_some_and(|announced| (bytes.len() as u64) < announced) {
        return Err(cut_off(bytes.len() as u64, announced));
    }
    Ok(bytes)
}

/// The next piece of a body of which `bytes` came already; none at its end.
async fn next(
    app: &App,
    pieces: &mut BodyDataStream,
    bytes: u64,
    announced: Option<u64>,
) -> Result<Option<Bytes>, Problem> {
    tokio::time::timeout(app.limits.upload_silence, pieces.try_next())
        .await
        .map_err(|_| cut_off(bytes, announced))?
        .map_err(|_| cut_off(bytes, announced))
}

async fn pour(
    app: &App,
    upload: &mut blobs::Upload,
    announced: Option<u64>,
    body: Body,
    bytes_max: u64,
) -> Result<(u64, blake3::Hash), Problem> {
    let mut pieces = body.into_data_stream();
    let mut hasher = blake3::Hasher::new();
    let mut bytes = 0;
    while let Some(piece) = next(app, &mut pieces, bytes, announced).await? {
        bytes += piece.len() as u64;
        if bytes > bytes_max {
            return Err(too_large(bytes_max));
        }
        hasher.update(&piece);
        upload.write(piece).await?;
    }
    if announced.is_some_and(|announced| bytes < announced) {
        return Err(cut_off(bytes, announced));
    }
    if bytes == 0 {
        return Err(
            Problem::new(&problem::UPLOAD_EMPTY, "the body holds no bytes")
                .hint("send the file as the body, for example with `curl --data-binary @FILE`"),
        );
    }
    Ok((bytes, hasher.finalize()))
}

fn announced_bytes(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

fn too_large(bytes_max: u64) -> Problem {
    let detail = format!("an upload may hold at most {bytes_max} bytes");
    Problem::new(&problem::UPLOAD_TOO_LARGE, detail)
        .hint("upload less, or ask whoever runs this server to raise the limit")
}

fn cut_off(bytes: u64, announced: Option<u64>) -> Problem {
    let detail = match announced {
        Some(announced) => format!("{bytes} of {announced} bytes arrived"),
        None => format!("the connection failed after {bytes} bytes"),
    };
    Problem::new(&problem::UPLOAD_CUT_OFF, detail).hint("upload it again; nothing was kept")
}
