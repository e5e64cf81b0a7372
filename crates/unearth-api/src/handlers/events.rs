//! What an audit tells while it runs: as a list and as a stream.

use super::load;
use crate::{
    App,
    extract::{Path, Query},
    paging::{self, PageSize},
    problem::{Problem, chain},
    view::event::{AuditEvent, EventPage, LiveProgress},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
};
use serde::{Deserialize, Serialize};
use std::{convert::Infallible, time::Duration};
use tokio::sync::{broadcast, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tracing::Instrument as _;
use unearth_store::{StoreError, audits, events};
use utoipa::IntoParams;
use uuid::Uuid;

const PAGE: PageSize = PageSize {
    default: 500,
    max: 1_000,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// `seq` of the last event that is known already; 0 by default.
    after: Option<String>,
    /// How many, at most 1,000; 500 by default. A stream has no limit.
    limit: Option<i64>,
}

/// Lists an audit's events; for those who accept `text/event-stream`, streams them as they come.
///
/// In the stream an event has its `seq` as `id`, its kind as `event` and itself as `data`. Besides,
/// `progress` messages without an id say where the training stands, and `end` says that the audit
/// is in a final state and everything was sent. `Last-Event-ID` continues a stream that broke off.
#[utoipa::path(
    get, path = "/v1/audits/{id}/events", tag = "audits", security(("token" = ["viewer"])),
    params(
        ("id" = Uuid, Path), EventsQuery,
        ("Last-Event-ID" = Option<i64>, Header, description = "`seq` of the last event that a stream got."),
    ),
    responses((status = 200, content((EventPage = "application/json"), (LiveProgress = "text/event-stream"))))
)]
pub(crate) async fn events(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = PAGE.limit(query.limit)?;
    let after: i64 = paging::cursor(query.after.as_deref())?.unwrap_or(0);
    load::audit(&app, id).await?;
    if accepts_a_stream(&headers) {
        let after = last_event_id(&headers).unwrap_or(after);
        return Ok(stream(app, id, after).into_response());
    }
    let rows = events::after(&app.db, id, after, limit + 1).await?;
    let (rows, next) = paging::split(rows, limit, |row| row.seq);
    let items = rows.into_iter().map(AuditEvent::from).collect();
    Ok(Json(EventPage { items, next }).into_response())
}

fn accepts_a_stream(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/event-stream"))
}

fn last_event_id(headers: &HeaderMap) -> Option<i64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

type Messages = mpsc::Sender<Result<sse::Event, Infallible>>;

fn stream(app: App, audit: Uuid, after: i64) -> impl IntoResponse {
    const KEEP_ALIVE: Duration = Duration::from_secs(15);
    const UNREAD_MAX: usize = 64;
    let (messages, receiver) = mpsc::channel(UNREAD_MAX);
    let following = async move {
        let stopping = app.stopping.clone();
        tokio::select! {
            followed = follow(&app, audit, after, &messages) => {
                if let Err(Stopped::Store(error)) = followed {
                    tracing::error!(error = chain(&error), "an event stream broke off");
                }
            }
            () = messages.closed() => {}
            () = stopping.cancelled() => {}
        }
    };
    tokio::spawn(following.in_current_span());
    Sse::new(ReceiverStream::new(receiver)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

/// Why a stream ends before its audit does.
enum Stopped {
    /// The client went away.
    Gone,
    Store(StoreError),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Sends everything after `seq`, then everything new, until the audit is final.
async fn follow(app: &App, audit: Uuid, mut seq: i64, messages: &Messages) -> Result<(), Stopped> {
    // Subscribed before the first look, so that nothing falls between.
    let mut announced = app.events.subscribe();
    let mut last_progress = None;
    loop {
        // The state before the events: if it is final, all of them are there.
        let Some(state) = audits::get(&app.db, audit).await? else {
            break;
        };
        seq = send_after(app, audit, seq, messages).await?;
        if state.progress != last_progress {
            last_progress.clone_from(&state.progress);
            if let Some(progress) = &state.progress {
                let live = LiveProgress::new(&state, progress.clone());
                send(messages, sse::Event::default().event("progress"), &live).await?;
            }
        }
        if state.state.is_final() {
            break;
        }
        changed(&mut announced, audit).await;
    }
    send(
        messages,
        sse::Event::default().event("end"),
        &serde_json::json!({}),
    )
    .await
}

/// Sends the events after `seq` and returns the number of the last one.
async fn send_after(
    app: &App,
    audit: Uuid,
    mut seq: i64,
    messages: &Messages,
) -> Result<i64, Stopped> {
    loop {
        let rows = events::after(&app.db, audit, seq, PAGE.default).await?;
        let last_page = (rows.len() as i64) < PAGE.default;
        for row in rows {
            let event = AuditEvent::from(row);
            seq = event.seq;
            let message = sse::Event::default()
                .id(seq.to_string())
                .event(event.kind());
            send(messages, message, &event).await?;
        }
        if last_page {
            return Ok(seq);
        }
    }
}

async fn send(
    messages: &Messages,
    message: sse::Event,
    data: &impl Serialize,
) -> Result<(), Stopped> {
    let data = serde_json::to_string(data).expect("events are plain data");
    messages
        .send(Ok(message.data(data)))
        .await
        .map_err(|_| Stopped::Gone)
}

/// Waits until there may be something new: an announcement, a missed one, or a few seconds, since
/// an announcement may have been lost.
async fn changed(announced: &mut broadcast::Receiver<Uuid>, audit: Uuid) {
    const LOOK_AGAIN: Duration = Duration::from_secs(3);
    let heard = async {
        loop {
            match announced.recv().await {
                Ok(other) if other != audit => {}
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                // The hub lives as long as the app; without it only the clock wakes.
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    };
    // Either way the database is looked at.
    let _ = tokio::time::timeout(LOOK_AGAIN, heard).await;
}
