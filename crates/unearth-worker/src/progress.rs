//! Progress of the phases in which the training itself does not report.

use unearth_audit::{Phase, Position, Progress};
use unearth_store::runs::ClaimedRun;

/// A phase at its begin.
pub(crate) fn of_phase(run: &ClaimedRun, phase: Phase) -> Progress {
    let position = run.resume.as_ref().map(|(position, _)| *position);
    let Position { epoch, sweeps, .. } = position.unwrap_or(Position::START);
    let done = phase == Phase::Scoring || run.shape.is_external;
    let (epochs, checkpoints) = (run.shape.epochs, run.shape.checkpoints.len() as u32);
    Progress {
        phase,
        epoch: if done { epochs } else { epoch },
        epochs,
        checkpoint: if done { checkpoints } else { sweeps },
        checkpoints,
        step: 0,
        total: 0,
        examples_per_second: None,
        eta_seconds: None,
    }
}
