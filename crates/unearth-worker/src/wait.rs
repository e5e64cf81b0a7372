//! Waiting for work.

use std::time::Duration;
use tokio_util::sync::CancellationToken;
use unearth_store::{Database, Listener, WORK_CHANNEL};

/// Wakes on a notification, and every second or so regardless: the poll is the truth, the
/// notification only shortens the wait.
pub(crate) struct Waiter {
    db: Database,
    listener: Option<Listener>,
}

impl Waiter {
    pub(crate) fn new(db: &Database) -> Self {
        Self {
            db: db.clone(),
            listener: None,
        }
    }

    /// Subscribes, if it is not yet: before looking for work, so that nothing is missed.
    pub(crate) async fn subscribe(&mut self) {
        if self.listener.is_none() {
            self.listener = self.db.listen(WORK_CHANNEL).await.ok();
        }
    }

    /// Waits until there may be work, or the worker is leaving.
    pub(crate) async fn wait(&mut self, leaving: &CancellationToken) {
        let poll = tokio::time::sleep(Duration::from_millis(900 + u64::from(jitter_ms())));
        let notified = async {
            match &mut self.listener {
                Some(listener) => listener.recv().await.is_ok(),
                None => std::future::pending().await,
            }
        };
        let lost = tokio::select! {
            () = leaving.cancelled() => false,
            () = poll => false,
            heard = notified => !heard,
        };
        if lost {
            self.listener = None;
        }
    }
}

/// Keeps idle workers from polling in step.
fn jitter_ms() -> u8 {
    uuid::Uuid::new_v4().as_bytes()[0]
}
