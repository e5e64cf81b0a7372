//! Fetching wheels for the files in them.

use std::path::Path;

use anyhow::{Result, bail};

use crate::{process, workspace};

/// Unpacks the wheels of `requirements` (a file in `xtask/requirements`, with hashes) into `folder`.
///
/// No Python of ours ever imports them, so the choice does not follow the Python that is installed: the same
/// wheels everywhere, which the hashes then hold to.
pub(crate) fn unpack(requirements: &str, architecture: &str, folder: &Path) -> Result<()> {
    if !process::succeeds(&mut process::program("python3", ["-m", "pip", "--version"])) {
        bail!(
            "`python3 -m pip` does not run: install Python 3 with pip (on Debian: `apt-get install python3-pip`)"
        );
    }
    let mut pip = process::program("python3", ["-m", "pip", "install"]);
    pip.args([
        "--no-deps",
        "--only-binary=:all:",
        "--require-hashes",
        "--no-compile",
    ])
    .args([
        "--disable-pip-version-check",
        "--no-input",
        "--root-user-action=ignore",
    ])
    .args([
        "--implementation",
        "cp",
        "--python-version",
        "3.12",
        "--abi",
        "cp312",
        "--abi",
        "none",
    ])
    .args(["--platform", &format!("manylinux2014_{architecture}")])
    // Each wheel is tagged with one version of glibc, and pip does not infer the older ones.
    .args((5..=28).flat_map(|minor| {
        [
            "--platform".to_owned(),
            format!("manylinux_2_{minor}_{architecture}"),
        ]
    }))
    .arg("--requirement")
    .arg(workspace::requirements().join(requirements))
    .arg("--target")
    .arg(folder)
    .env("PIP_USER", "0"); // It contradicts --target.
    process::run(&mut pip)
}
