//! Exit codes, as documented in `unearth --help`.

use crate::client::Refused;
use reqwest::StatusCode;
use unearth_store::StoreError;

/// The audit failed or was cancelled, or something unexpected happened.
pub(crate) const FAILED: u8 = 1;
/// The arguments are wrong: as clap, we, or the server that was asked with them found.
pub(crate) const WRONG_ARGUMENTS: u8 = 2;
/// The dataset was refused.
pub(crate) const DATASET_REFUSED: u8 = 3;
/// No server could be reached or started.
pub(crate) const NO_SERVER: u8 = 4;

/// An error and the exit code that it ends the process with.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: u8,
    pub(crate) error: anyhow::Error,
}

impl Failure {
    pub(crate) fn with_code(code: u8, error: impl Into<anyhow::Error>) -> Self {
        Self {
            code,
            error: error.into(),
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        Self::with_code(code_of(&error), error)
    }
}

fn code_of(error: &anyhow::Error) -> u8 {
    if let Some(refused) = error.downcast_ref::<Refused>() {
        return match refused.status {
            StatusCode::UNAUTHORIZED | StatusCode::UNPROCESSABLE_ENTITY => WRONG_ARGUMENTS,
            _ => FAILED,
        };
    }
    // A bucket is reached over HTTP, too, but it is no server of ours.
    if error.chain().any(<dyn std::error::Error>::is::<StoreError>) {
        return FAILED;
    }
    let away = |cause: &reqwest::Error| cause.is_connect() || cause.is_timeout();
    if error
        .chain()
        .filter_map(|cause| cause.downcast_ref())
        .any(away)
    {
        return NO_SERVER;
    }
    FAILED
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    fn refused(status: StatusCode) -> anyhow::Error {
        let text = "no".to_owned();
        Refused { status, text }.into()
    }

    #[test]
    fn what_the_server_refuses_is_an_argument_and_what_it_lacks_is_not() {
        let wrong = refused(StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(code_of(&wrong.context("the audit")), WRONG_ARGUMENTS);
        let token = refused(StatusCode::UNAUTHORIZED);
        assert_eq!(code_of(&token), WRONG_ARGUMENTS);
        assert_eq!(code_of(&refused(StatusCode::INSUFFICIENT_STORAGE)), FAILED);
    }

    #[tokio::test]
    async fn a_closed_port_is_no_server() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", port.local_addr().unwrap());
        drop(port);
        let error = reqwest::get(url).await.context("it is away").unwrap_err();
        assert_eq!(code_of(&error), NO_SERVER);
    }
}
