//! The page: files that were built into the program.

use crate::problem::{self, Problem};
use axum::{
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;
use std::borrow::Cow;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist"]
#[allow_missing = true]
struct Files;

/// Shown where the page was not built.
const PLACEHOLDER: &str = include_str!("page_placeholder.html");
/// Routes of the API; nothing there is the page's.
const API_PREFIX: &str = "/v1";

/// What the page may load: its own files and nothing else.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// A file of the page, or the page itself for its own routes (`/audits/…`).
pub(crate) async fn serve(
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let path = uri.path();
    let of_the_api = path
        .strip_prefix(API_PREFIX)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if of_the_api || !matches!(method, Method::GET | Method::HEAD) {
        return Err(not_there(path));
    }
    let name = path.trim_start_matches('/');
    let is_file = name
        .rsplit('/')
        .next()
        .is_some_and(|last| last.contains('.'));
    if !is_file {
        return Ok(index(&headers));
    }
    let hidden = name.split('/').any(|part| part.starts_with('.'));
    let file = Files::get(name)
        .filter(|_| !hidden)
        .ok_or_else(|| not_there(path))?;
    // Vite names the files in assets/ after their content.
    let caching = if name.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let hash = file.metadata.sha256_hash();
    Ok(answer(
        &headers,
        &hash,
        media_type(name),
        caching,
        file.data,
    ))
}

fn index(headers: &HeaderMap) -> Response {
    const HTML: &str = "text/html; charset=utf-8";
    let Some(file) = Files::get("index.html") else {
        let hash = blake3::hash(PLACEHOLDER.as_bytes());
        let data = PLACEHOLDER.as_bytes().into();
        return answer(headers, hash.as_bytes(), HTML, "no-cache", data);
    };
    let hash = file.metadata.sha256_hash();
    answer(headers, &hash, HTML, "no-cache", file.data)
}

fn answer(
    headers: &HeaderMap,
    hash: &[u8; 32],
    media_type: &'static str,
    caching: &'static str,
    data: Cow<'static, [u8]>,
) -> Response {
    // Weak, since a compressed answer carries it too.
    let etag = format!("W/\"{}\"", blake3::Hash::from_bytes(*hash).to_hex());
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|tags| tags.split(',').any(|tag| tag.trim() == etag));
    let caching = [
        (header::CACHE_CONTROL, HeaderValue::from_static(caching)),
        (
            header::ETAG,
            HeaderValue::try_from(etag).expect("a hash in hex is plain ASCII"),
        ),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(header::CONTENT_TYPE, media_type)], data).into_response()
}

fn not_there(path: &str) -> Problem {
    Problem::new(
        &problem::NO_SUCH_ROUTE,
        format!("there is nothing at `{path}`"),
    )
    .hint("/openapi.json lists every address")
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" | "map" | "webmanifest" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
