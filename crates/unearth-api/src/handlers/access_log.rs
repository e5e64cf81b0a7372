//! Who changed what, and who was refused.

use crate::{
    App,
    extract::Query,
    paging::{self, PageSize},
    problem::Problem,
    view::access::{AccessLog, AccessLogEntry},
};
use axum::{Json, extract::State};
use serde::Deserialize;
use unearth_store::access;
use utoipa::IntoParams;

const PAGE: PageSize = PageSize {
    default: 100,
    max: 1_000,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LogQuery {
    /// `next` of the page before.
    after: Option<String>,
    /// How many, at most 1,000; 100 by default.
    limit: Option<i64>,
}

/// Lists who changed what and who was refused, the newest first.
#[utoipa::path(
    get, path = "/v1/access-log", tag = "access", security(("token" = ["admin"])),
    params(LogQuery), responses((status = 200, body = AccessLog))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Query(query): Query<LogQuery>,
) -> Result<Json<AccessLog>, Problem> {
    let limit = PAGE.limit(query.limit)?;
    let before: Option<i64> = paging::cursor(query.after.as_deref())?;
    let entries = access::entries(&app.db, before, limit + 1).await?;
    let (entries, next) = paging::split(entries, limit, |entry| entry.id);
    Ok(Json(AccessLog {
        items: entries.into_iter().map(AccessLogEntry::from).collect(),
        next,
    }))
}
