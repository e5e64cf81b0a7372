//! Who may ask, and who did what.

use serde::Serialize;
use time::OffsetDateTime;
use unearth_audit::AccessRole;
use unearth_store::access::{self, Identity, LoggedEntry};
use utoipa::ToSchema;
use uuid::Uuid;

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// The token that is used, or that the session was begun with.
    token_id: Uuid,
    /// Its name.
    name: String,
    /// What its holder may do.
    role: AccessRole,
    /// From when on it is not valid any more; null: never.
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
}

impl From<Identity> for Session {
    fn from(identity: Identity) -> Self {
        Self {
            token_id: identity.token,
            name: identity.name,
            role: identity.role,
            expires_at: identity.expires_at,
        }
    }
}

/// A code that signs one browser in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LoginCode {
    /// For `/login?code=…`.
    pub(crate) code: String,
    /// From when on it is not taken any more.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) expires_at: OffsetDateTime,
}

/// Access tokens, without what they are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tokens {
    /// The newest first.
    pub(crate) items: Vec<Token>,
}

/// An access token, without what it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Token {
    /// Identity.
    id: Uuid,
    /// Where it is used, for people.
    name: String,
    /// What its holder may do.
    role: AccessRole,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// From when on it is not valid any more; null: never.
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
    /// When it was revoked.
    #[serde(with = "time::serde::rfc3339::option")]
    revoked_at: Option<OffsetDateTime>,
    /// When it was last used, to the minute; null: never.
    #[serde(with = "time::serde::rfc3339::option")]
    last_used_at: Option<OffsetDateTime>,
}

impl From<access::Token> for Token {
    fn from(token: access::Token) -> Self {
        Self {
            id: token.id,
            name: token.name,
            role: token.role,
            created_at: token.created_at,
            expires_at: token.expires_at,
            revoked_at: token.revoked_at,
            last_used_at: token.last_used_at,
        }
    }
}

/// A new access token. It is told this once and never again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeToken {
    /// Identity.
    pub(crate) id: Uuid,
    /// The token.
    pub(crate) token: String,
}

/// A page of the log of who did what.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessLog {
    /// The newest first.
    pub(crate) items: Vec<AccessLogEntry>,
    /// `after` of the next page; null on the last one.
    pub(crate) next: Option<String>,
}

/// Something that was changed, or that somebody was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessLogEntry {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// Token; null where none was known.
    token_id: Option<Uuid>,
    /// Its name at that time.
    token_name: Option<String>,
    /// Its role at that time.
    role: Option<String>,
    /// Method and route.
    action: String,
    /// The address without its query.
    path: String,
    /// HTTP status of the answer.
    status: i16,
    /// Address that the request came from.
    client: Option<String>,
    /// What the log knows the request by.
    request_id: String,
}

impl From<LoggedEntry> for AccessLogEntry {
    fn from(entry: LoggedEntry) -> Self {
        Self {
            at: entry.at,
            token_id: entry.token_id,
            token_name: entry.token_name,
            role: entry.role,
            action: entry.action,
            path: entry.path,
            status: entry.status,
            client: entry.client,
            request_id: entry.request_id,
        }
    }
}
