//! The scores of an audit, back beside their examples.

use super::subject::Subject;
use crate::client::{Client, accepted};
use anyhow::{Context as _, Result, bail, ensure};
use reqwest::Method;
use serde::Deserialize;
use unearth_audit::{Population, Signal};

/// The columns of a ranking that are needed.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub(super) index: usize,
    key: String,
    label: String,
    pub(super) score: Option<f64>,
    /// What the archaeology calls it; there is none where none was asked for.
    #[serde(default)]
    pub(super) category: Option<String>,
    /// Share of the votes for random outputs.
    #[serde(default)]
    pub(super) p_random_outputs: Option<f64>,
}

/// Every example that an audit ranked by `signal`, by position, which is the row's index. `given` are the
/// labels that the audited copy has.
///
/// # Errors
/// When the ranking cannot be had, or is one of other examples.
pub(super) async fn rows(
    client: &Client,
    audit: &str,
    (signal, population): (Signal, Population),
    subject: &Subject,
    given: &[usize],
) -> Result<Vec<Row>> {
    let signal = signal.info().name;
    let population = match population {
        Population::Trained => "trained",
        Population::HeldOut => "held_out",
    };
    let request = client
        .request(Method::GET, &format!("/v1/audits/{audit}/ranking.csv"))
        // Raw: keys and labels are compared, not shown.
        .query(&[
            ("signal", signal),
            ("population", population),
            ("raw", "true"),
        ]);
    let ranking = accepted(request.send().await?).await?.bytes().await?;
    aligned(&ranking, subject, given)
        .with_context(|| format!("the ranking by {signal} of audit {audit} cannot be used"))
}

fn aligned(ranking: &[u8], subject: &Subject, given: &[usize]) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for row in csv::Reader::from_reader(ranking).deserialize() {
        let row: Row = row?;
        let index = row.index;
        let example = subject
            .examples
            .get(index)
            .with_context(|| format!("it ranks an example {index}, which there is not"))?;
        let expected = &subject.class_names[given[index]];
        ensure!(
            row.key == example.key && row.label == *expected,
            "its example {index} is `{}` under the label `{}`, not `{}` under `{expected}`",
            row.key,
            row.label,
            example.key
        );
        rows.push(row);
    }
    rows.sort_unstable_by_key(|row| row.index);
    if let Some(pair) = rows.windows(2).find(|pair| pair[0].index == pair[1].index) {
        bail!("it ranks the example {} twice", pair[0].index);
    }
    Ok(rows)
}
