//! What the caller may choose.

use std::path::PathBuf;

/// Whether committed data must survive a power failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Every commit is on disk before it is acknowledged.
    Full,
    /// Nothing is flushed to disk: commits survive the death of the server, not of the machine. Fast, and fit
    /// only for data that are thrown away.
    TestOnly,
}

/// How to run a private server.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) directory: PathBuf,
    pub(crate) durability: Durability,
    pub(crate) bundled: Vec<PathBuf>,
}

impl Config {
    /// A durable server in `directory`, which is made at the first start and belongs to the server alone.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            durability: Durability::Full,
            bundled: crate::binaries::bundled_folders(),
        }
    }

    /// Chooses what a power failure may cost.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Folders of binaries to fall back on where the system has none, instead of those that
    /// `cargo xtask setup` fills.
    #[must_use]
    pub fn bundled(mut self, folders: Vec<PathBuf>) -> Self {
        self.bundled = folders;
        self
    }
}
