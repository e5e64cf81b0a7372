use std::{sync::Arc, time::Duration};
use tokio::sync::broadcast;
use tokio_util::task::AbortOnDropHandle;
use unearth_store::{Database, EVENTS_CHANNEL};
use uuid::Uuid;

/// Tells every event stream of this process which audits have something new, over one `LISTEN`.
///
/// It only wakes: whoever is woken reads from the database. Messages may be lost, while the
/// database is away or a stream is slow, so streams also look by themselves every few seconds.
#[derive(Debug, Clone)]
pub struct EventHub {
    sender: broadcast::Sender<Uuid>,
    // Ends the listening with the last clone.
    _listening: Arc<AbortOnDropHandle<()>>,
}

impl EventHub {
    /// Starts to listen, for as long as the hub or a clone of it lives. Needs a tokio runtime.
    pub fn start(db: Database) -> Self {
        const NOT_YET_READ: usize = 1_024;
        let (sender, _) = broadcast::channel(NOT_YET_READ);
        let listening = tokio::spawn(listen(db, sender.clone()));
        Self {
            sender,
            _listening: Arc::new(AbortOnDropHandle::new(listening)),
        }
    }

    /// Ids of audits with something new from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Uuid> {
        self.sender.subscribe()
    }
}

async fn listen(db: Database, sender: broadcast::Sender<Uuid>) {
    const PAUSE: Duration = Duration::from_secs(2);
    loop {
        match db.listen(EVENTS_CHANNEL).await {
            Ok(mut listener) => loop {
                match listener.recv().await {
                    Ok(message) => {
                        if let Ok(audit) = message.payload().parse() {
                            // Fails when nobody follows any audit, which is fine.
                            let _ = sender.send(audit);
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, "lost the database's announcements");
                        break;
                    }
                }
            },
            Err(error) => {
                let error = crate::problem::chain(&error);
                tracing::warn!(error, "cannot hear the database's announcements");
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}
