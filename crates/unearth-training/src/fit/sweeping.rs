//! The sweep of a checkpoint, chunk by chunk.

use super::{Training, check, tell};
use crate::pruning::Masks;
use crate::record::PassRecord;
use crate::sweep::Sweep;
use crate::{encode, host};
use std::time::Instant;
use tch::Tensor;
use unearth_audit::{
    MapChunk, Phase, Report, TrainingError, TrainingSink, chunk_count, chunk_range,
};

impl Training<'_> {
    /// Takes the gradients of all examples in index order, one report per chunk.
    pub(super) fn sweep(&mut self, sink: &mut dyn TrainingSink) -> Result<(), TrainingError> {
        // A worker lost in a sweep repeats the sweep alone.
        self.resume_point(sink)?;
        let masks = self.masks.clone();
        let laid = masks.as_deref().map(Masks::lay);
        let checkpoint = self.position.sweeps;
        let evaluates = self.recipe.is_evaluated_by_sweep(self.position.epoch);
        let mut record = evaluates.then(|| self.nothing_seen()).transpose()?;
        for chunk in 0..chunk_count(self.examples.len()) {
            let start = Instant::now();
            self.clock.begin();
            let maps = self.maps_of_chunk(checkpoint, chunk, record.as_mut(), sink)?;
            let range = chunk_range(chunk, self.examples.len());
            self.clock.lap(|of| &mut of.sweep);
            self.meter.sweep.add(range.len(), start);
            tell(sink, Report::Maps(maps))?;
            self.show_progress(sink, Phase::Snapshotting, range.end, self.examples.len())?;
        }
        drop(laid);
        tell(sink, Report::SweepDone { checkpoint })?;
        self.position.sweeps += 1;
        self.evaluated = record;
        self.resume_point_if_due(sink)
    }

    fn maps_of_chunk(
        &self,
        checkpoint: u32,
        chunk: usize,
        mut record: Option<&mut PassRecord>,
        sink: &mut dyn TrainingSink,
    ) -> Result<MapChunk, TrainingError> {
        let _frozen = self.network.weights.freeze();
        let sweep = Sweep::new(&self.network, &self.data, self.recipe);
        let examples = chunk_range(chunk, self.examples.len());
        let mut maps = Vec::new();
        for batch in self.eval_batches(examples.clone()) {
            check(sink)?;
            let swept = sweep.of(&batch)?;
            maps.push(swept.maps);
            if let Some(record) = record.as_deref_mut() {
                self.note_evaluated(record, &batch, &swept.logits);
            }
        }

        let encoded = encode::encode(&Tensor::cat(&maps, 0));
        let peaks = host::f32s(&encoded.peaks);
        if let Some(offset) = peaks.iter().position(|peak| !peak.is_finite()) {
            let example = examples.start + offset;
            return Err(TrainingError::Diverged {
                epoch: self.position.epoch,
                what: format!("the gradient of example {example} is not a finite number"),
            });
        }
        Ok(MapChunk {
            checkpoint,
            chunk: chunk as u32,
            scales: host::f32s(&encoded.scales),
            maps: host::bytes(&encoded.pixels),
        })
    }
}
