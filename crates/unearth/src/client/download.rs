//! A ranking, written to a file with the record of how it was made beside it.

use super::{Client, accepted, outputs::Ranking};
use crate::output::beside;
use anyhow::{Context as _, Result};
use futures::TryStreamExt as _;
use reqwest::{Method, Response};
use serde_json::{Map, Value};
use std::path::Path;
use tokio::{fs::File, io::AsyncWriteExt as _};

/// Writes a ranking of an audit: whole or not at all.
pub(crate) async fn ranking(
    client: &Client,
    audit: &Value,
    ranking: Ranking,
    file: &Path,
) -> Result<()> {
    let id = audit["id"].as_str().context("the audit has no id")?;
    let request = client
        .request(Method::GET, &format!("/v1/audits/{id}/ranking.csv"))
        .query(&[("signal", ranking.signal.info().name)])
        .query(&ranking.level.map(|level| [("level", level.to_string())]));
    let response = accepted(request.send().await?).await?;
    let record = record(&response, audit, ranking);
    let new = beside(file, ".part");
    let write = async {
        let mut out = File::create(&new).await?;
        let mut pieces = response.bytes_stream();
        while let Some(piece) = pieces.try_next().await? {
            out.write_all(&piece).await?;
        }
        out.sync_all().await?;
        tokio::fs::rename(&new, file).await?;
        tokio::fs::write(beside(file, ".json"), serde_json::to_vec_pretty(&record)?).await?;
        anyhow::Ok(())
    };
    write
        .await
        .with_context(|| format!("cannot write `{}`", file.display()))
}

/// What must be known to make the same ranking again.
fn record(response: &Response, audit: &Value, ranking: Ranking) -> Value {
    let headers = response.headers().iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix("x-unearth-")?;
        Some((name.replace('-', "_"), Value::from(value.to_str().ok()?)))
    });
    let mut record: Map<String, Value> = headers.collect();
    let info = ranking.signal.info();
    record.insert("signal".into(), info.name.into());
    if let Some(level) = ranking.level {
        record.insert("level".into(), level.to_string().into());
        record.insert("pie".into(), audit["pie"].clone());
    }
    record.insert("formula".into(), info.formula.into());
    record.insert("audit_id".into(), audit["id"].clone());
    for key in [
        "dataset_id",
        "dataset_name",
        "recipe",
        "external",
        "recipe_hash",
        "seed",
        "result",
    ] {
        record.insert(key.into(), audit[key].clone());
    }
    record.into()
}
