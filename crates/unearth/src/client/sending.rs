//! Files on their way to the server.

use super::{
    pace::Pace,
    progress::{PhaseBar, Unit},
};
use anyhow::{Context as _, Result};
use futures::TryStreamExt as _;
use reqwest::Body;
use std::{
    path::Path,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::fs::File;
use tokio_util::io::ReaderStream;

/// Bytes that are read at a time.
pub(super) const BUFFER: usize = 1 << 20;

/// Bytes sent so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Sent(Arc<AtomicU64>);

impl Sent {
    pub(super) fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The body of a request that sends a file.
pub(super) async fn file(path: &Path, sent: &Sent) -> Result<Body> {
    let file = File::open(path)
        .await
        .with_context(|| format!("cannot read `{}`", path.display()))?;
    let sent = sent.clone();
    let pieces = ReaderStream::with_capacity(file, BUFFER)
        .inspect_ok(move |piece| sent.add(piece.len() as u64));
    Ok(Body::wrap_stream(pieces))
}

/// Shows how far a request is that sends `total` bytes.
pub(super) async fn shown<T>(
    title: &str,
    total: u64,
    sent: &Sent,
    sending: impl Future<Output = Result<T>>,
) -> Result<T> {
    let mut bar = PhaseBar::begin(title, Unit::Bytes);
    let mut pace = Pace::default();
    let mut sending = pin!(sending);
    let answer = loop {
        tokio::select! {
            answer = &mut sending => break answer?,
            () = tokio::time::sleep(Duration::from_millis(100)) => {
                let measured = pace.at(sent.bytes(), total, Instant::now());
                bar.set(sent.bytes(), total, Unit::Bytes.pace(measured));
            }
        }
    };
    bar.end(&format!("{:.1} MB", total as f64 / 1e6));
    Ok(answer)
}
