//! A thread that spawns the server, outlives it and knows when it has ended.

use std::{
    io,
    process::{Child, Command, ExitStatus},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};

use crate::process::{self, Signal};

/// Owns a child process by way of a thread of its own.
///
/// The parent-death signal fires when the spawning thread ends, so that thread must live as long as the
/// child; it has nothing else to do than to wait for it.
#[derive(Debug)]
pub(crate) struct Keeper {
    pid: u32,
    life: Arc<Life>,
}

#[derive(Debug)]
struct Life {
    /// `None` while the child runs. Signals are sent under this lock, before the child is reaped.
    ended: Mutex<Option<ExitStatus>>,
    changed: Condvar,
}

impl Keeper {
    /// Starts `command` as a child that ends with this process.
    pub(crate) fn spawn(mut command: Command) -> io::Result<Self> {
        process::die_with_spawning_thread(&mut command);
        let life = Arc::new(Life {
            ended: Mutex::new(None),
            changed: Condvar::new(),
        });
        let (started, start) = mpsc::sync_channel(1);
        let watched = Arc::clone(&life);
        thread::Builder::new()
            .name("postgres-keeper".into())
            .spawn(move || match command.spawn() {
                Ok(child) => {
                    let _ = started.send(Ok(child.id()));
                    watched.keep(child);
                }
                Err(error) => {
                    let _ = started.send(Err(error));
                }
            })?;
        let pid = start.recv().map_err(io::Error::other)??;
        Ok(Self { pid, life })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// How the child ended; `None` while it runs.
    pub(crate) fn ended(&self) -> Option<ExitStatus> {
        *self.life.lock()
    }

    /// Sends a signal, or does nothing where the child has ended already.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        let ended = self.life.lock();
        if ended.is_some() {
            return Ok(());
        }
        process::send(self.pid, signal)
    }

    /// Waits for the end of the child, at most for `patience`.
    pub(crate) fn wait(&self, patience: Duration) -> Option<ExitStatus> {
        let (ended, _) = self
            .life
            .changed
            .wait_timeout_while(self.life.lock(), patience, |ended| ended.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        *ended
    }
}

impl Life {
    fn lock(&self) -> MutexGuard<'_, Option<ExitStatus>> {
        // The state is one plain value: a panic elsewhere cannot leave it half written.
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, mut child: Child) {
        if let Err(error) = process::wait_without_reaping(child.id()) {
            tracing::warn!(%error, "cannot watch the private Postgres");
        }
        let mut ended = self.lock();
        match child.wait() {
            Ok(status) => *ended = Some(status),
            Err(error) => tracing::error!(%error, "the private Postgres was lost from sight"),
        }
        drop(ended);
        self.changed.notify_all();
    }
}
