//! A file of initial weights, on the server under its hash.

use super::{
    Client, accepted, answer,
    sending::{self, Sent},
};
use anyhow::{Context as _, Result, bail};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::{
    fs::File,
    path::{Path, PathBuf},
};

/// A local file and the hash that recipes name it by.
pub(crate) struct Weights {
    path: PathBuf,
    bytes: u64,
    hash: String,
}

impl Weights {
    /// Reads and hashes a file.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let read = || {
            let file = File::open(path)?;
            let bytes = file.metadata()?.len();
            let mut hasher = blake3::Hasher::new();
            hasher.update_reader(file)?;
            Ok::<_, std::io::Error>((bytes, hasher.finalize().to_hex().to_string()))
        };
        let (bytes, hash) =
            read().with_context(|| format!("cannot read the weights `{}`", path.display()))?;
        Ok(Self {
            path: path.to_owned(),
            bytes,
            hash,
        })
    }

    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }

    /// Sends them, unless the server has them already.
    pub(crate) async fn bring_to(&self, client: &Client) -> Result<()> {
        if self.is_on(client).await? {
            return Ok(());
        }
        let name = self
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let sent = Sent::default();
        let body = sending::file(&self.path, &sent).await?;
        let request = client
            .request(Method::POST, "/v1/weights")
            .query(&[("name", name)])
            .body(body);
        let answered = async { answer::<Value>(request.send().await?).await };
        let kept = sending::shown("sending weights", self.bytes, &sent, answered)
            .await
            .with_context(|| format!("cannot use the weights `{}`", self.path.display()))?;
        if kept["hash"] != self.hash.as_str() {
            bail!(
                "the weights `{}` changed while they were sent",
                self.path.display()
            );
        }
        Ok(())
    }

    async fn is_on(&self, client: &Client) -> Result<bool> {
        let path = format!("/v1/weights/{}", self.hash);
        let response = client.request(Method::GET, &path).send().await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        accepted(response).await?;
        Ok(true)
    }
}
