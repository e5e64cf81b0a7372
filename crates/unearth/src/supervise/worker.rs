//! The worker as a child process: an abort inside libtorch must not take the API down.

use crate::{cli::DeviceArgs, home::Home};
use anyhow::{Context as _, Result};
use std::{ffi::OsString, process::Stdio, time::Duration};
use time::OffsetDateTime;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;
use unearth_store::{Database, workers};
use uuid::Uuid;

/// How long a worker may take to hand its run back.
const LEAVING: Duration = Duration::from_secs(10);

/// What a worker process is started with.
pub(crate) struct Spawning {
    pub(crate) device: DeviceArgs,
    /// The same directives as ours.
    pub(crate) log: String,
    pub(crate) home: Home,
    pub(crate) database_url: String,
}

/// Runs a worker process until `stop`, starting it again when it dies and handing back at once
/// whatever the dead one had leased.
pub(crate) async fn keep_alive(spawning: Spawning, db: Database, stop: CancellationToken) {
    let mut pause = Duration::from_millis(250);
    while !stop.is_cancelled() {
        let id = Uuid::now_v7();
        match spawning.spawn(id) {
            Ok(child) => {
                let began = tokio::time::Instant::now();
                let was_asked_to_end = wait(child, &stop).await;
                // One that was killed left its files, which no later one looks for.
                std::fs::remove_dir_all(spawning.home.scratch(id)).ok();
                if was_asked_to_end {
                    return;
                }
                retire(&db, id, &stop).await;
                if began.elapsed() > Duration::from_mins(1) {
                    pause = Duration::from_millis(250);
                }
            }
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the worker does not start");
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(Duration::from_secs(30));
    }
}

impl Spawning {
    fn spawn(&self, id: Uuid) -> Result<Child> {
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        let mut command = Command::new(program);
        command
            .arg("work")
            .env("UNEARTH_LOG", &self.log)
            .env("DATABASE_URL", &self.database_url)
            .env("UNEARTH_DATA_DIR", self.home.root())
            .env("UNEARTH_BLOBS", OsString::from(self.home.blobs_place()))
            .env("UNEARTH_DEVICE", self.device.device.to_string())
            .env("UNEARTH_WORKER_ID", id.to_string())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if let Some(threads) = self.device.threads {
            command.env("UNEARTH_THREADS", threads.to_string());
        }
        if let Some(bytes) = self.device.resident_bytes {
            command.env("UNEARTH_RESIDENT_BYTES", bytes.to_string());
        }
        // The heap in huge pages: tensors are large, and every step goes over all of them.
        if std::env::var_os("GLIBC_TUNABLES").is_none() {
            command.env("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");
        }
        // A worker notices by itself that its parent is gone (see `commands::work`).
        Ok(command.spawn()?)
    }
}

/// Waits for the worker's end; true when it was asked to end.
async fn wait(mut child: Child, stop: &CancellationToken) -> bool {
    tokio::select! {
        status = child.wait() => {
            match status {
                Ok(status) => tracing::error!(%status, "the worker died; starting another"),
                Err(error) => tracing::error!(%error, "the worker cannot be waited for"),
            }
            false
        }
        () = stop.cancelled() => {
            super::terminate(&mut child, LEAVING).await;
            true
        }
    }
}

/// Hands leases back; waits for a database that is away.
async fn retire(db: &Database, id: Uuid, stop: &CancellationToken) {
    for _ in 0..20 {
        match workers::retire(db, id, OffsetDateTime::now_utc()).await {
            Ok(leases) => {
                tracing::info!(leases, "leases of the dead worker are handed back");
                return;
            }
            Err(error) => tracing::warn!(%error, "leases cannot be handed back yet"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
        }
    }
}
