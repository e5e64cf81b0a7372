//! Keeping the processes of `unearth up` alive.

pub(crate) mod postgres;
pub(crate) mod worker;

use rustix::process::{Pid, Signal, kill_process};
use std::time::Duration;
use tokio::process::Child;

/// Asks a child to end, and kills it when it does not in time.
pub(crate) async fn terminate(child: &mut Child, patience: Duration) {
    let pid = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    // A process that is gone already is fine.
    let _ = pid.map(|pid| kill_process(pid, Signal::TERM));
    if tokio::time::timeout(patience, child.wait()).await.is_err() {
        tracing::warn!("a process did not leave in time and is killed");
        let _ = child.kill().await;
    }
}
