//! Random numbers that depend on a seed and a purpose alone.

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng as _};

/// What a stream is for; streams of different purposes are independent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// Which examples are taken.
    Choice = 1,
    /// Which labels become wrong, and which ones they become.
    Noise = 2,
    /// Which example lies in which fold.
    Folds = 3,
}

/// The stream of `purpose` for one seed.
pub(super) fn stream(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8] = purpose as u8;
    ChaCha8Rng::from_seed(key)
}
