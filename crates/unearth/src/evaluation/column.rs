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
    let examples = subject.examples.iter().zip(given);
    let examples: Vec<(&str, &str)> = examples
        .map(|(example, &label)| (&*example.key, &*subject.class_names[label]))
        .collect();
    aligned(&ranking, &examples)
        .with_context(|| format!("the ranking by {signal} of audit {audit} cannot be used"))
}

/// Reads a ranking of `examples`, which have these keys and labels.
fn aligned(ranking: &[u8], examples: &[(&str, &str)]) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for row in csv::Reader::from_reader(ranking).deserialize() {
        let row: Row = row?;
        let index = row.index;
        let &(expected_key, expected_label) = examples
            .get(index)
            .with_context(|| format!("it ranks an example {index}, which there is not"))?;
        ensure!(
            row.key == expected_key && row.label == expected_label,
            "its example {index} is `{}` under the label `{}`, not `{expected_key}` under \
             `{expected_label}`",
            row.key,
            row.label
        );
        rows.push(row);
    }
    rows.sort_unstable_by_key(|row| row.index);
    if let Some(pair) = rows.windows(2).find(|pair| pair[0].index == pair[1].index) {
        bail!("it ranks the example {} twice", pair[0].index);
    }
    Ok(rows)
}

/// One score per example, where each has its turn exactly once.
pub(super) fn whole(
    scores: Vec<(usize, Option<f64>)>,
    examples: usize,
) -> Result<Vec<Option<f64>>> {
    let positions = scores.iter().map(|&(position, _)| position);
    ensure!(
        positions.eq(0..examples),
        "the rankings hold {} of {examples} examples, or some of them twice",
        scores.len()
    );
    Ok(scores.into_iter().map(|(_, score)| score).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLES: [(&str, &str); 3] = [("a.png", "cat"), ("b.png", "dog"), ("=c", "cat")];

    fn read(rows: &str) -> Result<Vec<(usize, Option<f64>)>, String> {
        let ranking = format!("rank,index,key,label,split,score\r\n{rows}");
        aligned(ranking.as_bytes(), &EXAMPLES)
            .map(|rows| rows.iter().map(|row| (row.index, row.score)).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn scores_return_to_their_examples() {
        let scores = read("1,2,=c,cat,,1e-7\r\n2,0,a.png,cat,,inf\r\n3,1,b.png,dog,,\r\n").unwrap();
        assert_eq!(
            scores,
            [(0, Some(f64::INFINITY)), (1, None), (2, Some(1e-7))]
        );
        assert_eq!(read("1,1,b.png,dog,,2\r\n").unwrap(), [(1, Some(2.0))]);
    }

    #[test]
    fn a_ranking_of_other_examples_is_refused() {
        let other_key = read("1,0,b.png,cat,,1\r\n").unwrap_err();
        assert_eq!(
            other_key,
            "its example 0 is `b.png` under the label `cat`, not `a.png` under `cat`"
        );
        let other_label = read("1,0,a.png,dog,,1\r\n").unwrap_err();
        assert!(
            other_label.contains("under the label `dog`"),
            "{other_label}"
        );
        let past_the_end = read("1,3,d.png,dog,,1\r\n").unwrap_err();
        assert_eq!(past_the_end, "it ranks an example 3, which there is not");
        let twice = read("1,1,b.png,dog,,2\r\n2,1,b.png,dog,,1\r\n").unwrap_err();
        assert_eq!(twice, "it ranks the example 1 twice");
    }
}
