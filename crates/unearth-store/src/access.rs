//! Who may ask: access tokens, the sessions of browsers, and a log of what they did.

mod codes;
mod log;
mod sessions;
mod tokens;

pub use codes::{insert as insert_code, take as take_code};
pub use log::{Entry, LoggedEntry, entries, write};
pub use sessions::{begin as begin_session, end as end_session};
pub use tokens::{NewToken, Token, insert, list, replace, revoke};

use crate::{Database, StoreError};
use time::{Duration, OffsetDateTime};
use unearth_audit::AccessRole;
use uuid::Uuid;

/// How long a session lasts that is not used.
pub const SESSION_IDLE: Duration = Duration::days(14);
/// Uses closer to one another than this are written down once.
const USE_WRITTEN_EVERY: Duration = Duration::minutes(1);

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Token.
    pub token: Uuid,
    /// Its name.
    pub name: String,
    /// What its holder may do.
    pub role: AccessRole,
    /// When it stops being valid; none: never.
    pub expires_at: Option<OffsetDateTime>,
}

/// What a secret comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It is valid.
    Valid(Identity),
    /// Its token was valid once.
    Expired,
    /// Its token was revoked.
    Revoked,
    /// Nobody's.
    Unknown,
}

/// What an access token or the secret of a session is looked up as; see [`identify`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secret<'a> {
    /// An access token.
    Token(&'a str),
    /// What a browser's cookie holds.
    Session(&'a str),
}

/// Who holds a secret, by its hash alone: what an attacker's clock could tell is of the hash, and the secret is 256
/// random bits.
///
/// # Errors
/// When the database fails.
pub async fn identify(
    db: &Database,
    secret: Secret<'_>,
    now: OffsetDateTime,
) -> Result<Known, StoreError> {
    let found = match secret {
        Secret::Token(token) => tokens::find(db, token, now).await?,
        Secret::Session(secret) => sessions::find(db, secret, now).await?,
    };
    let Some(found) = found else {
        return Ok(Known::Unknown);
    };
    if found.revoked_at.is_some() {
        return Ok(Known::Revoked);
    }
    if found.expires_at.is_some_and(|at| at <= now) {
        return Ok(Known::Expired);
    }
    Ok(Known::Valid(Identity {
        role: role_of(&found.role, found.id)?,
        token: found.id,
        name: found.name,
        expires_at: found.expires_at,
    }))
}

/// A token as it is looked up.
struct Found {
    id: Uuid,
    name: String,
    role: String,
    expires_at: Option<OffsetDateTime>,
    revoked_at: Option<OffsetDateTime>,
    /// Of the token or the session, whichever was looked up.
    last_used_at: Option<OffsetDateTime>,
}

impl Found {
    /// Whether a use at `now` is to be written down.
    fn is_news(&self, now: OffsetDateTime) -> bool {
        self.last_used_at
            .is_none_or(|at| at + USE_WRITTEN_EVERY <= now)
    }
}

fn role_of(word: &str, token: Uuid) -> Result<AccessRole, StoreError> {
    AccessRole::from_word(word).ok_or_else(|| {
        StoreError::inconsistent(
            "access_tokens",
            "role",
            token,
            format!("`{word}` is no role"),
        )
    })
}

fn hash(secret: &str) -> [u8; 32] {
    *blake3::hash(secret.as_bytes()).as_bytes()
}
