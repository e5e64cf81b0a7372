//! The record of one pass over the examples, kept on the device until the pass is over.

use crate::host;
use tch::{Device, Kind, Tensor};
use unearth_audit::{EpochRecord, LogitSource, Record, TrainingError};

/// What is known of every example, and of every probe after them; NaN and -1 where the pass has not
/// been.
pub(crate) struct PassRecord {
    /// Examples among the rows.
    examples: usize,
    /// Cross-entropy of the given label, margin, EL2N: f32 `[n + m, 3]`.
    values: Tensor,
    /// Class with the largest logit, and the same among those not given: int32 `[n + m, 2]`.
    classes: Tensor,
}

impl PassRecord {
    /// Nothing seen yet of `examples` examples and `probes` probes.
    pub(crate) fn new(examples: usize, probes: usize, device: Device) -> Self {
        let n = (examples + probes) as i64;
        Self {
            examples,
            values: Tensor::full([n, 3], f64::NAN, (Kind::Float, device)),
            classes: Tensor::full([n, 2], -1, (Kind::Int, device)),
        }
    }

    /// Notes a batch: indices int64 `[b]`, losses f32 `[b]`, logits f32 `[b, classes]`, given labels
    /// int64 `[b]`. Waits for nothing.
    pub(crate) fn note(
        &mut self,
        indices: &Tensor,
        losses: &Tensor,
        logits: &Tensor,
        labels: &Tensor,
    ) {
        let given = labels.unsqueeze(1);
        let others = logits.scatter_value(1, &given, f64::NEG_INFINITY);
        let (largest_other, best_other) = others.max_dim(1, false);
        let margin = logits.gather(1, &given, false).squeeze_dim(1) - largest_other;
        let error = logits.softmax(-1, Kind::Float).scatter_add(
            1,
            &given,
            &given.ones_like().to_kind(Kind::Float).neg(),
        );
        let el2n = error.norm_scalaropt_dim(2, [1i64].as_slice(), false);
        let predicted = logits.argmax(1, false);

        let values = Tensor::stack(&[losses, &margin, &el2n], 1);
        let classes = Tensor::stack(&[&predicted, &best_other], 1).to_kind(Kind::Int);
        let _ = self.values.index_copy_(0, indices, &values);
        let _ = self.classes.index_copy_(0, indices, &classes);
    }

    /// The tensors that a continuation needs, by name.
    pub(crate) fn named(&self) -> [(&'static str, &Tensor); 2] {
        [("values", &self.values), ("classes", &self.classes)]
    }

    /// Brings the record to the host; `seen` are the rows that the pass went over.
    ///
    /// # Errors
    /// [`TrainingError::Diverged`] when the loss of one of them is not a finite number.
    pub(crate) fn finish(
        &self,
        epoch: u32,
        source: LogitSource,
        seen: &[u32],
    ) -> Result<EpochRecord, TrainingError> {
        let value = |at: i64| self.values.select(1, at);
        let class = |at: i64| host::i32s(&self.classes.select(1, at));
        let loss = host::f32s(&value(0));
        if let Some(&row) = seen.iter().find(|&&i| !loss[i as usize].is_finite()) {
            return Err(TrainingError::Diverged {
                epoch: epoch + 1,
                what: format!("the loss of {} is not a finite number", self.name(row)),
            });
        }
        let rows = Record {
            // Cross-entropy is -ln p.
            p_given: host::f32s(&value(0).neg().exp()),
            loss,
            margin: host::f32s(&value(1)),
            el2n: host::f32s(&value(2)),
            predicted: class(0),
            best_other: class(1),
        };
        Ok(EpochRecord {
            epoch,
            source,
            values: rows.slice(0..self.examples),
            probes: rows.slice(self.examples..rows.len()),
        })
    }

    fn name(&self, row: u32) -> String {
        match (row as usize).checked_sub(self.examples) {
            None => format!("example {row}"),
            Some(probe) => format!("probe {probe}"),
        }
    }
}

/// Cross-entropy in nats of each row's label, f32 `[b]`.
pub(crate) fn losses(logits: &Tensor, labels: &Tensor) -> Tensor {
    logits.cross_entropy_loss(labels, None::<&Tensor>, tch::Reduction::None, -100, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logits of three classes, chosen so that a softmax taken of the wrong axis, a margin of
    /// probabilities, a squared norm or another sign would show.
    #[test]
    fn every_quantity_follows_its_formula() {
        let rows = [[2.0f32, -1.0, 0.5], [0.0, 0.0, 3.0], [1.0, 4.0, -2.0]];
        let labels = [0i64, 0, 2];
        let logits = Tensor::from_slice2(&rows);
        let given = Tensor::from_slice(&labels);
        let indices = Tensor::from_slice(&[4i64, 1, 0]);
        let mut record = PassRecord::new(6, 0, Device::Cpu);
        record.note(&indices, &losses(&logits, &given), &logits, &given);

        let record = record.finish(0, LogitSource::InFlight, &[0, 1, 4]).unwrap();
        for (row, (&index, &label)) in [4usize, 1, 0].iter().zip(&labels).enumerate() {
            let label = label as usize;
            let z = rows[row].map(f64::from);
            let sum: f64 = z.iter().map(|z| z.exp()).sum();
            let p = z.map(|z| z.exp() / sum);
            let other = (0..3)
                .filter(|&class| class != label)
                .max_by(|&a, &b| z[a].total_cmp(&z[b]))
                .unwrap();
            let el2n = (0..3)
                .map(|class| p[class] - f64::from(u8::from(class == label)))
                .map(|error| error * error)
                .sum::<f64>()
                .sqrt();
            let close = |got: f32, expected: f64| {
                assert!((f64::from(got) - expected).abs() < 1e-5, "{got} {expected}");
            };
            close(record.values.loss[index], -p[label].ln());
            close(record.values.p_given[index], p[label]);
            close(record.values.margin[index], z[label] - z[other]);
            close(record.values.el2n[index], el2n);
            assert_eq!(record.values.best_other[index], other as i32);
            let largest = (0..3).max_by(|&a, &b| z[a].total_cmp(&z[b])).unwrap();
            assert_eq!(record.values.predicted[index], largest as i32);
        }
        for unseen in [2, 3, 5] {
            assert_eq!(record.values.predicted[unseen], -1);
            assert!(record.values.el2n[unseen].is_nan());
        }
    }
}
