//! Subcommands of cargo that are no part of Rust.

use std::{path::PathBuf, process::Command};

use anyhow::Result;

use crate::{process, steps::Outcome, workspace};

/// A subcommand, and what to build where the machine has none: a version that our Rust compiles.
pub(crate) struct CargoTool {
    name: &'static str,
    package: &'static str,
    /// How to build it: in seconds, where it is used for seconds.
    profile: &'static [&'static str],
}

/// The test runner.
pub(crate) const NEXTEST: CargoTool = CargoTool {
    name: "nextest",
    package: "cargo-nextest@0.9.143",
    profile: &[],
};

/// What looks at the licences and sources of dependencies.
pub(crate) const DENY: CargoTool = CargoTool {
    name: "deny",
    package: "cargo-deny@0.20.2",
    profile: &["--debug"],
};

impl CargoTool {
    /// Builds it into the checkout, unless the machine has one.
    pub(crate) fn set_up(&self) -> Result<Outcome> {
        if process::succeeds(&mut process::cargo([self.name, "--version"])) {
            return Ok(Outcome::Skipped("the machine has one"));
        }
        if self.own().is_file() {
            return Ok(Outcome::Skipped("done before"));
        }
        eprintln!(
            "building cargo-{}, which takes some minutes once",
            self.name
        );
        let mut install = process::cargo(["install", self.package, "--locked", "--root"]);
        process::run(install.arg(root()).args(self.profile))?;
        Ok(Outcome::Done)
    }

    /// The subcommand, whichever there is.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        if self.own().is_file() {
            let mut command = Command::new(self.own());
            command
                .arg(self.name)
                .args(arguments)
                .current_dir(workspace::root());
            return command;
        }
        process::cargo([self.name].iter().chain(arguments))
    }

    fn own(&self) -> PathBuf {
        root().join("bin").join(format!("cargo-{}", self.name))
    }
}

fn root() -> PathBuf {
    workspace::deps().join("cargo")
}
