//! How often somebody may be wrong.

use crate::problem::{self, Problem};
use axum::http::{HeaderValue, header};
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};
use time::{Duration, OffsetDateTime};

/// Failures of one client within [`WINDOW`] after which it has to wait.
const FAILURES_MAX: u32 = 20;
const WINDOW: Duration = Duration::minutes(1);
/// Clients that are remembered at once.
const CLIENTS_MAX: usize = 10_000;

/// Counts wrong tokens, codes and sessions by where they come from.
#[derive(Debug, Clone, Default)]
pub struct FailedAttempts(Arc<Mutex<HashMap<IpAddr, Window>>>);

#[derive(Debug, Clone, Copy)]
struct Window {
    began: OffsetDateTime,
    failures: u32,
}

impl FailedAttempts {
    /// Refuses a client that was wrong too often.
    pub(crate) fn check(&self, client: Option<IpAddr>, now: OffsetDateTime) -> Result<(), Problem> {
        let windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let window = client.and_then(|client| windows.get(&network(client)));
        match window {
            Some(window) if window.is_open(now) && window.failures >= FAILURES_MAX => {
                let wait = (window.began + WINDOW - now).whole_seconds().max(1);
                let detail =
                    format!("there were {FAILURES_MAX} wrong access tokens within a minute");
                Err(Problem::new(&problem::TOO_MANY_FAILURES, detail)
                    .hint(format!("try again in {wait} s"))
                    .header(header::RETRY_AFTER, HeaderValue::from(wait)))
            }
            _ => Ok(()),
        }
    }

    /// Remembers a failure.
    pub(crate) fn note(&self, client: Option<IpAddr>, now: OffsetDateTime) {
        let Some(client) = client else { return };
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= CLIENTS_MAX {
            windows.retain(|_, window| window.is_open(now));
        }
        let fresh = Window {
            began: now,
            failures: 0,
        };
        let window = windows.entry(network(client)).or_insert(fresh);
        if !window.is_open(now) {
            *window = fresh;
        }
        window.failures += 1;
    }
}

impl Window {
    fn is_open(self, now: OffsetDateTime) -> bool {
        now < self.began + WINDOW
    }
}

/// Who has one address of IPv6 has the 2⁶⁴ beside it.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)))
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_wrong_too_often_waits_and_nobody_else_does() {
        let attempts = FailedAttempts::default();
        let [one, beside, other] = ["2001:db8::1", "2001:db8::ffff", "2001:db8:0:1::1"]
            .map(|address| Some(address.parse().unwrap()));
        let at = |seconds| OffsetDateTime::UNIX_EPOCH + Duration::seconds(seconds);
        for second in 0..i64::from(FAILURES_MAX) {
            assert!(attempts.check(one, at(second)).is_ok());
            attempts.note(one, at(second));
        }
        assert!(attempts.check(one, at(30)).is_err());
        assert!(attempts.check(beside, at(30)).is_err());
        assert!(attempts.check(other, at(30)).is_ok());
        assert!(attempts.check(one, at(60)).is_ok());
        attempts.note(one, at(60));
        assert!(attempts.check(one, at(61)).is_ok());
    }
}
