//! More than the server takes at once.

use crate::service::{Service, request};
use axum::{
    body::{Body, Bytes},
    http::Method,
};
use futures::{
    channel::{mpsc, oneshot},
    stream::{self, StreamExt as _},
};
use std::convert::Infallible;

#[tokio::test]
async fn more_uploads_than_are_taken_at_once_are_asked_to_come_again() {
    let service = Service::with(|app| app.limits.uploads = 1).await;
    let (sender, receiver) = mpsc::unbounded::<Bytes>();
    let (taken, is_taken) = oneshot::channel();
    // Its beginning is read by whoever takes the upload, and by nobody else.
    let beginning = stream::once(async {
        taken.send(()).unwrap();
        Bytes::from_static(b"not ")
    });
    let slow = beginning.chain(receiver).map(Ok::<_, Infallible>);
    let slow = Body::from_stream(slow);
    let first = service.send(request(Method::POST, "/v1/datasets?name=slow.zip", slow));
    let others = async {
        is_taken.await.unwrap();
        let other = service.post("/v1/datasets?name=other.zip", "").await;
        other.problem(503, "too-busy");
        assert_eq!(other.header("retry-after"), "1");
        // Others are answered meanwhile.
        service.get("/v1/audits").await.expect(200);
        sender.unbounded_send(Bytes::from_static(b"a zip")).unwrap();
        drop(sender);
    };
    let (first, ()) = tokio::join!(first, others);
    first.expect(202);
    service
        .post("/v1/datasets?name=other.zip", "")
        .await
        .problem(422, "upload-empty");
}

#[tokio::test]
async fn a_header_that_is_too_large_is_refused() {
    let service = Service::start().await;
    let mut large = request(Method::GET, "/v1/audits", Body::empty());
    let value = "x".repeat(40_000).parse().unwrap();
    large.headers_mut().insert("x-anything", value);
    service.send(large).await.problem(431, "header-too-large");
}
