//! The worker as a child process: an abort inside libtorch must not take the API down.

use crate::{cli::UpArgs, home::Home};
use anyhow::{Context as _, Result};
use std::{process::Stdio, time::Duration};
use time::OffsetDateTime;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;
use unearth_store::{Database, workers};
use uuid::Uuid;

/// How long a worker may take to hand its run back.
const LEAVING: Duration = Duration::from_secs(10);

/// Runs a worker process until `stop`, starting it again when it dies and handing back at once
/// whatever the dead one had leased.
pub(crate) async fn keep_alive(
    args: UpArgs,
    home: Home,
    database_url: String,
    db: Database,
    stop: CancellationToken,
) {
    let mut pause = Duration::from_millis(250);
    while !stop.is_cancelled() {
        let id = Uuid::now_v7();
        match spawn(&args, &home, &database_url, id) {
            Ok(child) => {
                let began = tokio::time::Instant::now();
                if wait(child, &stop).await {
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

fn spawn(args: &UpArgs, home: &Home, database_url: &str, id: Uuid) -> Result<Child> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let mut command = Command::new(program);
    command
        .arg("work")
        .env("DATABASE_URL", database_url)
        .env("UNEARTH_DATA_DIR", home.root())
        .env("UNEARTH_BLOBS", home.blobs_folder())
        .env("UNEARTH_DEVICE", args.device.device.to_string())
        .env("UNEARTH_WORKER_ID", id.to_string())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    if let Some(threads) = args.device.threads {
        command.env("UNEARTH_THREADS", threads.to_string());
    }
    // A worker notices by itself that its parent is gone (see `commands::work`).
    Ok(command.spawn()?)
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
