//! A client of the HTTP API, for the commands that have work done.

pub(crate) mod audits;
pub(crate) mod datasets;
pub(crate) mod download;
pub(crate) mod external;
mod follow;
pub(crate) mod locate;
pub(crate) mod outputs;
mod pace;
mod patience;
pub(crate) mod population_table;
pub(crate) mod progress;
mod sending;
pub(crate) mod tables;
pub(crate) mod upload;
mod validation;
pub(crate) mod weights;

use anyhow::{Context as _, Result};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::fmt;

/// An answer that is not what was asked for, in the server's own words.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Refused {}

/// One server and the right to use it.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Client {
    pub(crate) fn new(base: &str, token: &str) -> Self {
        Self {
            http: http(),
            base: base.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
        }
    }

    /// A link to a page of this server that signs one browser in.
    pub(crate) async fn login_link(&self, to: &str) -> Result<String> {
        #[derive(Deserialize)]
        struct Made {
            code: String,
        }
        let Made { code } = self.post("/v1/login-codes", &Value::Null).await?;
        let page = Url::parse_with_params(
            &format!("{}/login", self.base),
            [("code", &*code), ("to", to)],
        )?;
        Ok(page.into())
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.token)
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        answer(self.request(Method::GET, path).send().await?).await
    }

    /// Posts under an idempotency key: the same key and body have the same answer.
    pub(crate) async fn post_once<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
        key: &str,
    ) -> Result<T> {
        let request = self.request(Method::POST, path).json(body);
        answer(request.header("Idempotency-Key", key).send().await?).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T> {
        answer(self.request(Method::POST, path).json(body).send().await?).await
    }
}

/// What speaks HTTP. A machine without certificates of authorities has nothing to trust a server with TLS by, but may
/// well speak to one without, such as its own.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().build().unwrap_or_else(|_| {
        let trusting_nobody = reqwest::Client::builder().tls_certs_only([]);
        trusting_nobody
            .build()
            .expect("there are no certificates left to fail to load")
    })
}

/// Reads an answer; a problem document becomes a [`Refused`].
pub(crate) async fn answer<T: DeserializeOwned>(response: Response) -> Result<T> {
    let response = accepted(response).await?;
    response
        .json()
        .await
        .context("the server's answer cannot be read")
}

/// Passes a good answer on; a problem document becomes a [`Refused`].
pub(crate) async fn accepted(response: Response) -> Result<Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let problem: Value = response.json().await.unwrap_or_default();
    let text = problem_text(&problem).unwrap_or_else(|| format!("the server answered {status}"));
    Err(Refused { status, text }.into())
}

/// `title: detail`, each field's error where there are several (one is the detail), and the hint.
fn problem_text(problem: &Value) -> Option<String> {
    let text = |key: &str| problem.get(key).and_then(Value::as_str);
    let mut lines = vec![match text("detail") {
        Some(detail) => format!("{}: {detail}", text("title")?),
        None => text("title")?.to_owned(),
    }];
    let errors = problem.get("errors").and_then(Value::as_array);
    for error in errors
        .filter(|errors| errors.len() > 1)
        .into_iter()
        .flatten()
    {
        let part = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default();
        lines.push(format!("  `{}`: {}", part("field"), part("detail")));
    }
    if let Some(hint) = text("hint") {
        lines.push(format!("hint: {hint}"));
    }
    Some(lines.join("\n"))
}
