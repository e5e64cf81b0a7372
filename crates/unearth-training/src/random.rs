//! Every random number of a training, drawn from streams that are addressed, not advanced:
//! nothing of a generator has to be saved to continue a training exactly.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream is for; streams of different purposes are independent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// Weights; addressed by the tensor's position.
    Init = 1,
    /// Order of the examples; addressed by epoch.
    Order = 2,
    /// Augmentation; addressed by epoch and example.
    Augment = 3,
}

/// The stream of `purpose` at an address, for one seed.
pub(crate) fn stream(seed: u64, purpose: Purpose, address: [u64; 2]) -> ChaCha8Rng {
    let mut key = [0; 32];
    let words = [seed, purpose as u64, address[0], address[1]];
    for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

/// Uniform in `[0, bound)` by multiply and shift (Lemire 2019); the bias is below 2⁻³².
pub(crate) fn below(rng: &mut ChaCha8Rng, bound: u32) -> u32 {
    ((u128::from(rng.next_u64()) * u128::from(bound)) >> 64) as u32
}

/// Uniform in `[-bound, bound)`, on a grid of 2²⁴ values.
pub(crate) fn symmetric(rng: &mut ChaCha8Rng, bound: f32) -> f32 {
    let unit = (rng.next_u32() >> 8) as f32 / (1 << 24) as f32;
    (2.0 * unit - 1.0) * bound
}

/// Fisher–Yates.
pub(crate) fn shuffle<T>(rng: &mut ChaCha8Rng, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        let chosen = below(rng, last as u32 + 1) as usize;
        items.swap(last, chosen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_and_purposes_have_streams_of_their_own() {
        let first = |seed, purpose, address| stream(seed, purpose, address).next_u64();
        let draws = [
            first(1, Purpose::Init, [0, 0]),
            first(2, Purpose::Init, [0, 0]),
            first(1, Purpose::Order, [0, 0]),
            first(1, Purpose::Init, [1, 0]),
            first(1, Purpose::Init, [0, 1]),
        ];
        for (i, a) in draws.iter().enumerate() {
            assert!(!draws[..i].contains(a));
        }
        assert_eq!(draws[0], first(1, Purpose::Init, [0, 0]));
    }

    proptest! {
        #[test]
        fn draws_stay_in_range(seed: u64, bound in 1u32..) {
            let mut rng = stream(seed, Purpose::Augment, [0, 0]);
            prop_assert!(below(&mut rng, bound) < bound);
            let value = symmetric(&mut rng, 0.5);
            prop_assert!((-0.5..0.5).contains(&value));
        }

        #[test]
        fn shuffling_permutes(seed: u64, n in 0usize..200) {
            let mut items: Vec<usize> = (0..n).collect();
            shuffle(&mut stream(seed, Purpose::Order, [0, 0]), &mut items);
            items.sort_unstable();
            prop_assert_eq!(items, (0..n).collect::<Vec<_>>());
        }
    }
}
