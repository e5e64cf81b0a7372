//! The eval pass: what the model makes of every example, and its rounded copies of them.

use super::{Training, check, tell};
use crate::models::Mode;
use crate::pruning::Masks;
use crate::quantise::Rounded;
use crate::record;
use crate::record::PassRecord;
use std::ops::Range;
use std::time::Instant;
use tch::{Kind, Tensor};
use unearth_audit::{
    Examples, LogitSource, Phase, Quantisation, Report, TrainingError, TrainingOutcome,
    TrainingSink,
};
use unearth_columns::Column;

impl Training<'_> {
    /// One pass over all examples and probes in eval mode, not augmented. The outcome, where it is the
    /// last one.
    pub(super) fn evaluate(
        &mut self,
        sink: &mut dyn TrainingSink,
    ) -> Result<Option<TrainingOutcome>, TrainingError> {
        let _no_grad = tch::no_grad_guard();
        let masks = self.masks.clone();
        let laid = masks.as_deref().map(Masks::lay);
        let examples = self.examples.len();
        let rows = examples + self.examples.probes.labels.len();
        let (mut record, begin) = match self.evaluated.take() {
            Some(record) => (record, examples),
            None => (self.nothing_seen()?, 0),
        };
        let batches = self.eval_batches(begin..examples);
        for batch in batches.chain(self.eval_batches(examples..rows)) {
            check(sink)?;
            let start = Instant::now();
            self.clock.begin();
            let input = self.data.normalise(&self.data.slice(&batch));
            let logits = self.evaluation_logits(&input);
            self.note_evaluated(&mut record, &batch, &logits);
            self.clock.lap(|of| &mut of.evaluation);
            self.meter.eval.add(batch.len(), start);
            self.show_progress(sink, Phase::Evaluating, batch.end, rows)?;
        }

        let (epoch, all) = (self.position.epoch - 1, 0..rows as u32);
        let record = record.finish(epoch, LogitSource::EvalPass, all, &self.scratch)?;
        let (training_accuracy, held_out_accuracy) =
            accuracies(self.examples, &record.values.predicted);
        tell(sink, Report::Epoch(Box::new(record)))?;
        self.position.evaluations += 1;
        if self.position.epoch < self.recipe.epochs {
            drop(laid);
            self.resume_point_if_due(sink)?;
            return Ok(None);
        }
        for &quantisation in self.quantise {
            let predicted = self.predictions_rounded(quantisation, sink)?;
            let report = Report::Quantised {
                quantisation,
                predicted,
            };
            tell(sink, report)?;
        }
        Ok(Some(TrainingOutcome {
            training_accuracy,
            held_out_accuracy,
            fit_secs: self.meter.fit.seconds(),
            sweep_secs: self.meter.sweep.seconds(),
            layers: masks.as_deref().map(Masks::sparsity).unwrap_or_default(),
        }))
    }

    /// f32 logits `[b, classes]` in eval mode. Computed with a graph where a sweep may stand for the pass:
    /// libtorch may choose other kernels without one, and a continued training repeats the pass alone.
    fn evaluation_logits(&self, input: &Tensor) -> Tensor {
        if !self.recipe.is_evaluated_by_sweep(self.position.epoch) {
            return self.network.forward(input, Mode::Eval);
        }
        let _frozen = self.network.weights.freeze();
        self.network.forward_from_entry(input).1.detach()
    }

    /// Notes what the model makes of neighbouring rows.
    pub(super) fn note_evaluated(
        &self,
        record: &mut PassRecord,
        rows: &Range<usize>,
        logits: &Tensor,
    ) {
        let (start, len) = (rows.start as i64, rows.len() as i64);
        let labels = self.data.labels.narrow(0, start, len);
        let indices = Tensor::arange_start(start, start + len, (Kind::Int64, self.device()));
        record.note(&indices, &record::losses(logits, &labels), logits, &labels);
    }

    /// What the model predicts for every example, in index order, when it is rounded; in eval mode, not
    /// augmented.
    fn predictions_rounded(
        &self,
        quantisation: Quantisation,
        sink: &mut dyn TrainingSink,
    ) -> Result<Column<i32>, TrainingError> {
        let _rounded = Rounded::new(&self.network.weights, quantisation);
        let predicted = self.scratch.full(&[self.examples.len() as i64], -1i64)?;
        for batch in self.eval_batches(0..self.examples.len()) {
            check(sink)?;
            let input = self.data.normalise(&self.data.slice(&batch));
            let classes = self.network.forward(&input, Mode::Eval).argmax(1, false);
            predicted
                .narrow(0, batch.start as i64, batch.len() as i64)
                .copy_(&classes);
        }
        self.scratch.column(&predicted, |classes| classes)
    }
}

/// Share of the trained examples, and of the others, whose prediction is the given label.
fn accuracies(examples: &Examples<'_>, predicted: &[i32]) -> (f64, Option<f64>) {
    let correct = |i: usize| predicted[i] == examples.labels[i];
    let all = (0..examples.len()).filter(|&i| correct(i)).count();
    let trained = examples
        .trained
        .iter()
        .filter(|&&i| correct(i as usize))
        .count();
    let held_out = examples.len() - examples.trained.len();
    (
        trained as f64 / examples.trained.len() as f64,
        (held_out > 0).then(|| (all - trained) as f64 / held_out as f64),
    )
}
