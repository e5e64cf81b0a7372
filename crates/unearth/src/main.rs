//! The `unearth` command: reads its arguments, sets up logs, and hands over to one command.

mod cli;
mod client;
mod commands;
mod discarding;
mod evaluation;
mod exit;
mod home;
mod measuring;
mod output;
mod reading;
mod server;
mod signals;
mod supervise;
mod telemetry;

use clap::Parser as _;
use cli::{Cli, Command};
use exit::Failure;
use std::process::ExitCode;
use unearth_audit::error_chain;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {}", error_chain(failure.error.as_ref()));
            ExitCode::from(failure.code)
        }
    }
}

fn run(cli: &Cli) -> Result<(), Failure> {
    telemetry::init(&cli.log);
    match &cli.command {
        Command::Up(args) => commands::up::run(args, &cli.log),
        Command::Serve(args) => commands::serve::run(args),
        Command::Work(args) => commands::work::run(args),
        Command::Audit(args) => commands::audit::run(args),
        Command::Evaluate(args) => commands::evaluate::run(args),
        Command::External(args) => commands::external::run(args),
        Command::Probes(args) => commands::probes::run(args),
        Command::Migrate(args) => commands::migrate::run(args),
        Command::Doctor(args) => commands::doctor::run(args),
        Command::Token(args) => commands::token::run(args),
        Command::Login(args) => commands::login::run(args),
        Command::Gc(args) => commands::gc::run(args),
        Command::Backup(args) => commands::backup::run(args),
        Command::Restore(args) => commands::restore::run(args),
        Command::Health(args) => commands::health::run(args),
        Command::Openapi => commands::openapi::run(),
        Command::Pace(args) => commands::pace::run(args),
    }
}
