//! Telling the caller how far the work has come, and hearing whether to stop.

use crate::{DatasetError, PackPhase, PackProgress};
use std::ops::ControlFlow;

/// The caller's ear.
pub(crate) struct Reporter<'a> {
    listen: &'a mut dyn FnMut(PackProgress) -> ControlFlow<()>,
}

impl<'a> Reporter<'a> {
    pub(crate) fn new(listen: &'a mut dyn FnMut(PackProgress) -> ControlFlow<()>) -> Self {
        Self { listen }
    }

    /// Reports; fails with [`DatasetError::Cancelled`] when the caller wants no more.
    pub(crate) fn report(
        &mut self,
        phase: PackPhase,
        done: u64,
        total: u64,
    ) -> Result<(), DatasetError> {
        match (self.listen)(PackProgress { phase, done, total }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(DatasetError::Cancelled),
        }
    }
}
