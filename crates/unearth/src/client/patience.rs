//! Waiting for a server that is away for a while.

use super::Refused;
use anyhow::{Context as _, Error, Result};
use std::time::{Duration, Instant};

/// How long a server may be away before we give up.
const AWAY_MAX: Duration = Duration::from_mins(2);
/// How long to wait before it is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// Remembers when the server was last heard.
pub(crate) struct Patience {
    heard: Instant,
    is_away: bool,
}

impl Patience {
    pub(crate) fn begin() -> Self {
        Self {
            heard: Instant::now(),
            is_away: false,
        }
    }

    /// The server was heard.
    pub(crate) fn heard(&mut self) {
        *self = Self::begin();
    }

    /// Waits a moment after a request that failed; the first time, `say` is told.
    ///
    /// # Errors
    /// The failure, when waiting will not mend it or the server has been away for too long.
    pub(crate) async fn wait(&mut self, error: Error, say: impl FnOnce(&str)) -> Result<()> {
        if !may_pass(&error) {
            return Err(error);
        }
        if self.heard.elapsed() > AWAY_MAX {
            return Err(error).context("the connection to the server is lost");
        }
        if !self.is_away {
            self.is_away = true;
            say(&format!("the server is away ({error:#}); trying again"));
        }
        tokio::time::sleep(PAUSE).await;
        Ok(())
    }
}

/// Whether asking again may end otherwise: a refusal stays one.
fn may_pass(error: &Error) -> bool {
    error
        .downcast_ref::<Refused>()
        .is_none_or(|refused| refused.status.is_server_error())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::StatusCode;

    fn refused(status: StatusCode) -> Error {
        let text = "no".to_owned();
        Refused { status, text }.into()
    }

    fn last_heard(ago: Duration) -> Patience {
        Patience {
            heard: Instant::now().checked_sub(ago).unwrap(),
            is_away: false,
        }
    }

    #[tokio::test]
    async fn a_refusal_is_final_and_a_broken_server_is_waited_for() {
        let mut patience = Patience::begin();
        let gone = refused(StatusCode::NOT_FOUND);
        let said = |_: &str| panic!("there is nothing to wait for");
        assert!(patience.wait(gone, said).await.is_err());

        let mut said = Vec::new();
        for _ in 0..2 {
            let broken = refused(StatusCode::SERVICE_UNAVAILABLE);
            let say = |line: &str| said.push(line.to_owned());
            patience.wait(broken, say).await.unwrap();
        }
        assert_eq!(said, ["the server is away (no); trying again"]);
    }

    #[tokio::test]
    async fn patience_has_an_end_and_begins_anew() {
        let mut patience = last_heard(AWAY_MAX + PAUSE);
        let broken = || refused(StatusCode::BAD_GATEWAY);
        let error = patience.wait(broken(), |_| {}).await.unwrap_err();
        assert!(error.to_string().contains("lost"), "{error}");
        patience.heard();
        patience.wait(broken(), |_| {}).await.unwrap();
    }
}
