//! The scores of an audit, back beside their examples.

use super::subject::Subject;
use crate::client::{Client, accepted};
use anyhow::{Context as _, Result, bail, ensure};
use reqwest::Method;
use serde::Deserialize;
use unearth_audit::{Population, Signal};

/// The columns of a ranking that are needed.
#[derive(Debug, Deserialize)]
struct Row {
    index: usize,
    key: String,
    label: String,
    score: Option<f64>,
}

/// Position and score of every example that an audit ranked by `signal`, by position. `given` are the labels
/// that the audited copy has.
///
/// # Errors
/// When the ranking cannot be had, or is one of other examples.
pub(super) async fn scores(
    client: &Client,
    audit: &str,
    (signal, population): (Signal, Population),
    subject: &Subject,
    given: &[usize],
) -> Result<Vec<(usize, Option<f64>)>> {
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

fn aligned(
    ranking: &[u8],
    subject: &Subject,
    given: &[usize],
) -> Result<Vec<(usize, Option<f64>)>> {
    let mut scores = Vec::new();
    for row in csv::Reader::from_reader(ranking).deserialize() {
        let Row {
            index,
            key,
            label,
            score,
        } = row?;
        let example = subject
            .examples
            .get(index)
            .with_context(|| format!("it ranks an example {index}, which there is not"))?;
        let expected = &subject.class_names[given[index]];
        ensure!(
            key == example.key && label == *expected,
            "its example {index} is `{key}` under the label `{label}`, not `{}` under `{expected}`",
            example.key
        );
        scores.push((index, score));
    }
    scores.sort_unstable_by_key(|&(position, _)| position);
    if let Some(pair) = scores.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        bail!("it ranks the example {} twice", pair[0].0);
    }
    Ok(scores)
}
