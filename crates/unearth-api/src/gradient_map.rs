//! Gradient maps as pictures.

use unearth_audit::RunShape;
use unearth_signals::maps;
use unearth_store::{StoreError, snapshots::ExampleMap};

/// One example's gradient map at one checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GradientMap {
    /// Position in the recipe's checkpoint list.
    pub(crate) checkpoint: i32,
    /// Epoch after which it was taken, counted from 1.
    pub(crate) epoch: i32,
    /// Pixels, `[height, width]`.
    pixels: Vec<f32>,
}

impl GradientMap {
    /// Reads a stored map.
    pub(crate) fn decode(stored: &ExampleMap, shape: &RunShape) -> Result<Self, StoreError> {
        if stored.map.len() != shape.map_bytes() {
            return Err(StoreError::Inconsistent {
                table: "snapshot_chunks",
                column: "maps",
                row: format!("checkpoint {}", stored.checkpoint),
                detail: "too short".into(),
            });
        }
        let mut pixels = vec![0.0; stored.map.len() / maps::PIXEL_BYTES];
        maps::decode(stored.scale, &stored.map, &mut pixels);
        Ok(Self {
            checkpoint: stored.checkpoint,
            epoch: stored.epoch,
            pixels,
        })
    }

    /// The largest magnitude of its pixels.
    pub(crate) fn max_abs(&self) -> f32 {
        self.pixels
            .iter()
            .fold(0.0, |max, pixel| pixel.abs().max(max))
    }

    /// RGB pixels, `[height · zoom, width · zoom, 3]`, on a scale from `-limit` (blue) over 0 (white)
    /// to `limit` (red); each pixel of the map becomes a square.
    pub(crate) fn picture(&self, width: usize, limit: f32, zoom: usize) -> Vec<u8> {
        let colours: Vec<[u8; 3]> = self
            .pixels
            .iter()
            .map(|&pixel| colour(pixel, limit))
            .collect();
        colours
            .chunks(width)
            .flat_map(|row| {
                let row: Vec<u8> = row
                    .iter()
                    .flat_map(|colour| std::iter::repeat_n(*colour, zoom).flatten())
                    .collect();
                std::iter::repeat_n(row, zoom).flatten()
            })
            .collect()
    }
}

/// The ends of the red-blue scale of colorbrewer2.org: told apart by people who do not see red or green, too.
const NEGATIVE: [f32; 3] = [33.0, 102.0, 172.0];
const POSITIVE: [f32; 3] = [178.0, 24.0, 43.0];

fn colour(pixel: f32, limit: f32) -> [u8; 3] {
    const WHITE: f32 = 255.0;
    let share = if limit > 0.0 {
        (pixel / limit).clamp(-1.0, 1.0)
    } else {
        0.0
    };
    let end = if share < 0.0 { NEGATIVE } else { POSITIVE };
    end.map(|channel| (WHITE + share.abs() * (channel - WHITE)).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_white_and_the_ends_are_blue_and_red() {
        assert_eq!(colour(0.0, 2.0), [255, 255, 255]);
        assert_eq!(colour(-2.0, 2.0), [33, 102, 172]);
        assert_eq!(colour(2.0, 2.0), [178, 24, 43]);
        assert_eq!(colour(0.0, 0.0), [255, 255, 255]);
    }

    #[test]
    fn every_pixel_becomes_a_square() {
        let map = GradientMap {
            checkpoint: 0,
            epoch: 1,
            pixels: vec![1.0, 0.0],
        };
        let (red, white) = ([178, 24, 43], [255, 255, 255]);
        let row = [red, red, white, white].concat();
        assert_eq!(map.picture(2, 1.0, 2), [row.clone(), row].concat());
    }
}
