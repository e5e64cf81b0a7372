//! The OpenAPI document itself.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use std::sync::LazyLock;

static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    crate::openapi()
        .to_json()
        .expect("an OpenAPI document is plain data")
});

/// Shows this document.
#[utoipa::path(
    get, path = "/openapi.json", tag = "server", security(("token" = ["viewer"])),
    responses((status = 200, body = serde_json::Value))
)]
pub(crate) async fn get() -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json")];
    (headers, DOCUMENT.as_str()).into_response()
}
