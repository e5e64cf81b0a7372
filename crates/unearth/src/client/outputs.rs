//! Where rankings go.

use anyhow::{Context as _, Result, ensure};
use std::path::{Path, PathBuf};
use unearth_audit::Signal;

/// `ranked.csv` is that of the `first` signal, `final_loss=labels.csv` that of another.
pub(crate) fn of(first: Signal, out: &[String]) -> Result<Vec<(Signal, PathBuf)>> {
    let output = |text: &String| match text.split_once('=') {
        None => Ok((first, writable(text)?)),
        Some((name, file)) => Ok((signal(name, "--out")?, writable(file)?)),
    };
    out.iter().map(output).collect()
}

/// A file that can be made when the audit is done, as far as that can be told before.
fn writable(file: &str) -> Result<PathBuf> {
    let folder = match Path::new(file).parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    ensure!(
        folder.is_dir(),
        "`--out {file}`: there is no folder `{}`",
        folder.display()
    );
    ensure!(!Path::new(file).is_dir(), "`--out {file}` is a folder");
    Ok(file.into())
}

/// The signal that a flag names.
pub(crate) fn signal(name: &str, flag: &str) -> Result<Signal> {
    let names = || Signal::ALL.map(|signal| signal.info().name).join(", ");
    Signal::from_name(name)
        .with_context(|| format!("`{flag}`: `{name}` is no signal; they are {}", names()))
}
