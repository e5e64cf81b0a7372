//! `cargo xtask demo`: from nothing to a ranking of a real dataset.

mod digits;
mod evaluation;
mod server;
mod swapped;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::Args;

use crate::{
    process, setup,
    steps::{self, Outcome, Step},
    workspace,
};

#[derive(Args)]
pub(crate) struct Options {
    /// Your own data instead of the handwritten digits: an image folder, an archive, IDX files or an npz.
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// End after the ranking instead of staying up until Ctrl-C.
    #[arg(long)]
    exit: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let build = [Step::new("binary", build_binary)];
    let steps: Vec<Step> = setup::BUILD.into_iter().chain(build).collect();
    steps::run(&steps)?;

    let folder = workspace::deps().join("demo");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let rankings = Rankings::in_folder(&folder);
    let dataset = Dataset::choose(options.data.as_deref(), &folder)?;
    let mut server = server::Server::start()?;
    audit(dataset.path(), &rankings)?;
    if let Dataset::Digits(digits) = &dataset {
        println!("\n{}", evaluation::report(&digits.swapped, &rankings)?);
    }
    println!(
        "\nhardest examples first:        {}",
        rankings.hardest.display()
    );
    println!(
        "probable wrong labels first:   {}",
        rankings.wrong_labels.display()
    );
    println!("page:                          {}", server.page());
    if options.exit {
        return server.stop();
    }
    println!("Ctrl-C ends it.");
    server.wait()
}

/// What the demo audits.
enum Dataset {
    /// The user's own data, of which nobody knows what is wrong with them.
    Own(PathBuf),
    /// Handwritten digits with labels that were swapped on purpose.
    Digits(digits::Digits),
}

impl Dataset {
    fn choose(own: Option<&Path>, folder: &Path) -> Result<Self> {
        match own {
            Some(path) => Ok(Self::Own(path.to_owned())),
            None => Ok(Self::Digits(digits::ensure(folder)?)),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Own(path) => path,
            Self::Digits(digits) => &digits.images,
        }
    }
}

/// The files that the audit writes, each with the suspicious examples first.
struct Rankings {
    /// By Variance of Gradients.
    hardest: PathBuf,
    /// By loss after the last epoch.
    wrong_labels: PathBuf,
}

impl Rankings {
    fn in_folder(folder: &Path) -> Self {
        Self {
            hardest: folder.join("ranked.csv"),
            wrong_labels: folder.join("probable-wrong-labels.csv"),
        }
    }
}

fn build_binary() -> Result<Outcome> {
    process::run(&mut process::cargo([
        "build",
        "--release",
        "--package",
        "unearth",
    ]))?;
    Ok(Outcome::Done)
}

/// Audits `data` on the running server, which shows its progress and prints the two tables.
fn audit(data: &Path, rankings: &Rankings) -> Result<()> {
    let out = |signal: &str, file: &Path| format!("{signal}={}", file.display());
    let mut audit = server::unearth("audit");
    audit
        .arg(data)
        .args(["--out", &out("vog", &rankings.hardest)])
        .args(["--out", &out("label_issue", &rankings.wrong_labels)]);
    process::run(&mut audit)
}
