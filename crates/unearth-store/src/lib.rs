//! Every SQL statement of Unearth, and its blob store.
//!
//! One module per noun. Functions take the [`Database`], and the time and any random token as
//! arguments, so that tests own them. Rows come out as the vocabulary of `unearth-audit`; a row
//! that does not fit it is a [`StoreError::Inconsistent`] naming table, column and id.

pub mod access;
pub mod archaeology;
pub mod audits;
pub mod backup;
mod blob_names;
pub mod blobs;
pub mod comparison;
mod copy;
mod database;
pub mod datasets;
pub mod decisions;
pub mod density;
pub mod dynamics;
mod error;
pub mod events;
pub mod examples;
pub mod exemplars;
pub mod external;
pub mod garbage;
pub mod groups;
pub mod idempotency;
pub mod labels;
mod little_endian;
pub mod predictions;
pub mod probes;
pub mod retention;
pub mod reviews;
pub mod runs;
pub mod samples;
pub mod score_columns;
pub mod score_sets;
pub mod scores;
pub mod seed_scores;
pub mod snapshots;
pub mod subsets;
pub mod suggestions;
pub mod usage;
pub mod vitals;
pub mod weights;
pub mod workers;

pub use blobs::Blobs;
pub use database::{Database, EVENTS_CHANNEL, NewerSchema, Schema, WORK_CHANNEL};
pub use error::StoreError;
/// Receives notifications; see [`Database::listen`].
pub use sqlx::postgres::PgListener as Listener;
pub use time::OffsetDateTime;
