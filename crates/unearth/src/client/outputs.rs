//! Where rankings go.

use super::{Client, download};
use crate::output::writable;
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::path::PathBuf;
use unearth_audit::{Level, Signal};

/// A ranking of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ranking {
    pub(crate) signal: Signal,
    /// The population that is compared with the unpruned one; of `pie` alone.
    pub(crate) level: Option<Level>,
}

impl Ranking {
    /// By a signal that has one ranking.
    pub(crate) fn of(signal: Signal) -> Self {
        Self {
            signal,
            level: None,
        }
    }

    /// `vog`, `pie@0.5`, `cie_int8`.
    pub(crate) fn name(self) -> String {
        let exemplars = self.level.and_then(Level::exemplars);
        exemplars.unwrap_or_else(|| self.signal.to_string())
    }

    /// The one that `--out` names.
    fn named(name: &str) -> Result<Self> {
        if let Some(level) = Level::of_exemplars(name) {
            return Ok(Self {
                signal: Signal::Pie,
                level: Some(level),
            });
        }
        let signal = signal(name, "--out")?;
        if signal == Signal::Pie {
            bail!(
                "`--out`: pie ranks by several populations; name one, such as `pie@0.5=FILE` or `cie_int8=FILE`"
            );
        }
        Ok(Self::of(signal))
    }
}

/// `ranked.csv` is that of the `first` signal, `final_loss=labels.csv` that of another.
pub(crate) fn of(first: Signal, out: &[String]) -> Result<Vec<(Ranking, PathBuf)>> {
    let output = |text: &String| match text.split_once('=') {
        None => Ok((Ranking::of(first), writable(text.as_ref(), "--out")?)),
        Some((name, file)) => Ok((Ranking::named(name)?, writable(file.as_ref(), "--out")?)),
    };
    out.iter().map(output).collect()
}

/// Writes rankings and says where.
pub(crate) async fn written(
    client: &Client,
    audit: &Value,
    outputs: &[(Ranking, PathBuf)],
) -> Result<()> {
    for (ranking, file) in outputs {
        download::ranking(client, audit, *ranking, file).await?;
        println!(
            "{:<11} {}",
            ranking.name(),
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
