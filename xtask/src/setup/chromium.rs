//! The browser that the tests drive.

use std::{env, path::PathBuf};

use anyhow::{Result, bail};

use crate::{process, steps::Outcome, workspace};

/// Names under which Chromium and its relatives are installed.
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Installs Chromium from the system's packages, unless there is one. Only browser tests need it.
pub(crate) fn set_up() -> Result<Outcome> {
    if !workspace::root().join("e2e/package.json").is_file() {
        return Ok(Outcome::Skipped(
            "there are no browser tests in this checkout",
        ));
    }
    if find().is_some() {
        return Ok(Outcome::Skipped("there is one"));
    }
    install()?;
    match find() {
        Some(_) => Ok(Outcome::Done),
        None => bail!(
            "the package `chromium` brought no browser: install one and name it in CHROMIUM_BIN"
        ),
    }
}

/// The browser: `CHROMIUM_BIN`, else the first of its names on `PATH`.
pub(crate) fn find() -> Option<PathBuf> {
    if let Some(named) = env::var_os("CHROMIUM_BIN").filter(|path| !path.is_empty()) {
        return Some(named.into());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .flat_map(|folder| NAMES.map(|name| folder.join(name)))
        .find(|program| program.is_file())
}

fn install() -> Result<()> {
    if !process::succeeds(&mut process::program("apt-get", ["--version"])) {
        bail!(
            "the browser tests need Chromium: install it, and name it in CHROMIUM_BIN if it is not on PATH"
        );
    }
    let is_root = process::quiet_output(&mut process::program("id", ["-u"]))
        .is_some_and(|uid| uid.trim() == "0");
    if !is_root && !process::succeeds(&mut process::program("sudo", ["-n", "true"])) {
        bail!(
            "the browser tests need Chromium, and only root can install it: run `apt-get install chromium fonts-dejavu-core` as root"
        );
    }
    let apt = |arguments: &[&str]| {
        let as_root = if is_root {
            vec!["apt-get"]
        } else {
            vec!["sudo", "-n", "apt-get"]
        };
        let words: Vec<&str> = as_root.iter().chain(arguments).copied().collect();
        process::run(
            process::program(words[0], &words[1..]).env("DEBIAN_FRONTEND", "noninteractive"),
        )
    };
    apt(&["update", "--quiet"])?;
    apt(&[
        "install",
        "--quiet",
        "--yes",
        "--no-install-recommends",
        "chromium",
        "fonts-dejavu-core",
    ])
}
