//! What `examples/python` imports, for the test that runs it.

use std::fs;

use anyhow::{Context, Result};

use super::installed;
use crate::{process, steps::Outcome, workspace};

const REQUIREMENTS: &str = "python-example.txt";

/// Installs them beside the checkout's other dependencies, unless Python has them.
///
/// The wheels follow the Python that is installed, so they are held to a range and not to hashes: nothing that is
/// built or shipped contains them.
pub(crate) fn set_up() -> Result<Outcome> {
    let imports = ["-c", "import numpy, requests"];
    if process::succeeds(&mut process::program("python3", imports)) {
        return Ok(Outcome::Skipped("Python has them"));
    }
    let requirements = workspace::requirements().join(REQUIREMENTS);
    let source = fs::read_to_string(&requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    installed::ensure(&workspace::deps().join("python"), &source, |folder| {
        let mut pip = process::program("python3", ["-m", "pip", "install"]);
        pip.args(["--only-binary=:all:", "--disable-pip-version-check"])
            .args(["--no-input", "--root-user-action=ignore", "--requirement"])
            .arg(&requirements)
            .arg("--target")
            .arg(folder)
            .env("PIP_USER", "0"); // It contradicts --target.
        process::run(&mut pip)
    })
}
