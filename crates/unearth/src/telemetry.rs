//! Logs.

use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// Sends logs to standard error: for people on a terminal, as JSON lines otherwise.
pub(crate) fn init(directives: &str) {
    let filter = EnvFilter::try_new(directives).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        builder.with_target(false).compact().init();
    } else {
        builder.json().with_span_list(false).init();
    }
}
