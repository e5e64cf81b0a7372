//! What is known of a request before its answer.

use crate::{App, observe::RequestId};
use axum::{
    extract::{ConnectInfo, FromRequestParts, MatchedPath},
    http::{StatusCode, request::Parts},
};
use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use unearth_store::access::{self, Entry, Identity};

/// Somebody's wish to do something.
pub(crate) struct Attempt {
    /// Address that it came from; none in a test without a connection.
    pub(crate) client: Option<IpAddr>,
    action: String,
    path: String,
    request_id: Arc<str>,
}

impl Attempt {
    pub(crate) fn of(app: &App, parts: &Parts) -> Self {
        let route = parts.extensions.get::<MatchedPath>();
        let route = route.map_or(parts.uri.path(), MatchedPath::as_str);
        let request_id = parts.extensions.get::<RequestId>();
        Self {
            client: client(app, parts),
            action: format!("{} {route}", parts.method),
            path: parts.uri.path().to_owned(),
            request_id: request_id.map_or_else(|| Arc::from(""), |id| Arc::clone(&id.0)),
        }
    }

    /// Writes down what came of it. A log that cannot be written is told to the other log, and stops nobody.
    pub(crate) async fn record(&self, app: &App, by: Option<&Identity>, status: StatusCode) {
        // Who goes on after too many failures would fill it.
        if status == StatusCode::TOO_MANY_REQUESTS {
            return;
        }
        let client = self.client.map(|client| client.to_string());
        let entry = Entry {
            at: (app.now)(),
            by,
            action: &self.action,
            path: &self.path,
            status: status.as_u16(),
            client: client.as_deref(),
            request_id: &self.request_id,
        };
        if let Err(error) = access::write(&app.db, entry).await {
            let error = unearth_audit::error_chain(&error);
            tracing::error!(
                action = self.action,
                error,
                "the access log cannot be written"
            );
        }
    }
}

impl FromRequestParts<App> for Attempt {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(app, parts))
    }
}

/// Where a request came from. Behind a proxy that is what it wrote at the end of `X-Forwarded-For`: what stands before
/// was the client's own word.
fn client(app: &App, parts: &Parts) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip();
    if !app.is_behind_proxy {
        return Some(peer);
    }
    let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back();
    let last =
        forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    Some(last.unwrap_or(peer))
}
