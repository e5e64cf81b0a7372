//! Set-up, demo, tests and checks: `cargo xtask help`.

mod advisories;
mod arrows;
mod bench;
mod binary;
mod check;
mod contract;
mod demo;
mod folder_hash;
mod fuzz;
mod prepare;
mod process;
mod setup;
mod steps;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Everything around building Unearth: one command for each task, all safe to repeat.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Fetch what a build needs: libtorch, Postgres where the system has none, the page.
    Setup,
    /// Audit a real dataset from nothing: set-up, build, start, rank, show.
    Demo(demo::Options),
    /// Run all tests, installing what they need.
    Test,
    /// Run all checks that are not tests: format, lints, documentation, arrows, generated files.
    Check,
    /// Ask the databases of known vulnerabilities about everything that we depend on.
    Advisories,
    /// Check which crate depends on which.
    Arrows,
    /// Measure whole audits beside plain PyTorch training.
    Bench(bench::Options),
    /// Send mutated bytes through every parser of foreign bytes.
    Fuzz(fuzz::Options),
    /// Bring the descriptions of checked queries (`.sqlx`) up to date with the migrations and the store.
    Prepare(prepare::Options),
    /// Bring `openapi.json` and the page's types up to date with the API.
    Contract(contract::Options),
}

fn main() -> ExitCode {
    match perform(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> anyhow::Result<()> {
    match task {
        Task::Setup => setup::run(),
        Task::Demo(options) => demo::run(&options),
        Task::Test => test::run(),
        Task::Check => check::run(),
        Task::Advisories => advisories::run(),
        Task::Arrows => arrows::run(),
        Task::Bench(options) => bench::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Prepare(options) => prepare::run(&options),
        Task::Contract(options) => contract::run(&options),
    }
}
