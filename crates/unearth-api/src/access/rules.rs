//! Which role a route asks for: what its documentation says.

use crate::document;
use axum::{
    extract::MatchedPath,
    http::{Method, request::Parts},
};
use std::collections::HashMap;
use unearth_audit::AccessRole;
use utoipa::openapi::OpenApi;

/// Roles by method and route, read from the OpenAPI document, so that what is written there is what holds.
pub(crate) struct Rules(HashMap<(Method, String), AccessRole>);

impl Rules {
    /// The rules of a document. A route that names no role is an admin's alone.
    pub(crate) fn of(mut document: OpenApi) -> Self {
        let mut rules = HashMap::new();
        for (path, item) in &mut document.paths.paths {
            for (method, operation) in document::operations(item) {
                let method = Method::from_bytes(method.to_uppercase().as_bytes())
                    .expect("a method of the document is one of HTTP");
                let role = document::role(operation).unwrap_or(AccessRole::Admin);
                rules.insert((method, path.clone()), role);
            }
        }
        Self(rules)
    }

    /// The role that a request needs. What is not in the document (the document for people, and methods that a route
    /// does not take) shows and changes nothing.
    pub(crate) fn role_for(&self, parts: &Parts) -> AccessRole {
        let method = match parts.method {
            Method::HEAD => Method::GET,
            ref method => method.clone(),
        };
        let route = parts.extensions.get::<MatchedPath>();
        let route = route.map_or("", MatchedPath::as_str).to_owned();
        let role = self.0.get(&(method, route));
        role.copied().unwrap_or(AccessRole::Viewer)
    }
}
