//! The parsers of posted batches, for fuzzing. Not part of the API.

use crate::{Dataset, Format, maps, records};

/// Reads a batch and checks it as records and as maps.
pub fn batch(format: Format, bytes: &[u8]) {
    let Ok(table) = format.read(bytes) else {
        return;
    };
    let rows = table.rows();
    let indices: Vec<u32> = (0..rows as u32).collect();
    let labels = vec![0; rows];
    let dataset = Dataset {
        labels: &labels,
        class_labels: &[0, 1, 2],
    };
    let _ = records(&table, &indices, dataset);
    let _ = maps(&table, &indices, 2, 2);
}
