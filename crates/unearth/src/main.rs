//! The `unearth` command.
fn main() {}
