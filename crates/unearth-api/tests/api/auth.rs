use crate::service::{Service, TOKEN, anonymous, request};
use axum::{
    body::Body,
    http::{Method, header},
};

#[tokio::test]
async fn every_route_but_the_open_ones_needs_a_token() {
    let service = Service::start().await;
    let document = serde_json::to_value(unearth_api::openapi()).unwrap();
    let open = ["/healthz", "/readyz", "/login", "/v1/session"];
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let address = path
                .replace("{id}", &uuid::Uuid::nil().to_string())
                .replace("{index}", "0");
            let answer = service
                .send(anonymous(method.clone(), &address, Body::empty()))
                .await;
            if open.contains(&path.as_str()) {
                assert_ne!(answer.status, 404, "{method} {path}");
            } else {
                answer.problem(401, "unauthenticated");
                assert_eq!(answer.header("www-authenticate"), "Bearer");
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_token_is_refused() {
    let service = Service::start().await;
    let mut wrong = anonymous(Method::GET, "/v1/audits", Body::empty());
    wrong
        .headers_mut()
        .insert(header::AUTHORIZATION, "Bearer wrong".parse().unwrap());
    service.send(wrong).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn the_pages_cookie_is_as_good_as_a_bearer() {
    let service = Service::start().await;
    let login = anonymous(Method::GET, &format!("/login?token={TOKEN}"), Body::empty());
    let answer = service.send(login).await.expect(303);
    assert_eq!(answer.header("location"), "/");
    let cookie = answer.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let mut with_cookie = anonymous(Method::GET, "/v1/audits", Body::empty());
    let pair = cookie.split(';').next().unwrap().parse().unwrap();
    with_cookie.headers_mut().insert(header::COOKIE, pair);
    service.send(with_cookie).await.expect(200);
}

#[tokio::test]
async fn a_failed_login_goes_back_to_the_page() {
    let service = Service::start().await;
    let answer = service
        .send(anonymous(Method::GET, "/login?token=wrong", Body::empty()))
        .await;
    assert_eq!(answer.expect(303).header("location"), "/?login=failed");
}

#[tokio::test]
async fn a_session_begins_and_ends() {
    let service = Service::start().await;
    let body = format!(r#"{{"token": "{TOKEN}"}}"#);
    let begun = service
        .send(anonymous(Method::POST, "/v1/session", body.into()))
        .await;
    assert!(begun.expect(204).header("set-cookie").contains(TOKEN));
    let wrong = anonymous(Method::POST, "/v1/session", r#"{"token": "x"}"#.into());
    service.send(wrong).await.problem(401, "unauthenticated");

    let mut end = request(Method::DELETE, "/v1/session", Body::empty());
    end.headers_mut().insert(
        header::COOKIE,
        format!("unearth_session={TOKEN}").parse().unwrap(),
    );
    assert!(
        service
            .send(end)
            .await
            .expect(204)
            .header("set-cookie")
            .contains("Max-Age=0")
    );
}
