//! What was posted of an external run.

use serde::Serialize;
use unearth_store::external::{self, ReceivedBatch};
use utoipa::ToSchema;

/// A batch that is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeptBatch {
    /// How many examples it holds.
    pub(crate) examples: usize,
    /// What it says of them: names of the quantities of a record, or `gradients`.
    pub(crate) columns: Vec<&'static str>,
}

/// What was posted so far; empty once a worker has put it in order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Received {
    /// Records, by epoch.
    records: Vec<ReceivedEpoch>,
    /// Gradients, by checkpoint.
    gradients: Vec<ReceivedCheckpoint>,
}

/// Batches of records of one epoch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceivedEpoch {
    /// Epoch, counted from 1.
    epoch: i32,
    /// How many examples they hold together.
    examples: i64,
    /// The batches.
    chunks: Vec<ReceivedChunk>,
}

/// Batches of gradients of one checkpoint.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceivedCheckpoint {
    /// Position in the list of checkpoints, from 0.
    checkpoint: i32,
    /// How many examples they hold together.
    examples: i64,
    /// The batches.
    chunks: Vec<ReceivedChunk>,
}

/// One batch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceivedChunk {
    /// Its number.
    chunk: i32,
    /// How many examples it holds.
    examples: i32,
}

impl From<external::Received> for Received {
    fn from(received: external::Received) -> Self {
        let epochs = received.records.chunk_by(same_position);
        let checkpoints = received.maps.chunk_by(same_position);
        Self {
            records: epochs
                .map(|batches| ReceivedEpoch {
                    epoch: batches[0].position + 1,
                    examples: examples(batches),
                    chunks: chunks(batches),
                })
                .collect(),
            gradients: checkpoints
                .map(|batches| ReceivedCheckpoint {
                    checkpoint: batches[0].position,
                    examples: examples(batches),
                    chunks: chunks(batches),
                })
                .collect(),
        }
    }
}

fn same_position(one: &ReceivedBatch, other: &ReceivedBatch) -> bool {
    one.position == other.position
}

fn examples(batches: &[ReceivedBatch]) -> i64 {
    batches.iter().map(|batch| i64::from(batch.examples)).sum()
}

fn chunks(batches: &[ReceivedBatch]) -> Vec<ReceivedChunk> {
    let chunk = |batch: &ReceivedBatch| ReceivedChunk {
        chunk: batch.chunk,
        examples: batch.examples,
    };
    batches.iter().map(chunk).collect()
}
