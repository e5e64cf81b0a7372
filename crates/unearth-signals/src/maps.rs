//! The stored form of a gradient map: little-endian f16 with one power-of-two factor per map.
//!
//! The factor puts the largest pixel of a map into `[2^14, 2^15)`, the last binade but one that f16
//! has, so that every map keeps the 11 significant bits of f16 for its largest pixels whatever its
//! size. Being a power of two it adds no rounding of its own.

use half::{f16, slice::HalfFloatSliceExt};
use thiserror::Error;

/// Bytes of one stored pixel.
pub const PIXEL_BYTES: usize = 2;

/// A map that cannot be stored, because a gradient overflowed or the model diverged.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("pixel {pixel} of the gradient map is {value}")]
pub struct NonFinite {
    /// Which pixel, counted from 0 in row order.
    pub pixel: usize,
    /// What it holds: an infinity or NaN.
    pub value: f32,
}

/// Appends the stored form of `map` to `out` and returns its scale: pixel = stored · scale.
///
/// Pixels are rounded to the nearest f16, ties to even, so each is within `2^-11` of the map's
/// largest absolute pixel. A map of zeros has scale 1.
///
/// # Errors
/// [`NonFinite`] names the first pixel that is no number; `out` is as it was.
pub fn encode(map: &[f32], out: &mut Vec<u8>) -> Result<f32, NonFinite> {
    let scale = scale_for(largest_magnitude(map)?);
    let inverse = scale.recip();
    let limit = largest_stored(scale);
    out.reserve(map.len() * PIXEL_BYTES);
    let mut stored = [0.0f32; TILE];
    let mut rounded = [f16::ZERO; TILE];
    for tile in map.chunks(TILE) {
        let stored = &mut stored[..tile.len()];
        let rounded = &mut rounded[..tile.len()];
        for (stored, pixel) in stored.iter_mut().zip(tile) {
            *stored = (pixel * inverse).clamp(-limit, limit);
        }
        rounded.convert_from_f32_slice(stored);
        out.extend(rounded.iter().flat_map(|pixel| pixel.to_le_bytes()));
    }
    Ok(scale)
}

/// Reads a stored map of `out.len()` pixels: the inverse of [`encode`] up to its rounding.
///
/// # Panics
/// When `bytes` is not [`PIXEL_BYTES`] long per pixel of `out`.
pub fn decode(scale: f32, bytes: &[u8], out: &mut [f32]) {
    assert_eq!(
        bytes.len(),
        out.len() * PIXEL_BYTES,
        "a stored map has two bytes per pixel"
    );
    for (bytes, out) in bytes.chunks(TILE * PIXEL_BYTES).zip(out.chunks_mut(TILE)) {
        unpack(bytes, out);
        for pixel in out {
            *pixel *= scale;
        }
    }
}

/// The factor for a map whose largest absolute pixel is `largest`: `2^(⌊log2 largest⌋ − 14)`, but
/// never below the smallest normal f32, and 1 for 0.
///
/// `largest` must be finite and not negative. Both the factor and its reciprocal are normal f32.
pub fn scale_for(largest: f32) -> f32 {
    const MANTISSA_BITS: u32 = f32::MANTISSA_DIGITS - 1;
    if largest == 0.0 {
        return 1.0;
    }
    // A subnormal has the exponent field 0 and comes to the lower bound like every other tiny one.
    let exponent_field = largest.to_bits() >> MANTISSA_BITS;
    f32::from_bits(exponent_field.saturating_sub(14).max(1) << MANTISSA_BITS)
}

/// Pixels worked on at a time: small enough that a few buffers of them stay in the first cache.
pub(crate) const TILE: usize = 512;

/// Widens one tile of stored pixels, not yet multiplied by their scale.
pub(crate) fn unpack(bytes: &[u8], out: &mut [f32]) {
    let mut stored = [f16::ZERO; TILE];
    let stored = &mut stored[..out.len()];
    for (stored, bytes) in stored.iter_mut().zip(bytes.as_chunks::<PIXEL_BYTES>().0) {
        *stored = f16::from_le_bytes(*bytes);
    }
    stored.convert_to_f32_slice(out);
}

fn largest_magnitude(map: &[f32]) -> Result<f32, NonFinite> {
    // On the bits: magnitudes order as integers, infinities and NaN above every number.
    let largest = map
        .iter()
        .map(|pixel| pixel.abs().to_bits())
        .fold(0, u32::max);
    let largest = f32::from_bits(largest);
    if largest.is_finite() {
        return Ok(largest);
    }
    let pixel = map.iter().position(|pixel| !pixel.is_finite());
    let pixel = pixel.expect("the largest magnitude is one of the pixels");
    Err(NonFinite {
        pixel,
        value: map[pixel],
    })
}

/// Rounding up to `2^15` is fine except in f32's last binade, where `2^15 · scale` is infinite.
fn largest_stored(scale: f32) -> f32 {
    const TWO_POW_15: f32 = 32_768.0;
    const F16_BELOW: f32 = 32_752.0;
    if (TWO_POW_15 * scale).is_finite() {
        TWO_POW_15
    } else {
        F16_BELOW
    }
}
