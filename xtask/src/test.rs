//! `cargo xtask test`: all tests of the project.

use anyhow::{Context, Result};

use crate::{
    binary, process,
    setup::{self, cargo_tool::NEXTEST},
    steps::{self, Outcome, Step},
    workspace,
};

const ABSENT: Outcome = Outcome::Skipped("not in this checkout");

pub(crate) fn run() -> Result<()> {
    let tests = [
        Step::new("page: unit tests", page_unit_tests),
        Step::new("rust tests", rust_tests),
        Step::new("documentation tests", documentation_tests),
        Step::new("browser tests", browser_tests),
    ];
    let steps: Vec<Step> = setup::BUILD
        .into_iter()
        .chain(setup::TESTS)
        .chain(tests)
        .collect();
    steps::run(&steps)
}

fn page_unit_tests() -> Result<Outcome> {
    let folder = workspace::root().join("web");
    if !folder.join("package.json").is_file() {
        return Ok(ABSENT);
    }
    process::run(process::program("npm", ["test"]).current_dir(folder))?;
    Ok(Outcome::Done)
}

fn rust_tests() -> Result<Outcome> {
    process::run(&mut NEXTEST.command(&["run", "--workspace"]))?;
    Ok(Outcome::Done)
}

fn documentation_tests() -> Result<Outcome> {
    process::run(&mut process::cargo(["test", "--doc", "--workspace"]))?;
    Ok(Outcome::Done)
}

/// Drives the real binary in a real browser.
fn browser_tests() -> Result<Outcome> {
    let folder = workspace::root().join("e2e");
    if !folder.join("package.json").is_file() {
        return Ok(ABSENT);
    }
    let binary = binary::build()?;
    let chromium = setup::chromium::find().context("Chromium has gone since set-up")?;
    let mut playwright = process::program("npx", ["--no-install", "playwright", "test"]);
    playwright
        .current_dir(folder)
        .env("UNEARTH_BIN", binary)
        .env("CHROMIUM_BIN", chromium);
    process::run(&mut playwright)?;
    Ok(Outcome::Done)
}
