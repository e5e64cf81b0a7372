//! The record of one pass over the examples, kept on the device until the pass is over.

use crate::scratch::{Scratch, pieces};
use std::ops::Range;
use tch::{Kind, Tensor};
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
    ///
    /// # Errors
    /// When they are many and cannot be put into a file.
    pub(crate) fn new(
        examples: usize,
        probes: usize,
        scratch: &Scratch,
    ) -> Result<Self, TrainingError> {
        let n = (examples + probes) as i64;
        Ok(Self {
            examples,
            values: scratch.full(&[n, 3], f32::NAN)?,
            classes: scratch.full(&[n, 2], -1i32)?,
        })
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

    /// The tensors that a continuation needs, by name: views of pieces, so that none is as large as the dataset.
    pub(crate) fn named(&self) -> impl Iterator<Item = (String, Tensor)> {
        let of = |name: &'static str, tensor| {
            let pieces = (0..).zip(pieces(tensor));
            pieces.map(move |(at, piece): (u32, Tensor)| (format!("{name}/{at:04}"), piece))
        };
        of("values", &self.values).chain(of("classes", &self.classes))
    }

    /// Brings the record to the host; `seen` are the rows that the pass went over.
    ///
    /// # Errors
    /// [`TrainingError::Diverged`] when the loss of one of them is not a finite number.
    pub(crate) fn finish(
        &self,
        epoch: u32,
        source: LogitSource,
        mut seen: impl Iterator<Item = u32>,
        scratch: &Scratch,
    ) -> Result<EpochRecord, TrainingError> {
        let values = self.rows(0..self.examples, scratch)?;
        let probes = self.rows(self.examples..self.values.size()[0] as usize, scratch)?;
        let loss = |row: u32| match (row as usize).checked_sub(self.examples) {
            None => values.loss[row as usize],
            Some(probe) => probes.loss[probe],
        };
        if let Some(row) = seen.find(|&row| !loss(row).is_finite()) {
            return Err(TrainingError::Diverged {
                epoch: epoch + 1,
                what: format!("the loss of {} is not a finite number", self.name(row)),
            });
        }
        Ok(EpochRecord {
            epoch,
            source,
            values,
            probes,
        })
    }

    fn rows(&self, range: Range<usize>, scratch: &Scratch) -> Result<Record, TrainingError> {
        let of = |tensor: &Tensor, at: i64| {
            let rows = tensor.narrow(0, range.start as i64, range.len() as i64);
            rows.select(1, at)
        };
        let value = |at| scratch.column(&of(&self.values, at), |it| it);
        let class = |at| scratch.column(&of(&self.classes, at), |it| it);
        Ok(Record {
            loss: value(0)?,
            // Cross-entropy is -ln p.
            p_given: scratch.column(&of(&self.values, 0), |loss| loss.neg().exp())?,
            margin: value(1)?,
            el2n: value(2)?,
            predicted: class(0)?,
            best_other: class(1)?,
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
    use crate::scratch::PIECE_ROWS;
    use tch::Device;

    /// Logits of three classes, chosen so that a softmax taken of the wrong axis, a margin of
    /// probabilities, a squared norm or another sign would show.
    #[test]
    fn every_quantity_follows_its_formula() {
        let rows = [[2.0f32, -1.0, 0.5], [0.0, 0.0, 3.0], [1.0, 4.0, -2.0]];
        let labels = [0i64, 0, 2];
        let logits = Tensor::from_slice2(&rows);
        let given = Tensor::from_slice(&labels);
        let indices = Tensor::from_slice(&[4i64, 1, 0]);
        let scratch = Scratch::new(&std::env::temp_dir(), Device::Cpu);
        let mut record = PassRecord::new(6, 0, &scratch).unwrap();
        record.note(&indices, &losses(&logits, &given), &logits, &given);

        let seen = [0, 1, 4].into_iter();
        let record = record
            .finish(0, LogitSource::InFlight, seen, &scratch)
            .unwrap();
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

    #[test]
    fn rows_of_every_piece_come_back() {
        let rows = PIECE_ROWS + 10;
        let scratch = Scratch::new(&std::env::temp_dir(), Device::Cpu);
        let mut record = PassRecord::new(rows - 4, 4, &scratch).unwrap();
        let at = [1, PIECE_ROWS as i64 + 2, rows as i64 - 1];
        let logits = Tensor::from_slice2(&[[2.0f32, -1.0], [0.0, 3.0], [1.0, 4.0]]);
        let given = Tensor::from_slice(&[0i64, 0, 1]);
        let losses = losses(&logits, &given);
        record.note(&Tensor::from_slice(&at), &losses, &logits, &given);

        let names: Vec<String> = record.named().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            ["values/0000", "values/0001", "classes/0000", "classes/0001"]
        );
        let seen = at.map(|row| row as u32).into_iter();
        let told = record
            .finish(0, LogitSource::InFlight, seen, &scratch)
            .unwrap();
        let predicted = |row: usize| told.values.predicted[row];
        assert_eq!([1, 2, PIECE_ROWS + 2].map(predicted), [0, -1, 1]);
        assert_eq!(*told.probes.predicted, [-1, -1, -1, 1]);
        let margins = (told.values.margin[PIECE_ROWS + 2], told.probes.margin[3]);
        assert_eq!(margins, (-3.0, 3.0));
        let unseen = [PIECE_ROWS as u32 + 3].into_iter();
        let refused = record.finish(0, LogitSource::InFlight, unseen, &scratch);
        assert!(matches!(refused, Err(TrainingError::Diverged { .. })));
    }
}
