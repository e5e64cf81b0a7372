//! The time of a test, which passes only when the test says so.

use std::cell::Cell;
use time::{Duration, OffsetDateTime, macros::datetime};

thread_local! {
    /// A test and its worker's futures share a thread.
    static TIME: Cell<OffsetDateTime> = const { Cell::new(datetime!(2026-01-02 03:04:05 UTC)) };
}

pub(crate) fn now() -> OffsetDateTime {
    TIME.get()
}

pub(crate) fn pass(time: Duration) {
    TIME.set(TIME.get() + time);
}
