//! Signing in and out, tokens, and the log of who did what.

use crate::service::{Answer, NOW, Service, TOKEN, anonymous, request, request_with, token_of};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request},
};
use serde_json::{Value, json};
use std::net::SocketAddr;
use time::Duration;
use unearth_audit::AccessRole;

fn with(mut request: Request<Body>, headers: &[(&'static str, &str)]) -> Request<Body> {
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    request
}

/// The cookie that an answer sets, as a request carries it.
fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie");
    set.split(';').next().unwrap().to_owned()
}

async fn signed_in(service: &Service) -> String {
    let body = json!({"token": TOKEN}).to_string();
    let answer = service
        .send(anonymous(Method::POST, "/v1/session", body.into()))
        .await;
    cookie(&answer.expect(204))
}

async fn log(service: &Service) -> Vec<(String, Value, u64)> {
    let log = service.get("/v1/access-log").await.expect(200).json();
    let entry = |entry: &Value| {
        let action = entry["action"].as_str().unwrap().to_owned();
        (
            action,
            entry["token_name"].clone(),
            entry["status"].as_u64().unwrap(),
        )
    };
    log["items"].as_array().unwrap().iter().map(entry).collect()
}

#[tokio::test]
async fn a_wrong_token_is_refused() {
    let service = Service::start().await;
    let wrong = anonymous(Method::GET, "/v1/audits", Body::empty());
    let wrong = with(wrong, &[("authorization", "Bearer wrong")]);
    service.send(wrong).await.problem(401, "unauthenticated");
    assert_eq!(
        log(&service).await,
        [("GET /v1/audits".into(), Value::Null, 401)]
    );
}

#[tokio::test]
async fn a_link_signs_one_browser_in() {
    let service = Service::start().await;
    let made = service.post("/v1/login-codes", "").await.expect(201).json();
    let code = made["code"].as_str().unwrap();
    let link = format!(
        "/login?code={}&to=/audits/7%3Ftab%3Dgroups",
        code.replace(' ', "+")
    );
    let answer = service
        .send(anonymous(Method::GET, &link, Body::empty()))
        .await
        .expect(303);
    assert_eq!(answer.header("location"), "/audits/7?tab=groups");
    let set = answer.header("set-cookie").to_owned();
    for part in [
        "HttpOnly",
        "SameSite=Strict",
        "Path=/",
        "Secure",
        "Max-Age=1209600",
    ] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains(TOKEN));
    let cookie = cookie(&answer);
    let asked = with(
        anonymous(Method::GET, "/v1/session", Body::empty()),
        &[("cookie", &cookie)],
    );
    let session = service.send(asked).await.expect(200).json();
    assert_eq!(
        (&session["name"], &session["role"]),
        (&json!("an admin"), &json!("admin"))
    );

    // The link is used up, but for who is signed in by it.
    let again = service
        .send(anonymous(Method::GET, &link, Body::empty()))
        .await;
    assert_eq!(again.expect(303).header("location"), "/?login=failed");
    let again = with(
        anonymous(Method::GET, &link, Body::empty()),
        &[("cookie", &cookie)],
    );
    let again = service.send(again).await;
    assert_eq!(again.expect(303).header("location"), "/audits/7?tab=groups");
}

#[tokio::test]
async fn a_link_leads_to_our_own_page_alone() {
    let service = Service::start().await;
    let cookie = signed_in(&service).await;
    for to in [
        "//evil.example",
        "https://evil.example",
        "/%5Cevil.example",
        "/%09/evil.example",
        "",
    ] {
        let link = format!("/login?code=x&to={to}");
        let request = with(
            anonymous(Method::GET, &link, Body::empty()),
            &[("cookie", &cookie)],
        );
        assert_eq!(
            service.send(request).await.expect(303).header("location"),
            "/",
            "{to}"
        );
    }
}

