//! `cargo xtask prepare`: describe the checked queries of the store to those who build without a database.

use anyhow::Result;
use clap::Args;

#[cfg(feature = "sql")]
mod descriptions;

#[derive(Args)]
pub(crate) struct Options {
    /// Change nothing, and fail where something would change.
    #[arg(long)]
    check: bool,
}

/// Fails where `.sqlx` is out of date.
pub(crate) fn check() -> Result<()> {
    run(&Options { check: true })
}

/// Speaks to a database, which takes crates that nothing else here needs.
#[cfg(feature = "sql")]
pub(crate) fn run(options: &Options) -> Result<()> {
    let fresh = descriptions::Fresh::make()?;
    if options.check {
        fresh.compare()
    } else {
        fresh.replace()
    }
}

/// Runs this very command with the crates for databases built in.
#[cfg(not(feature = "sql"))]
pub(crate) fn run(options: &Options) -> Result<()> {
    use crate::process;

    let with_sql = [
        "run",
        "--quiet",
        "--package",
        "xtask",
        "--features",
        "sql",
        "--",
        "prepare",
    ];
    let check = options.check.then_some("--check");
    process::run(&mut process::cargo(with_sql.into_iter().chain(check)))
}
