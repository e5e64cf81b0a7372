//! Signing the page in and out.

use crate::{
    App,
    access::{self, Attempt},
    extract,
    problem::Problem,
    view::access::{LoginCode, Session},
};
use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::CookieJar;
use serde::Deserialize;
use time::Duration;
use unearth_store::access::{
    Identity, Known, Secret, begin_session, end_session, identify, insert_code, take_code,
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// How long a link to the page can sign somebody in.
pub const CODE_LIFETIME: Duration = Duration::hours(24);

/// An access token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartSession {
    /// The token.
    token: String,
}

/// Signs in: sets the cookie that the page's requests carry.
#[utoipa::path(
    post, path = "/v1/session", tag = "access", request_body = StartSession,
    responses((status = 204, description = "The cookie is set."))
)]
pub(crate) async fn start(
    State(app): State<App>,
    attempt: Attempt,
    extract::Json(StartSession { token }): extract::Json<StartSession>,
) -> Result<Response, Problem> {
    let found = access::known(
        &app,
        &attempt,
        Secret::Token(&token),
        "the access token is not valid",
    )
    .await;
    match found {
        Ok(identity) => {
            let cookies = begin(&app, identity.token).await?;
            attempt
                .record(&app, Some(&identity), StatusCode::NO_CONTENT)
                .await;
            Ok((StatusCode::NO_CONTENT, cookies).into_response())
        }
        Err(problem) => {
            attempt.record(&app, None, problem.status()).await;
            Err(problem)
        }
    }
}

/// Tells who asks, and what they may do.
#[utoipa::path(
    get, path = "/v1/session", tag = "access", security(("token" = ["viewer"])),
    responses((status = 200, body = Session))
)]
pub(crate) async fn get(Extension(identity): Extension<Identity>) -> Json<Session> {
    Json(identity.into())
}

/// Signs out: ends the session and removes the cookie.
#[utoipa::path(
    delete, path = "/v1/session", tag = "access",
    responses((status = 204, description = "The session has ended."))
)]
pub(crate) async fn end(State(app): State<App>, cookies: CookieJar) -> Result<Response, Problem> {
    if let Some(cookie) = cookies.get(access::COOKIE) {
        end_session(&app.db, cookie.value()).await?;
    }
    let cookies = cookies.remove(access::no_session());
    Ok((StatusCode::NO_CONTENT, cookies).into_response())
}

/// Makes a code that signs one browser in as who asks: `/login?code=…` within a day.
#[utoipa::path(
    post, path = "/v1/login-codes", tag = "access", security(("token" = ["viewer"])),
    responses((status = 201, body = LoginCode))
)]
pub(crate) async fn code(
    State(app): State<App>,
    Extension(identity): Extension<Identity>,
) -> Result<(StatusCode, Json<LoginCode>), Problem> {
    let (code, now) = ((app.new_secret)(), (app.now)());
    let expires_at = now + CODE_LIFETIME;
    insert_code(&app.db, identity.token, &code, expires_at, now).await?;
    Ok((StatusCode::CREATED, Json(LoginCode { code, expires_at })))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LoginQuery {
    /// The code.
    code: String,
    /// Where on the page to go; its beginning without it.
    to: Option<String>,
}

/// Signs in from a link that a terminal printed, and goes on to the page. A code is good for one browser; whoever is
/// signed in already goes on without.
#[utoipa::path(
    get, path = "/login", tag = "access", params(LoginQuery),
    responses((status = 303, description = "To the page; with `?login=failed` if the code is not valid."))
)]
pub(crate) async fn login(
    State(app): State<App>,
    attempt: Attempt,
    headers: HeaderMap,
    extract::Query(LoginQuery { code, to }): extract::Query<LoginQuery>,
) -> Result<Response, Problem> {
    let to = to.filter(|to| is_ours(to));
    let to = Redirect::to(to.as_deref().unwrap_or("/"));
    app.failed_attempts.check(attempt.client, (app.now)())?;
    if let Some(secret) = access::secret_of(&headers) {
        let known = identify(&app.db, Secret::Session(&secret), (app.now)()).await?;
        if matches!(known, Known::Valid(_)) {
            return Ok(to.into_response());
        }
    }
    let Some(token) = take_code(&app.db, &code, (app.now)()).await? else {
        app.failed_attempts.note(attempt.client, (app.now)());
        attempt.record(&app, None, StatusCode::UNAUTHORIZED).await;
        return Ok(Redirect::to("/?login=failed").into_response());
    };
    let cookies = begin(&app, token).await?;
    Ok((cookies, to).into_response())
}

async fn begin(app: &App, token: Uuid) -> Result<CookieJar, Problem> {
    let secret = (app.new_secret)();
    begin_session(&app.db, (app.new_id)(), token, &secret, (app.now)()).await?;
    Ok(CookieJar::new().add(access::session_cookie(app, secret)))
}

/// Whether an address leads to our own page: another site's begins with two slashes, or what browsers take for them.
fn is_ours(to: &str) -> bool {
    to.starts_with('/') && !to[1..].starts_with(['/', '\\']) && !to.contains(char::is_control)
}
