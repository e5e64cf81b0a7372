//! The test runner.

use std::{path::PathBuf, process::Command};

use anyhow::Result;

use crate::{process, steps::Outcome, workspace};

/// What to build where there is none: a version that our Rust compiles.
const PACKAGE: &str = "cargo-nextest@0.9.143";

/// Builds cargo-nextest into the checkout, unless the machine has one.
pub(crate) fn set_up() -> Result<Outcome> {
    if process::succeeds(&mut process::cargo(["nextest", "--version"])) {
        return Ok(Outcome::Skipped("the machine has one"));
    }
    if own().is_file() {
        return Ok(Outcome::Skipped("done before"));
    }
    eprintln!("building cargo-nextest, which takes some minutes once");
    let mut install = process::cargo(["install", PACKAGE, "--locked", "--root"]);
    process::run(install.arg(root()))?;
    Ok(Outcome::Done)
}

/// `cargo nextest`, whichever there is.
pub(crate) fn command(arguments: &[&str]) -> Command {
    if own().is_file() {
        let mut command = Command::new(own());
        command
            .arg("nextest")
            .args(arguments)
            .current_dir(workspace::root());
        return command;
    }
    process::cargo(["nextest"].iter().chain(arguments))
}

fn root() -> PathBuf {
    workspace::deps().join("cargo")
}

fn own() -> PathBuf {
    root().join("bin/cargo-nextest")
}
