//! `unearth work`: a worker.

use crate::{
    cli::WorkArgs,
    discarding::Discarding,
    exit::Failure,
    home::{self, Home},
    measuring::PaceProcesses,
    signals,
};
use anyhow::Result;
use std::{os::unix::process::parent_id, path::PathBuf, sync::Arc};
use time::{Duration, OffsetDateTime};
use tokio_util::sync::CancellationToken;
use unearth_audit::Trainer;
use unearth_training::{LibtorchTrainer, device_info};
use unearth_worker::{Limits, Measure, Worker};
use uuid::Uuid;

/// How long a lease outlives its worker's last sign of life.
const LEASE: Duration = Duration::seconds(30);

/// How long connections may take to say goodbye.
const CLOSING: std::time::Duration = std::time::Duration::from_secs(1);

#[tokio::main]
pub(crate) async fn run(args: &WorkArgs) -> Result<(), Failure> {
    let leaving = signals::stopping()?;
    if args.worker_id.is_some() {
        leave_with_parent(leaving.clone());
    }
    let home = Home::open(&args.store)?;
    let blobs = home.blobs().await?;
    let db = home::connect(&home.database_url(&args.store)?).await?;
    let id = args.worker_id.unwrap_or_else(Uuid::now_v7);
    let worker = Worker {
        id,
        name: name(),
        db: db.clone(),
        blobs,
        trainer: trainer(args, home.scratch(id))?,
        measure: measure(args),
        devices: device_info(),
        scratch: home.scratch(id),
        limits: limits(args),
        lease: LEASE,
        resume_interval: Duration::seconds_f64(args.resume_interval),
        now: OffsetDateTime::now_utc,
    };
    tracing::info!(
        name = worker.name,
        device = worker.trainer.environment().device,
        "worker begins"
    );
    let scratch = worker.scratch.clone();
    Box::pin(worker.work(leaving)).await?;
    // Everything is handed back by now. A connection that was left in the middle of a long answer reads all of it first.
    tokio::time::timeout(CLOSING, db.close()).await.ok();
    std::fs::remove_dir_all(scratch).ok();
    Ok(())
}

fn limits(args: &WorkArgs) -> Limits {
    let default = Limits::default();
    Limits {
        unpacked_bytes: args.max_unpacked_bytes.unwrap_or(default.unpacked_bytes),
        members: args.max_members.unwrap_or(default.members),
        image_pixels: args.max_image_pixels.unwrap_or(default.image_pixels),
        ..default
    }
}

fn trainer(args: &WorkArgs, scratch: PathBuf) -> Result<Arc<dyn Trainer>> {
    let trainer = LibtorchTrainer::new(args.device.device, args.device.threads())?
        .scratch(scratch)
        .resident_bytes(args.device.resident_bytes);
    Ok(if args.discarded_sweeps.is_empty() {
        Arc::new(trainer)
    } else {
        Arc::new(Discarding {
            trainer,
            checkpoints: args.discarded_sweeps.clone(),
        })
    })
}

/// Not beside a benchmark that throws away what it computes.
fn measure(args: &WorkArgs) -> Option<Arc<dyn Measure>> {
    let device = args.device.clone();
    let measure: Arc<dyn Measure> = Arc::new(PaceProcesses { device });
    args.discarded_sweeps.is_empty().then_some(measure)
}

/// `host:pid`.
fn name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}:{}", host.trim(), std::process::id())
}

/// Leaves when the supervisor is gone, however it died: its pipe or signals may never come.
fn leave_with_parent(leaving: CancellationToken) {
    let parent = parent_id();
    tokio::spawn(async move {
        while parent_id() == parent {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        tracing::warn!("the supervisor is gone; leaving");
        leaving.cancel();
    });
}
