//! Every role at every route, as `docs/roles.md` says it.

use crate::service::{Service, anonymous, request_with, token_of};
use axum::{body::Body, http::Method};
use std::{fmt::Write as _, path::Path};
use unearth_audit::AccessRole;

/// Routes that need no token: health, and what gives one a session.
const OPEN: [&str; 5] = [
    "get /healthz",
    "get /readyz",
    "get /login",
    "post /v1/session",
    "delete /v1/session",
];

#[tokio::test]
async fn each_role_gets_what_the_table_says() {
    let service = Service::start().await;
    let document = serde_json::to_value(unearth_api::openapi()).unwrap();
    let mut table = HEAD.to_owned();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let route = format!("{method} {path}");
            let rule = operation["security"][0]["token"][0].as_str();
            let needed = rule.map(|role| AccessRole::from_word(role).unwrap());
            assert_eq!(
                needed.is_none(),
                OPEN.contains(&&*route),
                "{route} says neither which role it needs nor that it is open to all"
            );
            let method: Method = method.to_uppercase().parse().unwrap();
            let nobody = anonymous(method.clone(), &address(path), Body::empty());
            let nobody = service.send(nobody).await;
            if needed.is_some() {
                nobody.problem(401, "unauthenticated");
                assert_eq!(nobody.header("www-authenticate"), "Bearer");
            }
            let word = needed.map_or("nobody", AccessRole::as_str);
            write!(
                table,
                "| `{method} {path}` | {word} | {} |",
                nobody.status.as_u16()
            )
            .unwrap();
            for role in AccessRole::ALL {
                let token = token_of(role);
                let asked = request_with(token, method.clone(), &address(path), Body::empty());
                let answer = service.send(asked).await;
                if needed.is_some_and(|needed| role < needed) {
                    answer.problem(403, "forbidden");
                } else {
                    assert!(![401, 403].contains(&answer.status.as_u16()), "{route}");
                }
                assert!(answer.status.as_u16() < 500, "{route}: {}", answer.text());
                write!(table, " {} |", answer.status.as_u16()).unwrap();
            }
            table.push('\n');
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/roles.md");
    if std::env::var_os("UNEARTH_WRITE_ROLES").is_some() {
        std::fs::write(&file, &table).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == table,
        "docs/roles.md is out of date: run this test with UNEARTH_WRITE_ROLES=1\n{table}"
    );
}

const HEAD: &str = "\
# Roles and routes

Which role each route needs, and what a request without a body for something that is not there is answered to nobody
and to each role: 401 without a token, 403 with too small a role, otherwise the route's own answer. The test
`each_role_gets_what_the_table_says` writes this page; the rule itself stands beside each handler and in
`openapi.json`, and is what the server enforces.

| route | needs | nobody | viewer | reviewer | operator | admin |
|---|---|---|---|---|---|---|
";

/// An address of a route at which nothing is.
fn address(path: &str) -> String {
    path.split('/')
        .map(|part| match part {
            "{index}" | "{epoch}" | "{chunk}" | "{checkpoint}" => "0",
            "{hash}" | "{name}" | "{level}" => "nothing",
            part if part.starts_with('{') => "00000000-0000-0000-0000-000000000000",
            part => part,
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test]
async fn methods_that_a_route_does_not_take_need_a_token_as_well() {
    let service = Service::start().await;
    let patch = |token: Option<&str>| match token {
        Some(token) => request_with(token, Method::PATCH, "/v1/audits", Body::empty()),
        None => anonymous(Method::PATCH, "/v1/audits", Body::empty()),
    };
    let viewer = token_of(AccessRole::Viewer);
    let answer = service.send(patch(Some(viewer))).await;
    answer.problem(405, "method-not-allowed");
    let head = request_with(viewer, Method::HEAD, "/v1/tokens", Body::empty());
    assert_eq!(service.send(head).await.status, 403);
}
