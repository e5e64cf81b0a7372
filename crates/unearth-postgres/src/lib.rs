//! A private Postgres server of one's own: found, initialised, started, stopped.
