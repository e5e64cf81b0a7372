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

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "what is exact is tested exactly")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Finite f32 of every size, not only the everyday ones.
    fn finite() -> impl Strategy<Value = f32> {
        use proptest::num::f32::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
        POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO
    }

    /// Maps whose pixels are of one size, and maps of all sizes at once.
    fn maps() -> impl Strategy<Value = Vec<f32>> {
        let even = (proptest::collection::vec(-1.0f32..1.0, 0..1_200), finite())
            .prop_map(|(map, size)| map.iter().map(|pixel| pixel * size).collect());
        prop_oneof![even, proptest::collection::vec(finite(), 0..40)]
    }

    fn round_trip(map: &[f32]) -> (f32, Vec<f32>) {
        let mut bytes = Vec::new();
        let scale = encode(map, &mut bytes).expect("finite map");
        assert_eq!(bytes.len(), map.len() * PIXEL_BYTES);
        let mut out = vec![0.0; map.len()];
        decode(scale, &bytes, &mut out);
        (scale, out)
    }

    proptest! {
        #[test]
        fn a_pixel_moves_by_less_than_a_2048th_of_the_largest(map in maps()) {
            let largest = map.iter().fold(0.0f32, |largest, pixel| largest.max(pixel.abs()));
            let (_, decoded) = round_trip(&map);
            for (pixel, decoded) in map.iter().zip(decoded) {
                let moved = (f64::from(*pixel) - f64::from(decoded)).abs();
                prop_assert!(moved <= f64::from(largest) * 2f64.powi(-11), "{pixel} became {decoded}");
            }
        }

        #[test]
        fn what_was_stored_once_is_stored_exactly(map in maps()) {
            let (scale, once) = round_trip(&map);
            let (scale_of_once, twice) = round_trip(&once);
            // Rounding may lift the largest pixel to the next power of two, and the scale with it.
            prop_assume!(scale.to_bits() == scale_of_once.to_bits());
            prop_assert_eq!(once, twice);
        }

        #[test]
        fn the_scale_is_the_defined_power_of_two(largest in finite()) {
            let largest = largest.abs();
            prop_assume!(largest >= 2f32.powi(-112));
            let stored = f64::from(largest) / f64::from(scale_for(largest));
            prop_assert!((2f64.powi(14)..2f64.powi(15)).contains(&stored));
        }

        #[test]
        fn a_scale_and_its_reciprocal_are_normal_powers_of_two(largest in finite()) {
            let scale = scale_for(largest.abs());
            prop_assert!(scale.is_normal() && scale.recip().is_normal());
            prop_assert_eq!(scale.to_bits() << 9, 0);
        }
    }

    #[test]
    fn scales_at_the_edges() {
        assert_eq!(scale_for(0.0).to_bits(), 1.0f32.to_bits());
        assert_eq!(scale_for(1.0).to_bits(), 2f32.powi(-14).to_bits());
        assert_eq!(scale_for(1.999_999_9).to_bits(), 2f32.powi(-14).to_bits());
        assert_eq!(scale_for(2.0).to_bits(), 2f32.powi(-13).to_bits());
        assert_eq!(scale_for(f32::MAX).to_bits(), 2f32.powi(113).to_bits());
        let smallest = f32::from_bits(1);
        assert_eq!(
            scale_for(smallest).to_bits(),
            f32::MIN_POSITIVE.to_bits(),
            "not subnormal"
        );
    }

    #[test]
    fn the_extremes_of_f32_stay_finite_and_subnormals_stay_exact() {
        let (_, decoded) = round_trip(&[f32::MAX, -f32::MAX]);
        assert!(
            decoded
                .iter()
                .all(|pixel| pixel.abs() >= f32::MAX * 0.9995 && pixel.is_finite())
        );
        let tiny = [f32::from_bits(1), -f32::from_bits(77), 0.0];
        assert_eq!(round_trip(&tiny).1, tiny);
    }

    #[test]
    fn ties_go_to_the_even_neighbour() {
        // With 2^14 as the largest, stored values there are 16 apart.
        let map = [16_384.0, 16_392.0, 16_408.0, 16_392.5];
        let (scale, decoded) = round_trip(&map);
        assert_eq!(scale.to_bits(), 1.0f32.to_bits());
        assert_eq!(decoded, [16_384.0, 16_384.0, 16_416.0, 16_400.0]);
    }

    #[test]
    fn stored_pixels_are_little_endian() {
        let mut bytes = vec![7];
        let scale = encode(&[16_384.0, -1.0], &mut bytes).expect("finite map");
        assert_eq!(scale.to_bits(), 1.0f32.to_bits());
        assert_eq!(
            bytes,
            [7, 0x00, 0x74, 0x00, 0xBC],
            "appended to what was there"
        );
    }

    #[test]
    fn every_f16_is_widened_as_ieee_754_says() {
        let all: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
        let mut widened = vec![0.0; 1 << 16];
        decode(1.0, &all, &mut widened);
        for (bits, widened) in (0..=u16::MAX).zip(widened) {
            let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
            let exponent = i32::from(bits >> 10 & 31);
            let fraction = f32::from(bits & 1_023) / 1_024.0;
            match exponent {
                0 => assert!(widened == sign * fraction * 2f32.powi(-14)),
                31 if fraction == 0.0 => assert!(widened == sign * f32::INFINITY),
                31 => assert!(widened.is_nan()),
                _ => assert!(widened == sign * (1.0 + fraction) * 2f32.powi(exponent - 15)),
            }
        }
    }

    #[test]
    fn a_map_of_zeros_has_scale_1() {
        let (scale, decoded) = round_trip(&[0.0, -0.0, 0.0]);
        assert_eq!(scale.to_bits(), 1.0f32.to_bits());
        assert_eq!(decoded, [0.0; 3]);
    }

    #[test]
    fn a_non_finite_map_is_refused_by_name_and_nothing_is_written() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut bytes = vec![1, 2];
            let refused = encode(&[0.0, 3.0, bad, bad], &mut bytes).expect_err("not finite");
            assert_eq!(refused.pixel, 2);
            assert_eq!(bytes, [1, 2]);
        }
        let refused = encode(&[f32::INFINITY], &mut Vec::new()).expect_err("not finite");
        assert_eq!(refused.to_string(), "pixel 0 of the gradient map is inf");
    }
}
