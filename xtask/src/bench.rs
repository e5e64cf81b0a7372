//! `cargo xtask bench`: whole audits beside plain PyTorch training, in turn (`bench/compare.py`).

use std::env;

use anyhow::{Context as _, Result};

use crate::process;

/// What is measured; everything further goes to `bench/compare.py`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Arguments of `bench/compare.py`, such as `--rounds 5 --threads 2 --out bench.json`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let python = env::var("UNEARTH_BENCH_PYTHON").unwrap_or_else(|_| "python3".into());
    process::run(&mut process::program(&python, ["-c", "import numpy, torch"])).with_context(
        || {
            format!(
                "`{python}` has no torch: `python3 -m venv V && V/bin/pip install torch==2.11.0 numpy`, and set \
                 UNEARTH_BENCH_PYTHON=V/bin/python"
            )
        },
    )?;
    process::run(&mut process::cargo([
        "build",
        "--release",
        "--bin",
        "unearth",
    ]))?;
    process::run(&mut process::cargo([
        "build",
        "--release",
        "-p",
        "unearth-training",
        "--example",
        "throughput",
    ]))?;
    let throughput = "target/release/examples/throughput";
    let mut compare = process::program(&python, ["bench/compare.py", "--throughput", throughput]);
    process::run(compare.args(&options.arguments))
}
