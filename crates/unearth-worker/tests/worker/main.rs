//! A whole worker on a private Postgres, with a trainer that does what a test tells it to.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(
    clippy::disallowed_methods,
    reason = "a test drops nothing that begins"
)]

mod clock;
mod endings;
mod lease;
mod populations;
mod retries;
mod trainer;
mod world;
