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

/// The versions of everything that set-up fetches, with hashes.
pub(crate) fn requirements() -> PathBuf {
    root().join("xtask/requirements")
}

/// Where cargo puts what it builds in `profile`.
pub(crate) fn target(profile: &str) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    root().join(target).join(profile)
}
