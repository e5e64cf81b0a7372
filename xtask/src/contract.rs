//! `cargo xtask contract`: the API's description and the page's types, both generated and both committed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{binary, process, setup, steps::Outcome, workspace};

#[derive(Args)]
pub(crate) struct Options {
    /// Change nothing, and fail where something would change.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    setup::libtorch::set_up()?;
    setup::web::set_up()?;
    if options.check {
        check()?;
        return Ok(());
    }
    fs::write(description(), described()?)?;
    if has_page() {
        generate_types()?;
    }
    Ok(())
}

/// Fails where a committed file is out of date.
pub(crate) fn check() -> Result<Outcome> {
    if !description().exists() {
        return Ok(Outcome::Skipped("there is no openapi.json"));
    }
    require_equal(
        &description(),
        &fs::read_to_string(description())?,
        &described()?,
    )?;
    if has_page() {
        check_types()?;
    }
    Ok(Outcome::Done)
}

fn description() -> PathBuf {
    workspace::root().join("openapi.json")
}

fn types() -> PathBuf {
    page().join("src/api/schema.ts")
}

fn page() -> PathBuf {
    workspace::root().join("web")
}

fn has_page() -> bool {
    page().join("package.json").is_file()
}

/// What the binary says of its API.
fn described() -> Result<String> {
    process::output(Command::new(binary::build()?).arg("openapi"))
}

fn generate_types() -> Result<()> {
    process::run(process::program("npm", ["run", "--silent", "types"]).current_dir(page()))
}

/// The generator writes in place, so the committed file is put back before the verdict.
fn check_types() -> Result<()> {
    let committed = fs::read_to_string(types()).unwrap_or_default();
    generate_types()?;
    let generated =
        fs::read_to_string(types()).with_context(|| format!("no {}", types().display()))?;
    if generated != committed {
        fs::write(types(), &committed)?;
    }
    require_equal(&types(), &committed, &generated)
}

fn require_equal(file: &Path, committed: &str, generated: &str) -> Result<()> {
    if committed == generated {
        return Ok(());
    }
    let first = committed
        .lines()
        .zip(generated.lines())
        .position(|(old, new)| old != new);
    let line =
        first.unwrap_or_else(|| committed.lines().count().min(generated.lines().count())) + 1;
    bail!(
        "{} is out of date from line {line} on: run `cargo xtask contract` and commit the result",
        file.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_is_named_by_file_and_line() {
        let file = Path::new("openapi.json");
        require_equal(file, "a\nb\n", "a\nb\n").unwrap();
        let changed = require_equal(file, "a\nb\n", "a\nc\n")
            .unwrap_err()
            .to_string();
        assert!(
            changed.starts_with("openapi.json is out of date from line 2 on"),
            "{changed}"
        );
        let longer = require_equal(file, "a\n", "a\nb\n")
            .unwrap_err()
            .to_string();
        assert!(longer.contains("line 2"), "{longer}");
    }
}
