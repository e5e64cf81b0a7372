//! The arithmetic that a recipe asks for.

use crate::failure;
use crate::shim::Bf16Autocast;
use tch::Device;
use unearth_audit::{Precision, TrainingError};

/// Lets what is computed on this thread be computed in a precision, until it is dropped. Results are in whatever
/// kind the last operation gave.
pub(crate) fn begin(
    precision: Precision,
    device: Device,
) -> Result<Option<Bf16Autocast>, TrainingError> {
    match precision {
        Precision::F32 => Ok(None),
        Precision::Bf16 => Bf16Autocast::begin(device)
            .map(Some)
            .map_err(|message| failure::from_message(device, &message)),
    }
}
