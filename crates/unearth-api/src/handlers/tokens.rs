//! Access tokens.

use crate::{
    App,
    extract::{Json as Body, Path},
    problem::{self, Problem},
    view::access::{MadeToken, Token, Tokens},
};
use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use time::OffsetDateTime;
use unearth_audit::AccessRole;
use unearth_store::access::{self, NewToken};
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest name of a token, characters.
const NAME_MAX: usize = 200;

/// A wish for an access token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MakeToken {
    /// Where it will be used, for people.
    name: String,
    /// What its holder may do.
    role: AccessRole,
    /// From when on it is not valid any more; never without it.
    #[serde(default, with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
}

/// Makes an access token. It is told this once and never again.
#[utoipa::path(
    post, path = "/v1/tokens", tag = "access", security(("token" = ["admin"])),
    request_body = MakeToken, responses((status = 201, body = MadeToken))
)]
pub(crate) async fn make(
    State(app): State<App>,
    Body(wish): Body<MakeToken>,
) -> Result<(StatusCode, Json<MadeToken>), Problem> {
    let now = (app.now)();
    let name = wish.name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX {
        let detail = format!("must have 1 to {NAME_MAX} characters");
        return Err(Problem::invalid_field("name", detail));
    }
    if wish.expires_at.is_some_and(|at| at <= now) {
        return Err(Problem::invalid_field("expires_at", "is in the past"));
    }
    let made = MadeToken {
        id: (app.new_id)(),
        token: (app.new_secret)(),
    };
    let new = NewToken {
        id: made.id,
        name,
        role: wish.role,
        expires_at: wish.expires_at,
        token: &made.token,
    };
    access::insert(&app.db, new, now).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Lists the access tokens, without what they are.
#[utoipa::path(
    get, path = "/v1/tokens", tag = "access", security(("token" = ["admin"])),
    responses((status = 200, body = Tokens))
)]
pub(crate) async fn list(State(app): State<App>) -> Result<Json<Tokens>, Problem> {
    let tokens = access::list(&app.db).await?;
    Ok(Json(Tokens {
        items: tokens.into_iter().map(Token::from).collect(),
    }))
}

/// Revokes an access token, with it the sessions that were begun with it.
#[utoipa::path(
    delete, path = "/v1/tokens/{id}", tag = "access", security(("token" = ["admin"])),
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is not valid any more."))
)]
pub(crate) async fn revoke(
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    if access::revoke(&app.db, id, (app.now)()).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    let detail = format!("there is no access token {id}");
    Err(Problem::new(&problem::TOKEN_NOT_FOUND, detail).hint("GET /v1/tokens lists them"))
}
