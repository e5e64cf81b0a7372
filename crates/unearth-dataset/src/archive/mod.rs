//! What holds the files.
