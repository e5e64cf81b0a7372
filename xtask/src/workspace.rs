//! Places in the checkout.

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the workspace")
}

/// What set-up fetches. Nothing in it is committed.
pub(crate) fn deps() -> PathBuf {
    root().join(".deps")
}
