//! From the training thread into the asynchronous side.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use unearth_audit::{Report, Stop, TrainingSink};

/// Reports in flight between training and store. A chunk of maps is some hundred kilobytes, so
/// this bounds memory to a few megabytes and makes a slow database slow the training down.
const REPORTS_IN_FLIGHT: usize = 16;

/// The training thread's end of the channel. The training stops at its next batch once `stop` is cancelled.
pub(crate) struct ChannelSink {
    reports: mpsc::Sender<Report>,
    stop: CancellationToken,
}

/// A sink and the end at which its reports come out.
pub(crate) fn channel(stop: &CancellationToken) -> (ChannelSink, mpsc::Receiver<Report>) {
    let (reports, received) = mpsc::channel(REPORTS_IN_FLIGHT);
    (
        ChannelSink {
            reports,
            stop: stop.clone(),
        },
        received,
    )
}

impl TrainingSink for ChannelSink {
    fn report(&mut self, report: Report) -> Result<(), Stop> {
        self.check()?;
        // The receiver is dropped when storing failed or the lease is lost.
        self.reports.blocking_send(report).map_err(|_| Stop)
    }

    fn check(&mut self) -> Result<(), Stop> {
        if self.stop.is_cancelled() {
            Err(Stop)
        } else {
            Ok(())
        }
    }
}
