//! Every SQL statement, and the blob store.
