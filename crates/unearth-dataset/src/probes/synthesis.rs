//! The probes that are made: extra rows to train on, of known kind.

use super::draw::{self, Strata};
use crate::Pack;
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use std::{io, path::Path};
use unearth_audit::{ProbeRows, Probes, Suite};
use unearth_columns::Column;

/// Standard deviation of the noise in corrupted images, of a pixel range of 0 to 1: the authors' value.
const NOISE: f64 = 0.1;

/// Synthesised probes with their pixels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Synthesised {
    pixels: Vec<u8>,
    labels: Vec<i32>,
    probes: Vec<SynthesisedProbe>,
}

/// What a synthesised probe is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SynthesisedProbe {
    /// Of which kind it is.
    pub suite: Suite,
    /// Under which label it is trained.
    pub label: i32,
    /// The example it was made from; none where from none.
    pub source: Option<u32>,
}

impl Synthesised {
    /// What a trainer sees of them.
    pub fn rows(&self) -> ProbeRows<'_> {
        ProbeRows {
            pixels: &self.pixels,
            labels: &self.labels,
        }
    }

    /// What each of them is, `[m]`.
    pub fn probes(&self) -> &[SynthesisedProbe] {
        &self.probes
    }
}

/// Examples that probes may be made from.
pub struct Sources<'a> {
    /// What their indices are of.
    pub pack: &'a Pack,
    /// Those that the run trains on.
    pub trained: &'a [u32],
    /// All others.
    pub held_out: &'a [u32],
    /// What they are drawn alike from.
    pub strata: Strata<'a>,
}

/// Makes the probes of a run, the same ones for the same seed and data. Sources are taken from the examples that it
/// does not train on where there are enough of them, so that none is trained on twice. Where they are many, they are
/// put in order in a file in `scratch`.
///
/// # Errors
/// When that cannot be written.
///
/// # Panics
/// When a suite is wanted that is made of the dataset's own examples.
pub fn synthesise(
    wanted: &Probes,
    seed: u64,
    sources: &Sources<'_>,
    scratch: &Path,
) -> io::Result<Synthesised> {
    let size = wanted.suite_size as usize;
    let pool = if sources.held_out.len() >= size {
        sources.held_out
    } else {
        sources.trained
    };
    let mut made = Synthesised::default();
    for &suite in &wanted.suites {
        let mut rng = draw::stream(seed, suite);
        let mut pool = Column::collected(scratch, pool.iter().copied())?;
        let lists = draw::shuffled(&mut pool, &sources.strata, &mut rng);
        for source in draw::in_turn(&lists, size) {
            made.add(suite, source, sources.pack, &mut rng);
        }
    }
    Ok(made)
}

impl Synthesised {
    fn add(&mut self, suite: Suite, source: u32, pack: &Pack, rng: &mut ChaCha8Rng) {
        let image = pack
            .image(source as usize)
            .expect("a source is an index of the pack");
        let given = pack.labels()[source as usize];
        let classes = pack.classes();
        let (pixels, label, source) = match suite {
            Suite::RandomOutputs => (image.to_vec(), another(given, classes, rng), Some(source)),
            Suite::Corrupted => (noisy(image, rng), given, Some(source)),
            Suite::OutOfDistribution => (sketch(image, pack), given, Some(source)),
            Suite::RandomInputsOutputs => {
                let mut pixels = vec![0; image.len()];
                rng.fill_bytes(&mut pixels);
                (pixels, rng.random_range(0..classes as i32), None)
            }
            Suite::Typical | Suite::Atypical => {
                unreachable!("{suite} is made of the dataset's own examples")
            }
        };
        self.pixels.extend_from_slice(&pixels);
        self.labels.push(label);
        self.probes.push(SynthesisedProbe {
            suite,
            label,
            source,
        });
    }
}

/// A class other than `given`, uniformly; the same where there is only one.
fn another(given: i32, classes: usize, rng: &mut ChaCha8Rng) -> i32 {
    if classes < 2 {
        return given;
    }
    let drawn = rng.random_range(0..classes as i32 - 1);
    drawn + i32::from(drawn >= given)
}

/// With Gaussian noise, cut off at black and white.
fn noisy(image: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let noise = Normal::new(0.0, NOISE * 255.0).expect("a positive deviation");
    let pixels = image.iter().map(|&pixel| {
        let value = f64::from(pixel) + noise.sample(rng);
        value.round().clamp(0.0, 255.0) as u8
    });
    pixels.collect()
}

/// Dark outlines on white, after the size of the brightness gradient.
fn sketch(image: &[u8], pack: &Pack) -> Vec<u8> {
    let (height, width, channels) = (pack.height(), pack.width(), pack.channels());
    let brightness = |y: usize, x: usize| -> f64 {
        let first = (y * width + x) * channels;
        let values = image[first..first + channels].iter();
        values.map(|&it| f64::from(it)).sum::<f64>() / channels as f64
    };
    let mut out = Vec::with_capacity(image.len());
    for y in 0..height {
        for x in 0..width {
            let (above, below) = (y.saturating_sub(1), (y + 1).min(height - 1));
            let (left, right) = (x.saturating_sub(1), (x + 1).min(width - 1));
            let down = brightness(below, x) - brightness(above, x);
            let across = brightness(y, right) - brightness(y, left);
            let ink = down.hypot(across).min(255.0);
            out.extend(std::iter::repeat_n((255.0 - ink).round() as u8, channels));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_label_is_never_the_given_one_and_each_of_the_others() {
        let mut rng = draw::stream(3, Suite::RandomOutputs);
        let drawn: Vec<i32> = (0..200).map(|_| another(2, 4, &mut rng)).collect();
        assert!(!drawn.contains(&2));
        assert!([0, 1, 3].iter().all(|label| drawn.contains(label)));
        assert_eq!(another(0, 1, &mut rng), 0);
    }

    #[test]
    fn noise_has_the_authors_deviation_and_stays_in_range() {
        let mut rng = draw::stream(3, Suite::Corrupted);
        let image = vec![128u8; 20_000];
        let noisy_image = noisy(&image, &mut rng);
        let squares: f64 = noisy_image
            .iter()
            .map(|&pixel| (f64::from(pixel) - 128.0).powi(2))
            .sum();
        let deviation = (squares / 20_000.0).sqrt() / 255.0;
        assert!((deviation - NOISE).abs() < 0.005, "{deviation}");
        assert!(noisy(&[0; 100], &mut rng).contains(&0));
    }
}
