//! The service under test and a client that speaks to it.

use crate::postgres::TestDatabase;
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
    response::Response,
};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use std::cell::Cell;
use tempfile::TempDir;
use time::{OffsetDateTime, macros::datetime};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use unearth_api::{ApiLimits, App, DiskSpace, EventHub, Exports, FailedAttempts};
use unearth_audit::AccessRole;
use unearth_store::{
    Blobs, Database,
    access::{self, NewToken},
};
use uuid::Uuid;

/// An admin's.
pub(crate) const TOKEN: &str = "a-token-for-tests";
pub(crate) const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);

thread_local! {
    static IDS: Cell<u128> = const { Cell::new(0) };
}

/// Ids 1, 2, 3, …: each test runs on a thread of its own.
pub(crate) fn next_id() -> Uuid {
    IDS.set(IDS.get() + 1);
    Uuid::from_u128(IDS.get())
}

pub(crate) struct Service {
    pub(crate) app: App,
    router: Router,
    // Dropped last: first the connections, then what they lead to.
    _folder: TempDir,
    database: TestDatabase,
}

impl Service {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A service whose parts were changed before it started.
    pub(crate) async fn with(change: impl FnOnce(&mut App)) -> Self {
        IDS.set(0);
        let database = TestDatabase::create().await;
        let folder = tempfile::tempdir().unwrap();
        let db = Database::connect(&database.url, 4).await.unwrap();
        db.migrate().await.unwrap();
        for (number, role) in (0..).zip(AccessRole::ALL) {
            let new = NewToken {
                id: Uuid::from_u128(0xacce_5500 + number),
                name: match role {
                    AccessRole::Viewer => "a viewer",
                    AccessRole::Reviewer => "a reviewer",
                    AccessRole::Operator => "an operator",
                    AccessRole::Admin => "an admin",
                },
                role,
                expires_at: None,
                token: token_of(role),
            };
            access::insert(&db, new, NOW).await.unwrap();
        }
        let mut app = App {
            events: EventHub::start(db.clone()),
            db,
            blobs: Blobs::in_folder(folder.path()).unwrap(),
            limits: ApiLimits::default(),
            exports: Exports::in_folder(folder.path().join("exports")),
            public_url: "https://unearth.test".into(),
            is_behind_proxy: false,
            failed_attempts: FailedAttempts::default(),
            metrics: PrometheusBuilder::new().build_recorder().handle(),
            disk_space: |_| Some(room_of(u64::MAX)),
            now: || NOW,
            new_id: next_id,
            new_secret: || format!("secret {}", next_id()),
            stopping: CancellationToken::new(),
        };
        change(&mut app);
        Self {
            router: unearth_api::router(app.clone()),
            app,
            _folder: folder,
            database,
        }
    }

    /// Sends a request as it is.
    pub(crate) async fn respond(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Sends a request and reads the answer to its end.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.respond(request).await.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: to_bytes(body, usize::MAX).await.unwrap(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path, Body::empty())).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(request(Method::DELETE, path, Body::empty()))
            .await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send(request(Method::POST, path, body.into())).await
    }

    /// A connection that looks behind the store's back.
    pub(crate) async fn sql(&self) -> PgConnection {
        PgConnection::connect(&self.database.url).await.unwrap()
    }

    /// The same database as another process sees it.
    pub(crate) async fn connect(&self) -> Database {
        Database::connect(&self.database.url, 8).await.unwrap()
    }

    /// Keys of all blobs.
    pub(crate) async fn blobs(&self) -> Vec<String> {
        self.app.blobs.list("").await.unwrap()
    }
}

/// So much room on the one disk.
pub(crate) fn room_of(free_bytes: u64) -> DiskSpace {
    DiskSpace {
        file_system: 0,
        free_bytes,
    }
}

/// A token of this role.
pub(crate) fn token_of(role: AccessRole) -> &'static str {
    match role {
        AccessRole::Viewer => "a-viewers-token",
        AccessRole::Reviewer => "a-reviewers-token",
        AccessRole::Operator => "an-operators-token",
        AccessRole::Admin => TOKEN,
    }
}

/// A request of an admin.
pub(crate) fn request(method: Method, path: &str, body: Body) -> Request<Body> {
    request_with(TOKEN, method, path, body)
}

/// A request with a token.
pub(crate) fn request_with(token: &str, method: Method, path: &str, body: Body) -> Request<Body> {
    let mut request = anonymous(method, path, body);
    let bearer = format!("Bearer {token}").parse().unwrap();
    request.headers_mut().insert(header::AUTHORIZATION, bearer);
    request
}

/// A request without.
pub(crate) fn anonymous(method: Method, path: &str, body: Body) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("x-request-id", "a-request")
        .body(body)
        .unwrap()
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .unwrap_or_else(|| panic!("no header {name}: {:?}", self.headers))
            .to_str()
            .unwrap()
    }

    /// Asserts the status and returns the body.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    /// Asserts that it is a problem of this status and code, and returns its document.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let document = self.json();
        assert_eq!(document["code"], code, "{document}");
        document
    }
}
