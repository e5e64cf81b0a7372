//! Who may ask what: the holder of an access token, as a bearer or through a browser's session.

mod attempt;
mod cross_site;
mod failures;
mod rules;
mod session;

pub(crate) use attempt::Attempt;
pub use failures::FailedAttempts;
pub(crate) use rules::Rules;
pub(crate) use session::{COOKIE, no_session, secret_of, session_cookie};

use crate::{
    App,
    problem::{self, Problem},
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    middleware::Next,
    response::Response,
};
use std::sync::Arc;
use unearth_store::access::{Identity, Known, Secret, identify};

/// Lets a request through whose token has the role that the route asks for. What it changes is written down, and so
/// is every refusal of somebody who came with something.
pub(crate) async fn require(
    State((app, rules)): State<(App, Arc<Rules>)>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let attempt = Attempt::of(&app, &parts);
    let Some(credential) = Credential::of(&parts.headers) else {
        return Err(refusal("the request carries no access token"));
    };
    let identity = match credential.identify(&app, &attempt).await {
        Ok(identity) => identity,
        Err(problem) => {
            attempt.record(&app, None, problem.status()).await;
            return Err(problem);
        }
    };
    if let Err(problem) = check(&rules, &parts, &credential, &identity) {
        attempt
            .record(&app, Some(&identity), problem.status())
            .await;
        return Err(problem);
    }
    let changes = !parts.method.is_safe();
    parts.extensions.insert(identity.clone());
    let response = next.run(Request::from_parts(parts, body)).await;
    if changes {
        attempt
            .record(&app, Some(&identity), response.status())
            .await;
    }
    Ok(response)
}

/// Whether somebody known may have this.
fn check(
    rules: &Rules,
    parts: &Parts,
    credential: &Credential,
    identity: &Identity,
) -> Result<(), Problem> {
    if matches!(credential, Credential::Session(_)) {
        cross_site::check(parts)?;
    }
    let needed = rules.role_for(parts);
    if identity.role < needed {
        let (has, needs) = (identity.role.as_str(), needed.as_str());
        let detail = format!(
            "the token `{}` is a {has}'s; this needs a {needs}'s",
            identity.name
        );
        return Err(Problem::new(&problem::FORBIDDEN, detail)
            .hint(format!("`unearth token create --role {needs}` makes one, and so does an admin through POST /v1/tokens")));
    }
    Ok(())
}

/// What a request comes with.
enum Credential {
    Bearer(String),
    Session(String),
}

impl Credential {
    fn of(headers: &HeaderMap) -> Option<Self> {
        match headers.get(header::AUTHORIZATION) {
            Some(value) => {
                let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
                let is_bearer = scheme.eq_ignore_ascii_case("bearer");
                is_bearer.then(|| Self::Bearer(token.trim().to_owned()))
            }
            None => secret_of(headers).map(Self::Session),
        }
    }

    async fn identify(&self, app: &App, attempt: &Attempt) -> Result<Identity, Problem> {
        match self {
            Self::Bearer(token) => {
                let secret = Secret::Token(token);
                known(app, attempt, secret, "the access token is not valid").await
            }
            Self::Session(secret) => {
                let secret = Secret::Session(secret);
                let found = known(app, attempt, secret, "the session has ended").await;
                found.map_err(without_session)
            }
        }
    }
}

/// Who holds a secret. Whoever came with too many wrong ones is not looked at.
pub(crate) async fn known(
    app: &App,
    attempt: &Attempt,
    secret: Secret<'_>,
    unknown: &str,
) -> Result<Identity, Problem> {
    app.failed_attempts.check(attempt.client, (app.now)())?;
    let detail = match identify(&app.db, secret, (app.now)()).await? {
        Known::Valid(identity) => return Ok(identity),
        Known::Expired => "the access token has expired",
        Known::Revoked => "the access token was revoked",
        Known::Unknown => unknown,
    };
    app.failed_attempts.note(attempt.client, (app.now)());
    Err(refusal(detail))
}

/// A browser whose session has ended would come with it again and again, and soon count as somebody who guesses.
fn without_session(problem: Problem) -> Problem {
    match HeaderValue::try_from(no_session().to_string()) {
        Ok(cookie) => problem.header(header::SET_COOKIE, cookie),
        Err(_) => problem,
    }
}

/// The refusal of a request without a valid token.
fn refusal(detail: &str) -> Problem {
    Problem::new(&problem::UNAUTHENTICATED, detail)
        .hint("send `Authorization: Bearer <token>`; `unearth token create` makes a token, `unearth login` a link that signs a browser in")
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}
