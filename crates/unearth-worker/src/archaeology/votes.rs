//! The vote on every example.

use crate::{Worker, WorkerError};
use bytemuck::{Pod, Zeroable};
use futures::TryStreamExt as _;
use std::pin::pin;
use unearth_audit::{LogitSource, chunk_range};
use unearth_columns::Column;
use unearth_signals::archaeology::{Vote, Voters};
use unearth_store::{
    archaeology::Categorised,
    dynamics::{self, LossChunk},
    runs::Sibling,
};

/// What the examples are called, in index order; nothing where one was not trained on.
pub(super) struct Votes {
    calls: Column<Call>,
    /// Votes of each category, `[n, categories]`.
    counts: Column<u16>,
    categories: usize,
}

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Call {
    /// Position of the category; -1 of an example that is called nothing.
    category: i16,
    /// 1 where another category had as many votes.
    tied: i16,
}

impl Call {
    const NOTHING: Self = Self {
        category: -1,
        tied: 0,
    };
}

impl Votes {
    /// Lets the voters vote on each example's losses over the epochs.
    pub(super) async fn of(
        worker: &Worker,
        run: &Sibling,
        logits: LogitSource,
        voters: &Voters,
        examples: usize,
    ) -> Result<Self, WorkerError> {
        let categories = voters.categories();
        let mut on_examples = Self {
            calls: Column::filled(&worker.scratch, examples, Call::NOTHING)?,
            counts: Column::filled(&worker.scratch, examples * categories, 0)?,
            categories,
        };
        let epochs = run.origin.shape().epochs as usize;
        let mut found = 0;
        let mut chunk: Vec<LossChunk> = Vec::with_capacity(epochs);
        let mut stored = pin!(dynamics::losses(&worker.db, run.id, logits));
        while let Some(record) = stored.try_next().await? {
            chunk.push(record);
            if chunk.len() == epochs {
                let range = chunk_range(chunk[0].chunk as usize, examples);
                if chunk.iter().any(|epoch| epoch.loss.len() != range.len()) {
                    break;
                }
                found += range.len();
                on_examples.add(range.start, &chunk, voters);
                chunk.clear();
            }
        }
        if found == examples {
            return Ok(on_examples);
        }
        Err(WorkerError::Inconsistent(format!(
            "run {} holds losses of {found} examples, expected {examples}",
            run.id,
        )))
    }

    /// Adds a chunk whose first example is `first`.
    fn add(&mut self, first: usize, epochs: &[LossChunk], voters: &Voters) {
        let mut trajectory = Vec::with_capacity(epochs.len());
        for at in 0..epochs[0].loss.len() {
            trajectory.clear();
            trajectory.extend(epochs.iter().map(|epoch| epoch.loss[at]));
            let index = first + at;
            if let Some(vote) = voters.vote(Some(index as u32), &trajectory) {
                self.note(index, &vote);
            }
        }
    }

    fn note(&mut self, index: usize, vote: &Vote) {
        self.calls[index] = Call {
            category: vote.category as i16,
            tied: vote.tied.into(),
        };
        let counts = &mut self.counts[index * self.categories..][..self.categories];
        counts.copy_from_slice(&vote.votes);
    }

    /// How many examples there are.
    pub(super) fn len(&self) -> usize {
        self.calls.len()
    }

    /// How many examples are called each category.
    pub(super) fn called(&self) -> Vec<u64> {
        let mut called = vec![0; self.categories];
        for call in &self.calls {
            if let Ok(category) = usize::try_from(call.category) {
                called[category] += 1;
            }
        }
        called
    }

    /// How many could as well be called something else.
    pub(super) fn tied(&self) -> u64 {
        self.calls.iter().filter(|call| call.tied == 1).count() as u64
    }

    /// What is stored of those that are called something.
    pub(super) fn categorised(&self) -> impl Iterator<Item = Categorised> + '_ {
        let counts = self.counts.chunks_exact(self.categories.max(1));
        let each = (0..).zip(self.calls.iter().zip(counts));
        let called = each.filter(|(_, (call, _))| call.category >= 0);
        called.map(|(index, (call, counts))| Categorised {
            index,
            category: call.category,
            tied: call.tied == 1,
            votes: counts.to_vec(),
        })
    }
}
