//! Lease, load, train, store, score.
//!
//! A worker has two lanes. The training lane holds one run at a time: a thread of its own owns
//! model and device, and what it reports goes through a bounded channel into Postgres. The light
//! lane validates uploads and re-scores finished audits meanwhile. Both only ever write under a
//! lease; a worker that lost it stops at its next batch. While neither has anything to do, the
//! device is measured.

mod archaeology;
mod data;
mod ending;
mod error;
mod external;
mod finish;
mod heartbeat;
mod lanes;
mod paces;
mod pie;
mod progress;
mod quality;
mod receive;
mod rescore;
mod run;
mod score;
mod sink;
mod stability;
mod stopping;
mod train;
mod validate;
mod wait;

pub use error::WorkerError;
pub use paces::Measure;
pub use unearth_dataset::Limits;

use std::{path::PathBuf, sync::Arc};
use time::{Duration, OffsetDateTime};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use unearth_audit::{DeviceInfo, Trainer};
use unearth_store::{Blobs, Database};
use uuid::Uuid;

/// Everything a worker needs; one per process.
#[derive(Clone)]
pub struct Worker {
    /// Identity of the process.
    pub id: Uuid,
    /// `host:pid`, for people.
    pub name: String,
    /// The database.
    pub db: Database,
    /// The blob store.
    pub blobs: Blobs,
    /// What trains.
    pub trainer: Arc<dyn Trainer>,
    /// What measures how fast models are, where estimates shall go by that.
    pub measure: Option<Arc<dyn Measure>>,
    /// What CUDA looks like here.
    pub devices: DeviceInfo,
    /// Folder for temporary files; emptied at the start.
    pub scratch: PathBuf,
    /// Bounds on what an upload may unpack to.
    pub limits: Limits,
    /// How long a lease lasts without a sign of life.
    pub lease: Duration,
    /// Longest time between two resume points.
    pub resume_interval: Duration,
    /// The clock.
    pub now: fn() -> OffsetDateTime,
}

impl Worker {
    /// Works until `leaving` is cancelled, then hands everything back and signs off.
    ///
    /// # Errors
    /// When the scratch folder cannot be made, or the worker panicked. Everything else is retried.
    pub async fn work(self, leaving: CancellationToken) -> Result<(), WorkerError> {
        empty(&self.scratch)?;
        let worker = Arc::new(self);
        let paces = Arc::new(paces::Paces::new());
        let measuring = async {
            if let Some(measure) = &worker.measure {
                paces.measure(&**measure, &leaving).await;
            }
        };
        // A task of its own: the lanes may compute for longer than a beat.
        let alive = {
            let (worker, paces) = (Arc::clone(&worker), Arc::clone(&paces));
            let leaving = leaving.clone();
            async move { lanes::signs_of_life(&worker, &paces, &leaving).await }
        };
        let alive = AbortOnDropHandle::new(tokio::spawn(alive));
        tokio::join!(
            // A large future.
            Box::pin(lanes::training(&worker, &paces, &leaving)),
            lanes::light(&worker, &paces, &leaving),
            measuring,
        );
        // Nothing says that it is alive once it has signed off.
        alive.await.map_err(|_| WorkerError::Panicked)?;
        if let Err(error) =
            unearth_store::workers::retire(&worker.db, worker.id, (worker.now)()).await
        {
            tracing::warn!(error = %error::chain(&error), "could not sign off");
        }
        Ok(())
    }
}

/// Makes a folder that holds nothing: what is in it was left by a process that died.
fn empty(folder: &std::path::Path) -> Result<(), WorkerError> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(WorkerError::Scratch)?;
    }
    std::fs::create_dir_all(folder).map_err(WorkerError::Scratch)
}
