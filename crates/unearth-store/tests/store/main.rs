//! The store against a real Postgres: a private one for every test. Time and tokens are arguments, so
//! leases expire without waiting.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(
    clippy::disallowed_methods,
    reason = "a test drops nothing that begins"
)]

mod access;
mod attempts;
mod audits;
mod backup;
mod blobs;
mod claiming;
mod contention;
mod datasets;
mod decisions;
mod deletion;
mod dynamics;
mod events;
mod exemplars;
mod external;
mod fencing;
mod garbage;
mod populations;
mod requests;
mod retention;
mod samples;
mod schema;
mod scores;
mod siblings;
mod snapshots;
mod subsets;
mod usage;
mod vitals;
mod workers;
mod world;
