use crate::service::{Answer, Service, anonymous};
use axum::{body::Body, http::Method};

async fn get(service: &Service, path: &str) -> Answer {
    service
        .send(anonymous(Method::GET, path, Body::empty()))
        .await
}

#[tokio::test]
async fn every_route_of_the_page_is_the_page() {
    let service = Service::start().await;
    let root = get(&service, "/").await.expect(200);
    let route = get(&service, "/audits/1/examples/2").await.expect(200);
    assert_eq!(route.body, root.body);
    assert!(root.header("content-type").starts_with("text/html"));
    assert_eq!(root.header("cache-control"), "no-cache");
    let policy = root.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(root.header("x-content-type-options"), "nosniff");
    assert_eq!(root.header("referrer-policy"), "no-referrer");
}

#[tokio::test]
async fn a_known_page_is_not_sent_again() {
    let service = Service::start().await;
    let root = get(&service, "/").await;
    let mut again = anonymous(Method::GET, "/", Body::empty());
    again
        .headers_mut()
        .insert("if-none-match", root.headers["etag"].clone());
    let answer = service.send(again).await.expect(304);
    assert!(answer.body.is_empty());
    assert_eq!(answer.headers["etag"], root.headers["etag"]);
}

#[tokio::test]
async fn missing_and_hidden_files_are_not_the_page() {
    let service = Service::start().await;
    for path in ["/assets/missing.js", "/.gitkeep", "/favicon.missing"] {
        get(&service, path).await.problem(404, "no-such-route");
    }
}
