//! The router in process, on a fresh real Postgres and a temporary folder of blobs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod any_request;
mod audits;
mod comparison;
mod crowd;
mod data_map;
mod datasets;
mod document;
mod events;
mod example;
mod external;
mod idempotency;
mod interchange;
mod labels;
mod page;
mod postgres;
mod provisional;
mod ranking;
mod ranking_csv;
mod ranking_files;
mod review;
mod roles;
mod scores;
mod server;
mod service;
mod stage;
mod subsets;
mod weights;
