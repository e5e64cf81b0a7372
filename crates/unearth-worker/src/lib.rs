//! Lease, load, train, store, score.
