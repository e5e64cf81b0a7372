//! Gradient maps: what a batch holds of its examples at one checkpoint.

use crate::{BatchError, Code, Table, rows::ascending};
use unearth_signals::maps::encode;

const COLUMNS: [&str; 3] = ["index", "key", "gradients"];

/// Checked maps as they are stored, by ascending index.
#[derive(Debug, Clone, PartialEq)]
pub struct MapBatch {
    /// Examples, ascending.
    pub indices: Vec<u32>,
    /// One power-of-two factor per map: pixel = stored · scale.
    pub scales: Vec<f32>,
    /// `[m, height, width]` as little-endian f16.
    pub maps: Vec<u8>,
}

/// Reads maps of `height`×`width` pixels of the examples `indices`, row by row.
///
/// # Errors
/// What is wrong, with its column and row.
pub fn maps(
    table: &Table,
    indices: &[u32],
    height: usize,
    width: usize,
) -> Result<MapBatch, BatchError> {
    table.only(&COLUMNS)?;
    let order = ascending(indices)?;
    let hint = "a map is the mean over the channels of the logit's gradient by the input; its size is what the audit was begun with";
    let gradients = table
        .blocks("gradients", &[height, width])
        .map_err(|error| error.hint(hint))?
        .ok_or_else(|| {
            let detail = "there is no column `gradients`";
            BatchError::new(Code::MissingColumn, detail).hint(hint)
        })?;
    let pixels = height * width;
    let mut batch = MapBatch {
        indices: order.iter().map(|&row| indices[row]).collect(),
        scales: Vec::with_capacity(order.len()),
        maps: Vec::with_capacity(gradients.len() * 2),
    };
    for &row in &order {
        let map = &gradients[row * pixels..(row + 1) * pixels];
        let scale = encode(map, &mut batch.maps).map_err(|error| {
            let detail = format!("hold {} at pixel {}", error.value, error.pixel);
            BatchError::of_column(Code::NotFinite, "gradients", detail)
                .at_row(row)
                .hint("the training diverged there, or the row was never filled in")
        })?;
        batch.scales.push(scale);
    }
    Ok(batch)
}
