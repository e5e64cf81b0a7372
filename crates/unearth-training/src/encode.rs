//! Gradient maps as stored: f16 pixels with a power-of-two factor per map.

use tch::{Kind, Tensor};

/// Mantissa bits of f32, below its exponent.
const MANTISSA_BITS: i64 = 23;
/// Bias of f32's exponent.
const BIAS: i64 = 127;
/// The largest stored magnitude lies in [2¹⁴, 2¹⁵).
const TOP_EXPONENT: i64 = 14;

/// The largest magnitude whose stored form is read back as a finite number: the last binade of f32
/// may not be rounded up to its end.
const LARGEST: f64 = 32_752.0 * (1u128 << 113) as f64;

/// Maps ready to be copied to the host.
pub(crate) struct EncodedMaps {
    /// f16 `[m, height, width]`.
    pub(crate) pixels: Tensor,
    /// f32 `[m]`: pixel = stored · scale.
    pub(crate) scales: Tensor,
    /// f32 `[m]`: the largest magnitude of each map; not finite where a pixel is not.
    pub(crate) peaks: Tensor,
}

/// Encodes f32 `[m, height, width]` where it lies: scale = 2^(⌊log₂ max|pixel|⌋ − 14), 1 for a
/// zero map, at least 2⁻¹²⁶ (the same rule as `unearth_signals::maps`). Dividing by a power of two is exact, so rounding to f16 (to nearest,
/// ties to even) is the only loss. The exponent is read from the float's bits.
pub(crate) fn encode(maps: &Tensor) -> EncodedMaps {
    let peaks = maps.abs().amax([1i64, 2].as_slice(), false);
    let exponents = peaks
        .view_dtype(Kind::Int)
        .bitwise_right_shift_tensor_scalar(MANTISSA_BITS);
    // Biased exponents; 254 − e is the exponent of the inverse.
    let scales = (exponents - TOP_EXPONENT).clamp_min(1);
    let scales = scales.where_self(&peaks.gt(0.0), &Tensor::full_like(&scales, BIAS));
    let inverses = power_of_two(&(2 * BIAS - &scales));
    let storable = maps.clamp(-LARGEST, LARGEST);
    EncodedMaps {
        pixels: (storable * inverses.view([-1, 1, 1])).to_kind(Kind::Half),
        scales: power_of_two(&scales),
        peaks,
    }
}

/// f32 2^(e − 127) of int32 biased exponents.
fn power_of_two(biased_exponents: &Tensor) -> Tensor {
    biased_exponents
        .bitwise_left_shift_tensor_scalar(MANTISSA_BITS)
        .view_dtype(Kind::Float)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "powers of two are exact")]
mod tests {
    use super::*;
    use crate::host;
    use proptest::prelude::*;

    fn encoded(map: &[f32]) -> (Vec<u8>, f32) {
        let maps = Tensor::from_slice(map).view([1, 1, -1]);
        let encoded = encode(&maps);
        (host::bytes(&encoded.pixels), host::f32s(&encoded.scales)[0])
    }

    fn encoded_by_signals(map: &[f32]) -> (Vec<u8>, f32) {
        let mut bytes = Vec::new();
        let scale = unearth_signals::maps::encode(map, &mut bytes).unwrap();
        (bytes, scale)
    }

    proptest! {
        #[test]
        fn it_is_the_rule_of_the_signals(
            map in proptest::collection::vec(any::<f32>().prop_filter("finite", |p| p.is_finite()), 1..40),
        ) {
            prop_assert_eq!(encoded(&map), encoded_by_signals(&map));
        }

        #[test]
        fn it_is_the_rule_for_maps_of_one_magnitude(
            mantissas in proptest::collection::vec(-1.0f32..1.0, 1..40),
            exponent in -126i32..=127,
        ) {
            let map: Vec<f32> = mantissas.iter().map(|m| m * 2f32.powi(exponent)).collect();
            prop_assert_eq!(encoded(&map), encoded_by_signals(&map));
            let top = map.iter().fold(0.0f64, |top, p| top.max(f64::from(p.abs())));
            prop_assume!(top >= 2f64.powi(-110));
            prop_assert_eq!(f64::from(encoded(&map).1), 2f64.powi(top.log2().floor() as i32 - 14));
        }
    }

    #[test]
    fn ties_go_to_even() {
        // At 2¹⁴ a unit in the last place is 16.
        let maps = Tensor::from_slice(&[16_384.0f32, 16_392.0, 16_408.0]).view([1, 1, 3]);
        let stored = host::f32s(&encode(&maps).pixels);
        assert_eq!(stored, [16_384.0, 16_384.0, 16_416.0]);
    }

    #[test]
    fn zero_and_extreme_maps() {
        assert_eq!(encoded(&[0.0, -0.0]).1, 1.0);
        assert_eq!(encoded(&[f32::MAX]).1, 2f32.powi(113));
        assert_eq!(encoded(&[f32::MIN_POSITIVE]).1, f32::MIN_POSITIVE);
        assert_eq!(encoded(&[1e-45]).1, f32::MIN_POSITIVE);
    }

    #[test]
    fn each_map_has_a_scale_of_its_own_and_its_sign() {
        let maps = Tensor::from_slice(&[1.0f32, -3.0, -0.25, 0.125]).view([2, 1, 2]);
        let encoded = encode(&maps);
        assert_eq!(
            host::f32s(&encoded.scales),
            [2f32.powi(-13), 2f32.powi(-16)]
        );
        let back = encoded.pixels.to_kind(Kind::Float) * encoded.scales.view([2, 1, 1]);
        assert_eq!(back, maps);
    }

    #[test]
    fn a_pixel_that_is_not_finite_shows_in_the_peak() {
        for bad in [f32::NAN, f32::INFINITY] {
            let maps = Tensor::from_slice(&[1.0f32, bad, 2.0, 3.0]).view([2, 1, 2]);
            let peaks = host::f32s(&encode(&maps).peaks);
            assert!(!peaks[0].is_finite());
            assert_eq!(peaks[1], 3.0);
        }
    }
}
