//! Signing the page in and out.

use crate::{App, auth, extract, problem::Problem};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar};
use serde::Deserialize;
use unearth_store::tokens;
use utoipa::{IntoParams, ToSchema};

/// An access token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartSession {
    /// The token.
    token: String,
}

/// Signs in: sets the cookie that the page's requests carry.
#[utoipa::path(
    post, path = "/v1/session", tag = "session", request_body = StartSession,
    responses((status = 204, description = "The cookie is set."))
)]
pub(crate) async fn start(
    State(app): State<App>,
    extract::Json(request): extract::Json<StartSession>,
) -> Result<Response, Problem> {
    if !tokens::is_valid(&app.db, &request.token).await? {
        return Err(auth::refusal("the access token is not valid"));
    }
    let cookies = CookieJar::new().add(auth::session_cookie(&app, request.token));
    Ok((StatusCode::NO_CONTENT, cookies).into_response())
}

/// Signs out: removes the cookie.
#[utoipa::path(
    delete, path = "/v1/session", tag = "session",
    responses((status = 204, description = "The cookie is gone."))
)]
pub(crate) async fn end(cookies: CookieJar) -> Response {
    let cookies = cookies.remove(Cookie::build(auth::COOKIE).path("/"));
    (StatusCode::NO_CONTENT, cookies).into_response()
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LoginQuery {
    /// The token.
    token: String,
}

/// Signs in from the link that a terminal prints, and goes on to the page.
#[utoipa::path(
    get, path = "/login", tag = "session", params(LoginQuery),
    responses((status = 303, description = "To the page; with `?login=failed` if the token is not valid."))
)]
pub(crate) async fn login(
    State(app): State<App>,
    cookies: CookieJar,
    extract::Query(query): extract::Query<LoginQuery>,
) -> Result<Response, Problem> {
    if !tokens::is_valid(&app.db, &query.token).await? {
        return Ok(Redirect::to("/?login=failed").into_response());
    }
    let cookies = cookies.add(auth::session_cookie(&app, query.token));
    Ok((cookies, Redirect::to("/")).into_response())
}
