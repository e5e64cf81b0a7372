//! `cargo xtask setup`: fetch what a build needs. Every part is skipped in a moment where it is done already.

pub(crate) mod cargo_tool;
pub(crate) mod chromium;
pub(crate) mod installed;
pub(crate) mod libtorch;
pub(crate) mod pip;
mod postgres;
mod python;
pub(crate) mod web;

use anyhow::Result;

use crate::steps::{self, Step};
use cargo_tool::NEXTEST;

/// What building and running takes, in the order of the least surprise.
pub(crate) const BUILD: [Step; 3] = [
    Step::new("libtorch", libtorch::set_up),
    Step::new("postgres", postgres::set_up),
    Step::new("page", web::set_up_and_build),
];

/// What tests take beyond that.
pub(crate) const TESTS: [Step; 4] = [
    Step::new("test runner", || NEXTEST.set_up()),
    Step::new("Python example's packages", python::set_up),
    Step::new("browser tests' packages", web::set_up_browser_tests),
    Step::new("chromium", chromium::set_up),
];

pub(crate) fn run() -> Result<()> {
    steps::run(&BUILD)
}
