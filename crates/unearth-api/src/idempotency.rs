//! `Idempotency-Key`: a POST that is sent twice is carried out once.

use crate::{
    App,
    detached::to_the_end,
    extract::JSON_BYTES_MAX,
    problem::{self, Problem},
};
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{convert::Infallible, time::Duration};
use unearth_store::idempotency::{self, Answer, Seen};

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// How often a key in flight is renewed; it is abandoned after a minute.
const RENEWED_EVERY: Duration = Duration::from_secs(20);
/// Largest answer that is kept, bytes.
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// Answers POST requests with small bodies once.
pub(crate) async fn small_posts(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let key = key_of(request.headers())?;
    if key.is_none() || request.method() != Method::POST {
        return Ok(next.run(request).await);
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, JSON_BYTES_MAX).await.map_err(|_| {
        let detail = format!("the body may hold at most {JSON_BYTES_MAX} bytes");
        Problem::new(&problem::BODY_TOO_LARGE, detail)
    })?;
    let hash = request_hash(&parts.method, &parts.uri, blake3::hash(&body));
    let request = Request::from_parts(parts, Body::from(body));
    answer_once(app, key, hash, next.run(request)).await
}

/// The client's key.
pub(crate) fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    const LENGTH_MAX: usize = 255;
    let Some(value) = headers.get(HEADER) else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= LENGTH_MAX => Ok(Some(key.to_owned())),
        _ => {
            let detail = format!("must be 1 to {LENGTH_MAX} printable ASCII characters");
            Err(Problem::invalid_field("Idempotency-Key", detail))
        }
    }
}

/// What a key stands for: method, address and body.
pub(crate) fn request_hash(method: &Method, uri: &Uri, body: blake3::Hash) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(method.as_str().as_bytes());
    hasher.update(b" ");
    hasher.update(
        uri.path_and_query()
            .map_or("", |path| path.as_str())
            .as_bytes(),
    );
    hasher.update(b"\n");
    hasher.update(body.as_bytes());
    hasher.finalize()
}

/// Runs `answer`, or gives the answer that this key got before and drops `answer` unrun.
///
/// Once begun it runs to its end, also when the client goes away: the key gets its answer, and
/// nothing stays half done.
pub(crate) async fn answer_once(
    app: App,
    key: Option<String>,
    request_hash: blake3::Hash,
    answer: impl Future<Output = Response> + Send + 'static,
) -> Result<Response, Problem> {
    let Some(key) = key else {
        return to_the_end(answer).await;
    };
    match idempotency::begin(&app.db, &key, request_hash.as_bytes(), (app.now)()).await? {
        Seen::New => to_the_end(remembered(app, key, answer)).await?,
        Seen::Answered(answer) => replay(answer),
        Seen::InFlight => {
            let detail = format!("another request with the key `{key}` is being answered");
            Err(Problem::new(&problem::IDEMPOTENCY_KEY_IN_FLIGHT, detail)
                .hint("send it again in a moment")
                .header(header::RETRY_AFTER, HeaderValue::from_static("1")))
        }
        Seen::OtherBody => {
            let detail = format!("the key `{key}` came with another address or body before");
            Err(Problem::new(&problem::IDEMPOTENCY_KEY_REUSED, detail)
                .hint("choose a new key for a new request"))
        }
    }
}

/// Keeps a success under its key; after a refusal the same key may try again.
async fn remembered(
    app: App,
    key: String,
    answer: impl Future<Output = Response>,
) -> Result<Response, Problem> {
    let response = tokio::select! {
        response = answer => response,
        never = renewed(&app, &key) => match never {},
    };
    if !response.status().is_success() {
        idempotency::forget(&app.db, &key).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, ANSWER_BYTES_MAX)
        .await
        .map_err(Problem::internal)?;
    let location = parts.headers.get(header::LOCATION);
    let answer = Answer {
        status: parts.status.as_u16(),
        body: serde_json::from_slice(&body).map_err(Problem::internal)?,
        location: location
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
    };
    idempotency::finish(&app.db, &key, &answer).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Keeps a key in flight for as long as its answer takes, which may be longer than its client waits.
async fn renewed(app: &App, key: &str) -> Infallible {
    loop {
        tokio::time::sleep(RENEWED_EVERY).await;
        if let Err(error) = idempotency::renew(&app.db, key, (app.now)()).await {
            tracing::warn!(%error, "a key in flight could not be renewed");
        }
    }
}

fn replay(answer: Answer) -> Result<Response, Problem> {
    let status = StatusCode::from_u16(answer.status).map_err(Problem::internal)?;
    let mut response = (status, axum::Json(answer.body)).into_response();
    if let Some(location) = answer.location {
        let location = HeaderValue::try_from(location).map_err(Problem::internal)?;
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}
