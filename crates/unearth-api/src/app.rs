use crate::{DiskSpace, EventHub, Exports, FailedAttempts};
use metrics_exporter_prometheus::PrometheusHandle;
use std::{path::Path, time::Duration};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use unearth_store::{Blobs, Database};
use uuid::Uuid;

/// Everything the handlers need. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub db: Database,
    /// The blob store.
    pub blobs: Blobs,
    /// Sizes and times.
    pub limits: ApiLimits,
    /// How rankings become files.
    pub exports: Exports,
    /// Where people reach the page, such as `https://unearth.example`.
    pub public_url: String,
    /// Whether requests come through a proxy, which says whom they come from.
    pub is_behind_proxy: bool,
    /// Wrong tokens of late.
    pub failed_attempts: FailedAttempts,
    /// What `/metrics` prints.
    pub metrics: PrometheusHandle,
    /// Tells which audits have something new.
    pub events: EventHub,
    /// Room on the file system that holds a folder; see [`disk_space`](crate::disk_space).
    pub disk_space: fn(&Path) -> Option<DiskSpace>,
    /// The clock.
    pub now: fn() -> OffsetDateTime,
    /// Where new identities come from; they must sort by time (`UUIDv7`).
    pub new_id: fn() -> Uuid,
    /// Where secrets come from: 256 random bits as text.
    pub new_secret: fn() -> String,
    /// Cancelled when the server shuts down: ends the event streams, which never end by themselves.
    pub stopping: CancellationToken,
}

/// Sizes and times that requests must keep to.
#[derive(Debug, Clone)]
pub struct ApiLimits {
    /// Largest upload of a dataset, bytes.
    pub dataset_bytes: u64,
    /// Largest upload of weights, bytes.
    pub weights_bytes: u64,
    /// Largest batch of records or gradients of an external run, bytes.
    pub batch_bytes: u64,
    /// Longest silence within an upload.
    pub upload_silence: Duration,
    /// Longest time until the answer to anything but an upload begins.
    pub answer: Duration,
    /// Most uploads at once.
    pub uploads: usize,
    /// Most other requests that are answered at once; streams that have begun do not count.
    pub requests: usize,
}

impl Default for ApiLimits {
    fn default() -> Self {
        const GIB: u64 = 1 << 30;
        Self {
            dataset_bytes: 64 * GIB,
            weights_bytes: 2 * GIB,
            batch_bytes: GIB / 8,
            upload_silence: Duration::from_mins(1),
            answer: Duration::from_mins(1),
            uploads: 16,
            requests: 256,
        }
    }
}
