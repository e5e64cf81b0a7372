//! Work that goes on when nobody waits for it any more.

use crate::problem::Problem;
use tracing::Instrument as _;

/// Waits for `work`, which, once begun, runs to its end: also when the client goes away or the time
/// for the answer is over.
pub(crate) async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Problem> {
    tokio::spawn(work.in_current_span())
        .await
        .map_err(Problem::internal)
}