#[tokio::test]
async fn a_session_begins_and_ends() {
    let service = Service::start().await;
    let cookie = signed_in(&service).await;
    assert!(!cookie.contains(TOKEN));
    let wrong = anonymous(Method::POST, "/v1/session", r#"{"token": "x"}"#.into());
    service.send(wrong).await.problem(401, "unauthenticated");

    let end = with(
        anonymous(Method::DELETE, "/v1/session", Body::empty()),
        &[("cookie", &cookie)],
    );
    let ended = service.send(end).await.expect(204);
    assert!(ended.header("set-cookie").contains("Max-Age=0"));
    let after = with(
        anonymous(Method::GET, "/v1/audits", Body::empty()),
        &[("cookie", &cookie)],
    );
    let refused = service.send(after).await;
    // So that the browser does not come with it again, and is not taken for somebody who guesses.
    let taken_back = refused.header("set-cookie");
    assert!(taken_back.starts_with("unearth_session=;"), "{taken_back}");
    assert!(taken_back.contains("Max-Age=0"), "{taken_back}");
    refused.problem(401, "unauthenticated");
}

#[tokio::test]
async fn other_sites_cannot_use_the_pages_cookie() {
    let service = Service::start().await;
    let cookie = signed_in(&service).await;
    let post = |headers: &[(&'static str, &str)]| {
        let body = json!({"name": "x", "role": "viewer"}).to_string();
        let request = anonymous(Method::POST, "/v1/tokens", body.into());
        with(with(request, &[("cookie", &cookie)]), headers)
    };
    for foreign in [
        &[][..],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("host", "unearth.test"), ("origin", "https://evil.example")],
    ] {
        service
            .send(post(foreign))
            .await
            .problem(403, "cross-site-request");
    }
    for own in [
        &[("sec-fetch-site", "same-origin")][..],
        &[("host", "unearth.test"), ("origin", "https://unearth.test")],
    ] {
        service.send(post(own)).await.expect(201);
    }
    assert_eq!(
        service.get("/v1/tokens").await.json()["items"]
            .as_array()
            .unwrap()
            .len(),
        6
    );
}

#[tokio::test]
async fn tokens_are_made_listed_and_revoked_by_admins() {
    let service = Service::start().await;
    let until = (NOW + Duration::days(30))
        .format(&time::format_description::well_known::Rfc3339)
        .unwrap();
    let wish = json!({"name": " notebook ", "role": "reviewer", "expires_at": until});
    let made = service
        .post("/v1/tokens", wish.to_string())
        .await
        .expect(201)
        .json();
    let token = made["token"].as_str().unwrap();
    let asks = || request_with(token, Method::GET, "/v1/audits", Body::empty());
    service.send(asks()).await.expect(200);
    let listed = service.get("/v1/tokens").await.expect(200);
    assert!(!listed.text().contains(token));
    let listed = listed.json();
    let mut items = listed["items"].as_array().unwrap().iter();
    let listed = items.find(|it| it["id"] == made["id"]).unwrap();
    assert_eq!(listed["name"], "notebook");
    assert_eq!(listed["expires_at"], *until);
    assert_eq!(listed["last_used_at"], "2026-01-02T03:04:05Z");

    let path = format!("/v1/tokens/{}", made["id"].as_str().unwrap());
    service.delete(&path).await.expect(204);
    service.delete(&path).await.expect(204);
    let refused = service.send(asks()).await.problem(401, "unauthenticated");
    assert_eq!(refused["detail"], "the access token was revoked");
    let nil = "/v1/tokens/00000000-0000-0000-0000-000000000000";
    service.delete(nil).await.problem(404, "token-not-found");
    for wrong in [
        json!({"name": "", "role": "viewer"}),
        json!({"name": "x", "role": "owner"}),
        json!({"name": "x", "role": "viewer", "expires_at": "2025-01-01T00:00:00Z"}),
    ] {
        let answer = service.post("/v1/tokens", wrong.to_string()).await;
        answer.problem(422, "invalid-request");
    }
}

#[tokio::test]
async fn whoever_is_wrong_too_often_has_to_wait_and_nobody_else() {
    let service = Service::start().await;
    let from = |address: &str, token: &str| {
        let mut request = request_with(token, Method::GET, "/v1/audits", Body::empty());
        let peer: SocketAddr = format!("{address}:4711").parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    };
    for guess in 0..20 {
        let guessed = service
            .send(from("192.0.2.1", &format!("guess {guess}")))
            .await;
        guessed.problem(401, "unauthenticated");
    }
    let waits = service.send(from("192.0.2.1", TOKEN)).await;
    waits.problem(429, "too-many-failures");
    assert_eq!(waits.header("retry-after"), "60");
    service.send(from("192.0.2.2", TOKEN)).await.expect(200);
}

#[tokio::test]
async fn what_is_changed_and_refused_is_written_down() {
    let service = Service::start().await;
    let viewer = token_of(AccessRole::Viewer);
    let nil = "/v1/audits/00000000-0000-0000-0000-000000000000?x=secret";
    let forbidden = request_with(viewer, Method::DELETE, nil, Body::empty());
    service.send(forbidden).await.problem(403, "forbidden");
    service.delete(nil).await.problem(404, "audit-not-found");
    service.get("/v1/audits").await.expect(200);
    signed_in(&service).await;
    let route = "DELETE /v1/audits/{id}";
    let expected = [
        ("POST /v1/session", "an admin", 204),
        (route, "an admin", 404),
        (route, "a viewer", 403),
    ];
    let expected = expected.map(|(action, name, status)| (action.to_owned(), json!(name), status));
    assert_eq!(log(&service).await, expected);
    let first = service
        .get("/v1/access-log?limit=1")
        .await
        .expect(200)
        .json();
    assert_eq!(first["items"][0]["request_id"], "a-request");
    let next = first["next"].as_str().unwrap();
    let rest = service
        .get(&format!("/v1/access-log?after={next}"))
        .await
        .expect(200);
    assert_eq!(rest.json()["items"].as_array().unwrap().len(), 2);
    assert!(!rest.text().contains("secret"));
}

#[tokio::test]
async fn a_token_is_told_once_even_to_who_asks_twice_under_one_key() {
    let service = Service::start().await;
    let body = json!({"name": "x", "role": "viewer"}).to_string();
    let ask = || {
        let request = request(Method::POST, "/v1/tokens", body.clone().into());
        with(request, &[("idempotency-key", "k")])
    };
    let [one, other] = [service.send(ask()).await, service.send(ask()).await];
    assert_ne!(
        one.expect(201).json()["token"],
        other.expect(201).json()["token"]
    );
}
