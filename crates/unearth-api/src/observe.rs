//! Request ids, spans, counters.

use crate::App;
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method},
    middleware::Next,
    response::Response,
};
use std::{sync::Arc, time::Instant};
use tracing::Instrument as _;

/// What the log knows a request by.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) Arc<str>);

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Names the request, runs it within a span, counts it and returns its name.
pub(crate) async fn request(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id: Arc<str> = given_id(request.headers())
        .unwrap_or_else(|| (app.new_id)().to_string())
        .into();
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let method = known(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "page".to_owned(), |path| path.as_str().to_owned());
    // The path alone: the query of /login holds a token.
    let span =
        tracing::info_span!("request", %method, path = request.uri().path(), request_id = %id);

    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let seconds = started.elapsed().as_secs_f64();

    let status = response.status().as_u16();
    span.in_scope(|| tracing::info!(status, seconds, "answered"));
    let labels = [
        ("method", method.to_owned()),
        ("route", route),
        ("status", status.to_string()),
    ];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", &labels).record(seconds);
    let id = HeaderValue::from_str(&id).expect("ids are letters, digits and dashes");
    response.headers_mut().insert(HEADER, id);
    response
}

/// The method as a label: a client may invent any number of others.
fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let name = KNOWN.into_iter().find(|known| *known == method.as_str());
    name.unwrap_or("other")
}

/// The client's own name for the request, where it is short and plain.
fn given_id(headers: &HeaderMap) -> Option<String> {
    const LENGTH_MAX: usize = 64;
    let id = headers.get(HEADER)?.to_str().ok()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let fits = !id.is_empty() && id.len() <= LENGTH_MAX && id.chars().all(plain);
    fits.then(|| id.to_owned())
}
