//! Variance of Gradients.
//!
//! Agarwal, D'souza, Hooker: Estimating Example Difficulty using Variance of Gradients, CVPR 2022,
//! arXiv 2008.11600. A *map* is the mean over the channels, sign kept, of the gradient of one
//! pre-softmax logit with respect to the normalised input, in eval mode. VoG asks how much an
//! example's maps at K checkpoints differ.

use crate::maps::{self, PIXEL_BYTES, TILE};
use thiserror::Error;

/// Which formula; `S_t` is one pixel of the map at checkpoint t and `μ` its mean over the K of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Variant {
    /// Mean over pixels of `sqrt((1/K)·Σ(S_t − μ)²)`, the population standard deviation: what the
    /// authors' code computes.
    #[default]
    Std,
    /// Mean over pixels of `sqrt(1/K)·Σ(S_t − μ)²`: the paper's formula as it is transcribed.
    Paper,
}

/// One checkpoint's stored maps of a chunk of `m` examples.
#[derive(Debug, Clone, Copy)]
pub struct StoredMaps<'a> {
    /// One factor per map, `[m]`: pixel = stored · scale.
    pub scales: &'a [f32],
    /// `[m, pixels]` as little-endian f16.
    pub maps: &'a [u8],
}

/// Why there is no VoG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum VogError {
    /// A variance needs at least two values.
    #[error("VoG needs maps of at least two checkpoints, got {checkpoints}")]
    TooFewCheckpoints {
        /// How many there are.
        checkpoints: usize,
    },
    /// The maps cannot belong to the same examples.
    #[error("checkpoint {checkpoint} of the window holds {found} {what}, expected {expected}")]
    LengthMismatch {
        /// Position in the window.
        checkpoint: usize,
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A map has no pixel to take the mean over.
    #[error("the gradient maps have no pixels")]
    NoPixels,
    /// A map holds an infinity or NaN.
    #[error("a gradient map of example {example} of the chunk is not finite")]
    NonFinite {
        /// Position in the chunk.
        example: usize,
    },
}

/// VoG of one example from its K maps, each `[pixels]`.
///
/// # Errors
/// [`VogError`] when there are fewer than two maps, or they differ in length, are empty or hold
/// anything but numbers.
pub fn vog(maps: &[&[f32]], variant: Variant) -> Result<f64, VogError> {
    let pixels = maps.first().map_or(0, |map| map.len());
    check_window(maps.len(), pixels)?;
    for (checkpoint, map) in maps.iter().enumerate() {
        check_length(checkpoint, "pixels", map.len(), pixels)?;
    }
    let mean = mean_spread(pixels, maps.len(), variant, |checkpoint, start, tile| {
        tile.copy_from_slice(&maps[checkpoint][start..][..tile.len()]);
        1.0
    });
    finite(mean, 0)
}

