//! Audits, asked for and waited for.

use super::{Client, Refused, follow, progress::duration};
use crate::exit::{FAILED, Failure};
use anyhow::{Context as _, Result, anyhow};
use reqwest::StatusCode;
use serde_json::Value;

/// Begins the audit of this `POST /v1/audits` body, or finds the one that it began before, shows how far it
/// is, and returns it when it has succeeded.
pub(crate) async fn succeeded(client: &Client, request: &Value) -> Result<Value, Failure> {
    let identity = blake3::hash(request.to_string().as_bytes());
    let audit = begun(client, request, identity).await?;
    say_estimate(&audit);
    followed(client, id(&audit)?).await
}

/// Shows how far an audit is, and returns it when it has succeeded.
pub(crate) async fn followed(client: &Client, id: &str) -> Result<Value, Failure> {
    follow::audit(client, id).await?;
    let audit: Value = client.get(&format!("/v1/audits/{id}")).await?;
    if audit["state"] != "succeeded" {
        let reason = audit["reason"].as_str().unwrap_or("no reason is known");
        let state = audit["state"].as_str().unwrap_or("unfinished");
        return Err(Failure::with_code(
            FAILED,
            anyhow!("the audit {state}: {reason}"),
        ));
    }
    Ok(audit)
}

/// Identity of an audit.
pub(crate) fn id(audit: &Value) -> Result<&str> {
    audit["id"].as_str().context("the audit has no id")
}

/// Begins an audit. The same identity within a day is the same audit: it goes on where it was interrupted,
/// is tried again if it failed, and is only reported if it is done.
pub(crate) async fn begun(
    client: &Client,
    request: &Value,
    identity: blake3::Hash,
) -> Result<Value> {
    let key = identity.to_hex();
    let audit: Value = client.post_once("/v1/audits", request, &key).await?;
    let path = format!("/v1/audits/{}", id(&audit)?);
    let current = match client.get::<Value>(&path).await {
        Err(error) if is_not_found(&error) => {
            // It was deleted since.
            return client.post("/v1/audits", request).await;
        }
        current => current?,
    };
    match current["state"].as_str() {
        Some("failed" | "cancelled") => client.post(&format!("{path}/retry"), &Value::Null).await,
        _ => Ok(current),
    }
}

fn is_not_found(error: &anyhow::Error) -> bool {
    let refused = error.downcast_ref::<Refused>();
    refused.is_some_and(|refused| refused.status == StatusCode::NOT_FOUND)
}

/// What the audit will take, unless that is known to be over.
fn say_estimate(audit: &Value) {
    if matches!(audit["state"].as_str(), Some("queued" | "running")) {
        eprintln!("{:<22} about {}", "estimate", cost(&audit["estimate"]));
    }
}

/// Time and room in the database.
pub(crate) fn cost(estimate: &Value) -> String {
    let seconds = estimate["seconds"].as_f64().unwrap_or(0.0);
    let megabytes = estimate["database_bytes"].as_f64().unwrap_or(0.0) / 1e6;
    format!("{}, {megabytes:.0} MB of database", duration(seconds))
}
