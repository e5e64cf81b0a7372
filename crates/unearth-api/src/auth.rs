//! Who may ask: the holder of an access token, as a bearer or in the page's cookie.

use crate::{
    App,
    problem::{self, Problem},
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use unearth_store::tokens;

/// Name of the page's cookie.
pub(crate) const COOKIE: &str = "unearth_session";

/// Lets a request through that carries a valid token.
pub(crate) async fn require(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Some(token) = token_of(request.headers()) else {
        return Err(refusal("the request carries no access token"));
    };
    if !tokens::is_valid(&app.db, &token).await? {
        return Err(refusal("the access token is not valid"));
    }
    Ok(next.run(request).await)
}

/// The refusal of a request without a valid token.
pub(crate) fn refusal(detail: &str) -> Problem {
    Problem::new(&problem::UNAUTHENTICATED, detail)
        .hint("send `Authorization: Bearer <token>`; `unearth token` makes a token")
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

fn token_of(headers: &HeaderMap) -> Option<String> {
    match headers.get(header::AUTHORIZATION) {
        Some(value) => {
            let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
            scheme
                .eq_ignore_ascii_case("bearer")
                .then(|| token.trim().to_owned())
        }
        None => CookieJar::from_headers(headers)
            .get(COOKIE)
            .map(|cookie| cookie.value().to_owned()),
    }
}

/// The cookie that keeps a browser signed in: out of reach of scripts and of other sites.
pub(crate) fn session_cookie(app: &App, token: String) -> Cookie<'static> {
    Cookie::build((COOKIE, token))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(app.public_url.starts_with("https://"))
        .permanent()
        .build()
}
