use crate::{
    service::{Service, request},
    stage,
};
use axum::{
    body::{Body, BodyDataStream},
    http::Method,
};
use futures::StreamExt as _;
use serde_json::Value;
use unearth_audit::{Phase, Progress};
use uuid::Uuid;

async fn audit(service: &Service) -> Uuid {
    let dataset = stage::dataset(service, 6).await;
    stage::queued_audit(service, dataset).await
}

/// An open event stream.
struct Follower {
    body: BodyDataStream,
    unread: String,
}

impl Follower {
    async fn open(service: &Service, audit: Uuid, last_event_id: Option<&str>) -> Self {
        let mut request = request(
            Method::GET,
            &format!("/v1/audits/{audit}/events"),
            Body::empty(),
        );
        request
            .headers_mut()
            .insert("accept", "text/event-stream".parse().unwrap());
        if let Some(id) = last_event_id {
            request
                .headers_mut()
                .insert("last-event-id", id.parse().unwrap());
        }
        let response = service.respond(request).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            body: response.into_body().into_data_stream(),
            unread: String::new(),
        }
    }

    /// The next message as (id, event, data); none at the end of the stream.
    async fn next(&mut self) -> Option<(String, String, Value)> {
        loop {
            if let Some((message, rest)) = self.unread.split_once("\n\n") {
                let field = |name: &str| {
                    let line = message.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap_or_default().trim().to_owned()
                };
                let data = serde_json::from_str(&field("data:")).unwrap_or_default();
                let parsed = (field("id:"), field("event:"), data);
                self.unread = String::from(rest);
                if !parsed.1.is_empty() {
                    return Some(parsed);
                }
                continue;
            }
            let piece = self.body.next().await?.unwrap();
            self.unread.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }

    async fn kinds_to_the_end(mut self) -> Vec<String> {
        let mut kinds = Vec::new();
        while let Some((id, kind, _)) = self.next().await {
            kinds.push(format!("{kind}{id}"));
        }
        kinds
    }
}

#[tokio::test]
async fn events_are_listed_page_by_page() {
    let service = Service::start().await;
    let id = audit(&service).await;
    let run = stage::begun_run(&service).await;
    stage::tell(&service, &run, 1).await;
    let path = format!("/v1/audits/{id}/events");
    let first = service
        .get(&format!("{path}?limit=3"))
        .await
        .expect(200)
        .json();
    insta::assert_json_snapshot!(first, @r##"
    {
      "items": [
        {
          "at": "2026-01-02T03:04:05Z",
          "kind": "state",
          "seq": 1,
          "state": "queued"
        },
        {
          "at": "2026-01-02T03:04:05Z",
          "kind": "state",
          "seq": 2,
          "state": "running"
        },
        {
          "at": "2026-01-02T03:04:05Z",
          "attempt": 1,
          "device": "cpu",
          "from_epoch": 0,
          "kind": "started",
          "role": "main",
          "seq": 3,
          "worker": "host:1"
        }
      ],
      "next": "3"
    }
    "##);
    let second = service.get(&format!("{path}?after=3")).await.json();
    assert_eq!(second["items"][0]["kind"], "epoch");
    assert_eq!(second["next"], Value::Null);
}

#[tokio::test]
async fn a_stream_tells_the_past_and_ends_with_the_audit() {
    let service = Service::start().await;
    let id = audit(&service).await;
    service
        .post(&format!("/v1/audits/{id}/cancel"), "")
        .await
        .expect(202);
    let kinds = Follower::open(&service, id, None)
        .await
        .kinds_to_the_end()
        .await;
    assert_eq!(kinds, ["state1", "state2", "end"]);
    let kinds = Follower::open(&service, id, Some("1"))
        .await
        .kinds_to_the_end()
        .await;
    assert_eq!(kinds, ["state2", "end"]);
}

#[tokio::test]
async fn a_stream_tells_what_is_new() {
    let service = Service::start().await;
    let id = audit(&service).await;
    let mut follower = Follower::open(&service, id, None).await;
    assert_eq!(follower.next().await.unwrap().2["state"], "queued");

    let run = stage::begun_run(&service).await;
    assert_eq!(follower.next().await.unwrap().2["state"], "running");
    let (_, kind, started) = follower.next().await.unwrap();
    assert_eq!(
        (kind.as_str(), &started["worker"]),
        ("started", &"host:1".into())
    );

    let progress = Progress {
        phase: Phase::Training,
        epoch: 0,
        epochs: 2,
        checkpoint: 0,
        checkpoints: 2,
        step: 3,
        total: 6,
        examples_per_second: None,
        eta_seconds: None,
    };
    stage::beat(&service, &run, &progress).await;
    let (seq, kind, live) = follower.next().await.unwrap();
    assert_eq!((seq.as_str(), kind.as_str()), ("", "progress"));
    assert_eq!(
        (&live["phase"], &live["step"], &live["state"]),
        (&"training".into(), &3.into(), &"running".into())
    );
    assert_eq!(
        (&live["role"], &live["runs_done"]),
        (&"main".into(), &0.into())
    );

    stage::tell(&service, &run, 1).await;
    let (seq, kind, _) = follower.next().await.unwrap();
    assert_eq!((seq.as_str(), kind.as_str()), ("4", "epoch"));
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let service = Service::start().await;
    let id = audit(&service).await;
    let mut follower = Follower::open(&service, id, None).await;
    follower.next().await.unwrap();
    service.app.stopping.cancel();
    assert_eq!(follower.next().await, None);
}
