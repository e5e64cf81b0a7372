//! `unearth health`: for container health checks, where there is no curl.

use crate::{
    cli::HealthArgs,
    client,
    exit::{Failure, NO_SERVER},
};
use anyhow::Context as _;
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(args: &HealthArgs) -> Result<(), Failure> {
    let url = format!("{}/healthz", args.url.trim_end_matches('/'));
    let asked = client::http()
        .get(&url)
        .timeout(Duration::from_secs(5))
        .send()
        .await;
    asked
        .and_then(reqwest::Response::error_for_status)
        .with_context(|| format!("`{url}` does not answer well"))
        .map_err(|error| Failure::with_code(NO_SERVER, error))?;
    Ok(())
}
