//! Datasets, brought to the server.

use super::{Client, upload::Upload, validation};
use crate::exit::{DATASET_REFUSED, Failure};
use anyhow::anyhow;
use serde_json::Value;

/// The dataset of an upload, once it is there and validated.
pub(crate) async fn ready(
    client: &Client,
    upload: Upload,
    skip_bad_examples: bool,
) -> Result<Value, Failure> {
    let on_bad_example = if skip_bad_examples { "skip" } else { "refuse" };
    let uploaded = upload.send(client, on_bad_example).await?;
    validated(client, uploaded).await
}

/// An uploaded dataset, once it is validated.
pub(crate) async fn validated(client: &Client, uploaded: Value) -> Result<Value, Failure> {
    let dataset = validation::dataset(client, uploaded).await?;
    if dataset["state"] == "failed" {
        return Err(Failure::with_code(
            DATASET_REFUSED,
            anyhow!("{}", refusal(&dataset["error"])),
        ));
    }
    let warnings = dataset["report"]["warnings"].as_array();
    for warning in warnings.into_iter().flatten() {
        eprintln!("warning: {}", warning.as_str().unwrap_or_default());
    }
    Ok(dataset)
}

/// Detail, the bad examples, and the hint.
fn refusal(error: &Value) -> String {
    let mut lines = vec![
        error["detail"]
            .as_str()
            .unwrap_or("the dataset was refused")
            .to_owned(),
    ];
    for bad in error["bad_examples"].as_array().into_iter().flatten() {
        let name = bad["name"].as_str().unwrap_or_default();
        lines.push(format!(
            "  {name}: {}",
            bad["reason"].as_str().unwrap_or_default()
        ));
    }
    if let Some(hint) = error["hint"].as_str() {
        lines.push(format!("hint: {hint}"));
    }
    lines.join("\n")
}
