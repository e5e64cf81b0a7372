//! The HTTP interface: router, handlers, problem+json, OpenAPI, events, exports, the embedded page.
//!
//! [`router`] turns an [`App`] into an [`axum::Router`]. A handler reads parse → load → decide →
//! write → answer; SQL lives in `unearth-store`, and nothing here knows of tensors. Whatever goes
//! wrong leaves as an RFC 9457 problem document with a stable code; what happened inside goes to
//! the log only.

mod access;
mod app;
mod class_names;
mod crowd;
mod detached;
mod document;
mod event_hub;
mod export;
mod extract;
mod gradient_map;
mod handlers;
mod idempotency;
mod nul;
mod observe;
mod page;
mod paging;
mod pixels;
mod problem;
mod room;
mod router;
mod upload;
mod view;

pub use access::FailedAttempts;
pub use app::{ApiLimits, App};
pub use event_hub::EventHub;
pub use export::Exports;
pub use handlers::session::CODE_LIFETIME;
pub use room::{DiskSpace, disk_space};
pub use router::{openapi, router};
