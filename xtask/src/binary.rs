//! The debug binary, as the tests run it.

use std::path::PathBuf;

use anyhow::Result;

use crate::{process, workspace};

/// Builds it and says where it is. It is built for an integration test, so that its dependencies have the features that
/// tests ask for: built otherwise, most of them would be compiled once more.
pub(crate) fn build() -> Result<PathBuf> {
    process::run(&mut process::cargo([
        "build",
        "--workspace",
        "--test",
        "binary",
    ]))?;
    Ok(workspace::target("debug").join("unearth"))
}