/// VoG of every example of a chunk, `[m]`, straight from the stored maps of K checkpoints.
///
/// # Errors
/// [`VogError`] when there are fewer than two checkpoints, when lengths disagree with each other
/// or with `pixels`, or when a stored pixel is not finite.
pub fn vog_chunk(
    checkpoints: &[StoredMaps<'_>],
    pixels: usize,
    variant: Variant,
) -> Result<Vec<f64>, VogError> {
    check_window(checkpoints.len(), pixels)?;
    let examples = checkpoints[0].scales.len();
    let map_bytes = pixels * PIXEL_BYTES;
    for (checkpoint, stored) in checkpoints.iter().enumerate() {
        check_length(checkpoint, "scales", stored.scales.len(), examples)?;
        let expected = examples * map_bytes;
        check_length(checkpoint, "bytes of maps", stored.maps.len(), expected)?;
    }
    let of_example = |example: usize| {
        let map_start = example * map_bytes;
        let mean = mean_spread(pixels, checkpoints.len(), variant, |at, start, tile| {
            let start = map_start + start * PIXEL_BYTES;
            let bytes = &checkpoints[at].maps[start..][..tile.len() * PIXEL_BYTES];
            maps::unpack(bytes, tile);
            f64::from(checkpoints[at].scales[example])
        });
        finite(mean, example)
    };
    (0..examples).map(of_example).collect()
}

/// Mean over the pixels of the spread over the checkpoints. `read` fills a tile with the pixels
/// from `start` on of the map at a checkpoint, and returns the factor that they want.
fn mean_spread(
    pixels: usize,
    checkpoints: usize,
    variant: Variant,
    read: impl Fn(usize, usize, &mut [f32]) -> f64,
) -> f64 {
    let mut tile = TileSpread::new();
    let mut buffer = [0.0f32; TILE];
    let mut total = 0.0;
    for start in (0..pixels).step_by(TILE) {
        let buffer = &mut buffer[..TILE.min(pixels - start)];
        for checkpoint in 0..checkpoints {
            let scale = read(checkpoint, start, buffer);
            if checkpoint == 0 {
                tile.begin(buffer, scale);
            } else {
                tile.add(buffer, scale);
            }
        }
        total += tile.sum_of_spreads(buffer.len(), checkpoints as f64, variant);
    }
    total / pixels as f64
}

/// Sums over the checkpoints for each pixel of a tile, taken relative to the first checkpoint: the
/// shifted-data algorithm of Chan et al., The American Statistician 37 (1983) 242–247. One pass is
/// enough: as the shift is itself one of the K values, cancellation costs at most a factor K of
/// f64's precision. Sums in f32 would miss the authors' scores.
struct TileSpread {
    first: [f64; TILE],
    sum: [f64; TILE],
    sum_of_squares: [f64; TILE],
}

impl TileSpread {
    fn new() -> Self {
        Self {
            first: [0.0; TILE],
            sum: [0.0; TILE],
            sum_of_squares: [0.0; TILE],
        }
    }

    fn begin(&mut self, pixels: &[f32], scale: f64) {
        for (first, &pixel) in self.first.iter_mut().zip(pixels) {
            *first = f64::from(pixel) * scale;
        }
        self.sum.fill(0.0);
        self.sum_of_squares.fill(0.0);
    }

    fn add(&mut self, pixels: &[f32], scale: f64) {
        let sums = self.sum.iter_mut().zip(&mut self.sum_of_squares);
        for ((&pixel, first), (sum, sum_of_squares)) in pixels.iter().zip(&self.first).zip(sums) {
            let shifted = f64::from(pixel) * scale - first;
            *sum += shifted;
            *sum_of_squares += shifted * shifted;
        }
    }

    fn sum_of_spreads(&self, pixels: usize, checkpoints: f64, variant: Variant) -> f64 {
        let squared_deviations = self.sum[..pixels]
            .iter()
            .zip(&self.sum_of_squares)
            .map(|(sum, sum_of_squares)| sum_of_squares - sum * sum / checkpoints);
        match variant {
            Variant::Std => squared_deviations.map(|s| (s / checkpoints).sqrt()).sum(),
            Variant::Paper => squared_deviations.map(|s| s / checkpoints.sqrt()).sum(),
        }
    }
}

fn check_window(checkpoints: usize, pixels: usize) -> Result<(), VogError> {
    if checkpoints < 2 {
        return Err(VogError::TooFewCheckpoints { checkpoints });
    }
    if pixels == 0 {
        return Err(VogError::NoPixels);
    }
    Ok(())
}

fn check_length(
    checkpoint: usize,
    what: &'static str,
    found: usize,
    expected: usize,
) -> Result<(), VogError> {
    if found == expected {
        return Ok(());
    }
    Err(VogError::LengthMismatch {
        checkpoint,
        what,
        found,
        expected,
    })
}

fn finite(vog: f64, example: usize) -> Result<f64, VogError> {
    if vog.is_finite() {
        Ok(vog)
    } else {
        Err(VogError::NonFinite { example })
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "what is exact is tested exactly")]
mod tests;
