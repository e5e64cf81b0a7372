//! The signals that there are.

use crate::view::score::Signals;
use axum::Json;
use unearth_audit::Signal;

/// Lists the signals with their meaning.
#[utoipa::path(
    get, path = "/v1/signals", tag = "rankings", security(("token" = ["viewer"])),
    responses((status = 200, body = Signals))
)]
pub(crate) async fn list() -> Json<Signals> {
    let items = Signal::ALL.into_iter().map(Signal::info).collect();
    Json(Signals { items })
}
