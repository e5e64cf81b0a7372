//! The cookie of a browser that signed in.

use crate::App;
use axum::http::HeaderMap;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use unearth_store::access::SESSION_IDLE;

/// Name of the cookie.
pub(crate) const COOKIE: &str = "unearth_session";

/// The secret of the session that a browser's cookie holds.
pub(crate) fn secret_of(headers: &HeaderMap) -> Option<String> {
    let cookies = CookieJar::from_headers(headers);
    cookies.get(COOKIE).map(|cookie| cookie.value().to_owned())
}

/// Takes the cookie back from a browser, so that it does not come with what it has any more.
pub(crate) fn no_session() -> Cookie<'static> {
    let mut cookie = Cookie::build(COOKIE).path("/").build();
    cookie.make_removal();
    cookie
}

/// The cookie that keeps a browser signed in: out of reach of scripts and of other sites.
pub(crate) fn session_cookie(app: &App, secret: String) -> Cookie<'static> {
    Cookie::build((COOKIE, secret))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(app.public_url.starts_with("https://"))
        .max_age(SESSION_IDLE)
        .build()
}
