//! Answers to requests that an audit takes up.

use super::load;
use crate::{
    App,
    problem::Problem,
    view::audit::{self, Audit},
};
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use uuid::Uuid;

/// The answer to a request that began an audit.
pub(super) async fn begun(app: &App, id: Uuid) -> Result<Response, Problem> {
    let view = Audit::from(load::audit(app, id).await?);
    let location = [(header::LOCATION, audit::url(id))];
    Ok((StatusCode::ACCEPTED, location, axum::Json(view)).into_response())
}

/// The answer to a request that changes what an audit does.
pub(super) async fn accepted(app: &App, id: Uuid) -> Result<Response, Problem> {
    let view = Audit::from(load::audit(app, id).await?);
    Ok((StatusCode::ACCEPTED, axum::Json(view)).into_response())
}
