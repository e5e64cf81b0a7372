//! `cargo xtask advisories`: whether anything that we depend on has a known vulnerability.
//!
//! Apart from the checks: what it finds changes without a change of ours, and it needs to reach the databases.

use anyhow::Result;

use crate::{
    process,
    setup::cargo_tool::DENY,
    steps::{self, Outcome, Step},
    workspace,
};

pub(crate) fn run() -> Result<()> {
    steps::run(&[
        Step::new("cargo-deny", || DENY.set_up()),
        Step::new("crates", crates),
        Step::new("page: packages", || packages("web")),
        Step::new("browser tests: packages", || packages("e2e")),
    ])
}

fn crates() -> Result<Outcome> {
    process::run(&mut DENY.command(&["fetch", "db"]))?;
    process::run(&mut DENY.command(&["check", "--disable-fetch", "advisories"]))?;
    Ok(Outcome::Done)
}

fn packages(folder: &str) -> Result<Outcome> {
    let mut audit = process::program("npm", ["audit", "--audit-level=moderate"]);
    process::run(audit.current_dir(workspace::root().join(folder)))?;
    Ok(Outcome::Done)
}
