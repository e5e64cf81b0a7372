//! Set-up, demo, tests and checks: `cargo xtask help`.

mod prepare;
mod process;
mod workspace;

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
    /// Bring the descriptions of checked queries (`.sqlx`) up to date with the migrations and the store.
    Prepare(prepare::Options),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().task {
        Task::Prepare(options) => prepare::run(&options),
    }
}
