//! `cargo xtask fuzz`: libFuzzer over every parser of foreign bytes, for as long as asked.
//!
//! It begins with `fuzz/corpus`, which the tests replay, and what it found the last time. What crashes is written to
//! `fuzz/crashes`: mend it, then keep it in the corpus.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context as _, Result, bail};

use crate::{process, workspace};

/// Counters in every branch, as libFuzzer reads them; what `cargo fuzz` passes on a stable Rust.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1";
/// Longest input: parsers read sizes from headers, not from the end.
const INPUT_BYTES_MAX: u32 = 1 << 14;
/// What one input may take, MiB and seconds: what takes more is a finding.
const MEMORY_MAX: u32 = 1024;
const SECONDS_MAX: u32 = 10;

/// What to fuzz.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only these targets [default: all, one after the other].
    targets: Vec<String>,
    /// How long each.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let known = targets()?;
    if let Some(unknown) = options.targets.iter().find(|it| !known.contains(it)) {
        bail!(
            "there is no target `{unknown}`; there are {}",
            known.join(", ")
        );
    }
    let chosen = if options.targets.is_empty() {
        &known
    } else {
        &options.targets
    };
    build()?;
    for target in chosen {
        fuzz(target, options.seconds).with_context(|| format!("fuzzing `{target}`"))?;
    }
    Ok(())
}

fn folder() -> PathBuf {
    workspace::root().join("fuzz")
}

/// The names of the targets, sorted.
fn targets() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for file in fs::read_dir(folder().join("targets"))? {
        let path = file?.path();
        names.extend(
            path.file_stem()
                .map(|name| name.to_string_lossy().into_owned()),
        );
    }
    names.sort();
    Ok(names)
}

fn build() -> Result<()> {
    let mut build = process::cargo(["build", "--release", "--manifest-path", "fuzz/Cargo.toml"]);
    // Named, so that build scripts and macros are built without counters.
    build
        .args(["--target", &host()?])
        .env("RUSTFLAGS", COVERAGE);
    process::run(&mut build)
}

fn host() -> Result<String> {
    let said = process::output(&mut process::program("rustc", ["--version", "--verbose"]))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names no host")?.to_owned())
}

fn fuzz(target: &str, seconds: u32) -> Result<()> {
    let (built, crashes) = (folder().join("target"), folder().join("crashes"));
    // Grown here by libFuzzer, which only reads the kept one.
    let grown = built.join("corpus").join(target);
    let kept = folder().join("corpus").join(target);
    for folder in [&grown, &kept, &crashes] {
        fs::create_dir_all(folder)?;
    }
    let mut run = Command::new(built.join(host()?).join("release").join(target));
    run.args([grown, kept]).args([
        format!("-max_total_time={seconds}"),
        format!("-max_len={INPUT_BYTES_MAX}"),
        format!("-rss_limit_mb={MEMORY_MAX}"),
        format!("-timeout={SECONDS_MAX}"),
        format!("-artifact_prefix={}/{target}-", crashes.display()),
        "-print_final_stats=1".to_owned(),
        "-verbosity=0".to_owned(),
    ]);
    eprintln!("── {target}");
    process::run(&mut run)
}
