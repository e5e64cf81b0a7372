//! How fast a phase goes of which only the steps are known.

use std::time::Instant;

/// Measures from the first count it sees: what was done before says nothing of the pace.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    first: Option<(u64, Instant)>,
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    /// Until the phase ends.
    pub(crate) seconds_left: f64,
}

impl Pace {
    /// Takes a count; says nothing before there are two that differ.
    pub(crate) fn at(&mut self, done: u64, total: u64, now: Instant) -> Option<Measured> {
        let &mut (before, since) = self.first.get_or_insert((done, now));
        let steps = done.checked_sub(before).filter(|&steps| steps > 0)?;
        let per_second = steps as f64 / now.duration_since(since).as_secs_f64();
        per_second.is_finite().then(|| Measured {
            per_second,
            seconds_left: total.saturating_sub(done) as f64 / per_second,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn rate_and_remaining_time_come_from_what_was_seen() {
        let mut pace = Pace::default();
        let began = Instant::now();
        assert_eq!(pace.at(100, 500, began), None);
        assert_eq!(pace.at(100, 500, began + Duration::from_secs(1)), None);
        let measured = pace.at(300, 500, began + Duration::from_secs(4)).unwrap();
        assert!((measured.per_second - 50.0).abs() < 1e-9);
        assert!((measured.seconds_left - 4.0).abs() < 1e-9);
    }
}
