//! A throw-away server for one test.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;

use crate::{
    config::{Config, Durability},
    error::PostgresError,
    server::PrivatePostgres,
};

/// A private server in a temporary folder, gone with this value.
///
/// ```no_run
/// let server = unearth_postgres::TestPostgres::start()?;
/// assert!(server.url().starts_with("postgres://"));
/// # Ok::<(), unearth_postgres::PostgresError>(())
/// ```
#[derive(Debug)]
pub struct TestPostgres {
    // Fields are dropped in this order: first the server, then its folder.
    server: PrivatePostgres,
    folder: TempDir,
}

impl TestPostgres {
    /// Starts an empty server that flushes nothing to disk.
    ///
    /// # Errors
    /// As [`PrivatePostgres::start`].
    pub fn start() -> Result<Self, PostgresError> {
        let folder = tempfile::Builder::new()
            .prefix("unearth-test-")
            .tempdir()
            .map_err(PostgresError::file(
                "make a folder in",
                std::env::temp_dir(),
            ))?;
        let config = Config::new(folder.path()).durability(Durability::TestOnly);
        let server = PrivatePostgres::start(&config)?;
        Ok(Self { server, folder })
    }

    /// The server that tests of one process share while they run side by side; gone with the last of
    /// them. Each should make a database of its own on it.
    ///
    /// # Errors
    /// As [`PrivatePostgres::start`].
    pub fn shared() -> Result<Arc<Self>, PostgresError> {
        static SERVER: Mutex<Weak<TestPostgres>> = Mutex::new(Weak::new());
        let mut shared = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = shared.upgrade() {
            return Ok(running);
        }
        let started = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&started);
        Ok(started)
    }

    /// A `postgres://` URL of the empty database.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// The folder of the server.
    pub fn directory(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The server itself.
    pub fn server(&self) -> &PrivatePostgres {
        &self.server
    }
}
