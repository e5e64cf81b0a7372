//! Where rankings go.

use super::{Client, download};
use crate::output::writable;
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::path::PathBuf;
use unearth_audit::Signal;

/// `ranked.csv` is that of the `first` signal, `final_loss=labels.csv` that of another.
pub(crate) fn of(first: Signal, out: &[String]) -> Result<Vec<(Signal, PathBuf)>> {
    let output = |text: &String| match text.split_once('=') {
        None => Ok((first, writable(text.as_ref(), "--out")?)),
        Some((name, file)) => Ok((signal(name, "--out")?, writable(file.as_ref(), "--out")?)),
    };
    out.iter().map(output).collect()
}

/// Writes rankings and says where.
pub(crate) async fn written(
    client: &Client,
    audit: &Value,
    outputs: &[(Signal, PathBuf)],
) -> Result<()> {
    for (signal, file) in outputs {
        download::ranking(client, audit, *signal, file).await?;
        println!(
            "{:<11} {}",
            signal.info().name,
            std::path::absolute(file)?.display()
        );
    }
    Ok(())
}

/// The signal that a flag names.
pub(crate) fn signal(name: &str, flag: &str) -> Result<Signal> {
    let names = || Signal::ALL.map(|signal| signal.info().name).join(", ");
    Signal::from_name(name)
        .with_context(|| format!("`{flag}`: `{name}` is no signal; they are {}", names()))
}
