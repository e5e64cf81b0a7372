//! The record of one pass over the examples, kept on the device until the pass is over.

use crate::host;
use tch::{Device, Kind, Tensor};
use unearth_audit::{EpochRecord, LogitSource, TrainingError};

/// Loss and prediction of every example; NaN and -1 where the pass has not been.
pub(crate) struct PassRecord {
    /// Cross-entropy of the given label, f32 `[n]`.
    pub(crate) loss: Tensor,
    /// Class with the largest logit, int32 `[n]`.
    pub(crate) predicted: Tensor,
}

impl PassRecord {
    /// Nothing seen yet of `examples` examples.
    pub(crate) fn new(examples: usize, device: Device) -> Self {
        let n = [examples as i64];
        Self {
            loss: Tensor::full(n, f64::NAN, (Kind::Float, device)),
            predicted: Tensor::full(n, -1, (Kind::Int, device)),
        }
    }

    /// Notes a batch: indices int64 `[b]`, losses f32 `[b]`, logits f32 `[b, classes]`. Waits
    /// for nothing.
    pub(crate) fn note(&mut self, indices: &Tensor, losses: &Tensor, logits: &Tensor) {
        let predicted = logits.argmax(1, false).to_kind(Kind::Int);
        let _ = self.loss.index_copy_(0, indices, losses);
        let _ = self.predicted.index_copy_(0, indices, &predicted);
    }

    /// Brings the record to the host; `seen` are the indices that the pass went over.
    ///
    /// # Errors
    /// [`TrainingError::Diverged`] when the loss of one of them is not a finite number.
    pub(crate) fn finish(
        &self,
        epoch: u32,
        source: LogitSource,
        seen: &[u32],
    ) -> Result<EpochRecord, TrainingError> {
        let loss = host::f32s(&self.loss);
        if let Some(example) = seen.iter().find(|&&i| !loss[i as usize].is_finite()) {
            return Err(TrainingError::Diverged {
                epoch: epoch + 1,
                what: format!("the loss of example {example} is not a finite number"),
            });
        }
        Ok(EpochRecord {
            epoch,
            source,
            // Cross-entropy is -ln p.
            p_given: host::f32s(&(-&self.loss).exp()),
            loss,
            predicted: host::i32s(&self.predicted),
        })
    }
}

/// Cross-entropy in nats of each row's label, f32 `[b]`.
pub(crate) fn losses(logits: &Tensor, labels: &Tensor) -> Tensor {
    logits.cross_entropy_loss(labels, None::<&Tensor>, tch::Reduction::None, -100, 0.0)
}
