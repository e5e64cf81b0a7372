//! Requests that another site makes a browser send.
//!
//! The cookie is `SameSite=Strict`; this stands beside it, for browsers and neighbours (another port of this machine is
//! the same site) that do not keep to it. Browsers say with every request where it comes from, and pages cannot change
//! what they say.

use crate::problem::{self, Problem};
use axum::http::{header, request::Parts, uri::Authority};

/// Refuses what changes something, comes with a browser's cookie, and does not come from our own page.
pub(super) fn check(parts: &Parts) -> Result<(), Problem> {
    if parts.method.is_safe() || is_own(parts) {
        return Ok(());
    }
    let detail = "the request does not come from Unearth's own page";
    Err(Problem::new(&problem::CROSS_SITE_REQUEST, detail)
        .hint("a program sends `Authorization: Bearer <token>` instead of the page's cookie"))
}

fn is_own(parts: &Parts) -> bool {
    let text = |name| parts.headers.get(name)?.to_str().ok();
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    // Not sent without TLS to other machines, and by old browsers.
    let authority = parts.uri.authority().map(Authority::as_str);
    let host = text(header::HOST.as_str()).or(authority);
    let origin = text(header::ORIGIN.as_str()).and_then(|origin| origin.split_once("://"));
    origin.is_some_and(|(_, origin)| Some(origin) == host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{Method, Request};

    fn refused(method: Method, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method).uri("/v1/audits");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        check(&request.body(()).unwrap().into_parts().0).is_err()
    }

    #[test]
    fn only_the_own_page_changes_something() {
        assert!(!refused(Method::POST, &[("sec-fetch-site", "same-origin")]));
        for site in ["cross-site", "same-site", "none"] {
            assert!(refused(Method::POST, &[("sec-fetch-site", site)]), "{site}");
            assert!(!refused(Method::GET, &[("sec-fetch-site", site)]), "{site}");
        }
    }

    #[test]
    fn without_the_browsers_word_the_origin_must_be_the_host() {
        let host = ("host", "unearth.example:7878");
        assert!(!refused(
            Method::PUT,
            &[host, ("origin", "http://unearth.example:7878")]
        ));
        assert!(refused(
            Method::PUT,
            &[host, ("origin", "http://unearth.example")]
        ));
        assert!(refused(Method::PUT, &[host, ("origin", "null")]));
        assert!(refused(Method::PUT, &[host]));
        assert!(refused(
            Method::PUT,
            &[("origin", "http://unearth.example")]
        ));
    }
}
