//! The page and the browser tests: their packages, and the page's build.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::{folder_hash, process, steps::Outcome, workspace};

const ABSENT: Outcome = Outcome::Skipped("not in this checkout");

/// Fetches the page's packages and builds it, unless nothing has changed.
pub(crate) fn set_up_and_build() -> Result<Outcome> {
    if set_up()? == ABSENT {
        return Ok(ABSENT);
    }
    let folder = workspace::root().join("web");
    let source = folder_hash::of(&folder, &["node_modules", "dist"])?.to_string();
    let built = folder.join("dist/index.html");
    once("web-build", &source, &built, || {
        process::run(process::program("npm", ["run", "build"]).current_dir(&folder))
    })
}

/// Fetches the page's packages.
pub(crate) fn set_up() -> Result<Outcome> {
    install_packages("web")
}

/// Fetches the packages of the browser tests.
pub(crate) fn set_up_browser_tests() -> Result<Outcome> {
    install_packages("e2e")
}

fn install_packages(name: &'static str) -> Result<Outcome> {
    let folder = workspace::root().join(name);
    if !folder.join("package.json").is_file() {
        return Ok(ABSENT);
    }
    let lock = folder.join("package-lock.json");
    let source =
        fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    once(name, &source, &folder.join("node_modules"), || {
        let mut npm =
            process::program("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        process::run(npm.current_dir(&folder))
    })
}

/// Does `work`, unless it was done with the same `source` and its `product` is still there.
fn once(
    name: &str,
    source: &str,
    product: &Path,
    work: impl FnOnce() -> Result<()>,
) -> Result<Outcome> {
    let stamp = workspace::deps().join("stamps").join(name);
    if product.exists() && fs::read_to_string(&stamp).is_ok_and(|old| old == source) {
        return Ok(Outcome::Skipped("done before"));
    }
    work()?;
    fs::create_dir_all(workspace::deps().join("stamps"))?;
    fs::write(stamp, source)?;
    Ok(Outcome::Done)
}
