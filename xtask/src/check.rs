//! `cargo xtask check`: everything that can be wrong without a test failing, the cheap things first.

use anyhow::Result;

use crate::{
    arrows, contract, prepare, process,
    setup::{self, cargo_tool::DENY},
    steps::{self, Outcome, Step},
    workspace,
};

pub(crate) fn run() -> Result<()> {
    steps::run(&[
        Step::new("format", || cargo(&["fmt", "--all", "--check"])),
        Step::new("arrows", || arrows::run().map(|()| Outcome::Done)),
        Step::new("cargo-deny", || DENY.set_up()),
        Step::new("licences, sources", || {
            let check = ["check", "licenses", "bans", "sources"];
            process::run(&mut DENY.command(&check)).map(|()| Outcome::Done)
        }),
        Step::new("libtorch", setup::libtorch::set_up),
        Step::new("page: packages", setup::web::set_up),
        Step::new("page: lint", || npm_script("web", "lint")),
        Step::new("browser tests: packages", setup::web::set_up_browser_tests),
        Step::new("browser tests: types", || npm_script("e2e", "check")),
        Step::new("clippy", || {
            cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "--deny",
                "warnings",
            ])
        }),
        Step::new("documentation", documentation),
        Step::new("descriptions of queries", || {
            prepare::check().map(|()| Outcome::Done)
        }),
        Step::new("contract of the API", contract::check),
    ])
}

fn cargo(arguments: &[&str]) -> Result<Outcome> {
    process::run(&mut process::cargo(arguments))?;
    Ok(Outcome::Done)
}

fn documentation() -> Result<Outcome> {
    let mut doc = process::cargo(["doc", "--workspace", "--no-deps"]);
    process::run(doc.env("RUSTDOCFLAGS", "--deny warnings"))?;
    Ok(Outcome::Done)
}

fn npm_script(folder: &str, script: &str) -> Result<Outcome> {
    let folder = workspace::root().join(folder);
    if !folder.join("package.json").is_file() {
        return Ok(Outcome::Skipped("not in this checkout"));
    }
    process::run(process::program("npm", ["run", "--silent", script]).current_dir(folder))?;
    Ok(Outcome::Done)
}
