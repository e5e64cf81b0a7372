//! The dataset as trainings read it: pixels stay uint8 and are normalised batch by batch. Probes follow
//! the examples in one index space here; outside this crate theirs is their own.

mod pixels;

pub(crate) use pixels::room;

use crate::scratch::{Scratch, pieces};
use pixels::Pixels;
use std::ops::Range;
use tch::{Device, Kind, Tensor};
use unearth_audit::{Examples, TrainingError};

/// Examples that are counted at a time.
const SLICE: usize = 1_024;

/// All examples and probes.
pub(crate) struct DeviceData<'a> {
    pixels: Pixels<'a>,
    /// On the device, as many as a recipe names; none without probes.
    probes: Option<Pixels<'a>>,
    /// Given labels and those of the probes after them, int64 `[n + m]`.
    pub(crate) labels: Tensor,
    normalisation: Normalisation,
}

/// Which rows of a dataset, where they are needed: pixels are gathered on either side.
pub(crate) struct Indices {
    pub(crate) on_host: Vec<i64>,
    /// int64 `[b]`.
    pub(crate) on_device: Tensor,
}

impl Indices {
    fn new(on_host: Vec<i64>, device: Device) -> Self {
        Self {
            on_device: Tensor::from_slice(&on_host).to_device(device),
            on_host,
        }
    }
}

/// `input = pixel · factor + offset`, f32 `[channels]`.
struct Normalisation {
    factor: Tensor,
    offset: Tensor,
}

impl<'a> DeviceData<'a> {
    /// Brings the examples to the device at the size of the network's input, or as many of them as `room`
    /// bytes hold at a time, and takes the mean and standard deviation of each channel over the trained
    /// ones.
    pub(crate) fn load(
        examples: &Examples<'a>,
        size: (i64, i64),
        scratch: &Scratch,
        room: u64,
    ) -> Result<Self, TrainingError> {
        let device = scratch.device();
        let shape = |rows: usize| {
            [rows, examples.height, examples.width, examples.channels].map(|side| side as i64)
        };
        let pixels = Pixels::new(examples.pixels, shape(examples.len()), size, device, room);
        let count = examples.probes.labels.len();
        let probes = (count > 0).then(|| {
            let pixels = examples.probes.pixels;
            Pixels::new(pixels, shape(count), size, device, u64::MAX)
        });
        let labels = scratch.full(&[(examples.len() + count) as i64], 0i64)?;
        let mut given = examples.labels.iter().chain(examples.probes.labels);
        for mut piece in pieces(&labels) {
            let given = given.by_ref().take(piece.numel());
            let given: Vec<i64> = given.map(|&label| label.into()).collect();
            piece.copy_(&Tensor::from_slice(&given));
        }
        let normalisation = Normalisation::of(&pixels, examples.trained, device);
        Ok(Self {
            pixels,
            probes,
            labels,
            normalisation,
        })
    }

    /// Where batches come to.
    pub(crate) fn device(&self) -> Device {
        self.labels.device()
    }

    /// uint8 `[b, height, width, channels]` of the examples and probes with these indices.
    pub(crate) fn gather(&self, indices: &Indices) -> Tensor {
        let Some(probes) = &self.probes else {
            return self.pixels.gather(indices);
        };
        let examples = self.pixels.len() as i64;
        let on_host = indices.on_host.iter();
        let of_examples = self.pixels.gather(&Indices {
            on_host: on_host.clone().map(|&at| at.min(examples - 1)).collect(),
            on_device: indices.on_device.clamp_max(examples - 1),
        });
        let of_probes = probes.gather(&Indices {
            on_host: on_host.map(|&at| (at - examples).max(0)).collect(),
            on_device: (&indices.on_device - examples).clamp_min(0),
        });
        let is_probe = indices.on_device.ge(examples).view([-1, 1, 1, 1]);
        of_probes.where_self(&is_probe, &of_examples)
    }

    /// Says which rows will be gathered soon.
    pub(crate) fn expect(&self, indices: &[i64]) {
        self.pixels.expect(indices);
    }

    /// The pixels of neighbouring rows: of examples alone, or of probes alone.
    pub(crate) fn slice(&self, range: &Range<usize>) -> Tensor {
        let examples = self.pixels.len();
        match &self.probes {
            Some(probes) if range.start >= examples => {
                probes.slice(&(range.start - examples..range.end - examples))
            }
            _ => self.pixels.slice(range),
        }
    }

    /// Normalised f32 `[b, channels, height, width]` of a uint8 `[b, height, width, channels]`
    /// batch; channels stay innermost in memory.
    pub(crate) fn normalise(&self, pixels: &Tensor) -> Tensor {
        let mut scaled = pixels * &self.normalisation.factor;
        scaled
            .g_add_(&self.normalisation.offset)
            .permute([0, 3, 1, 2])
    }
}

impl Normalisation {
    /// Sums of integers are exact, so the result depends on neither order nor thread count.
    fn of(pixels: &Pixels<'_>, trained: &[u32], device: Device) -> Self {
        let size = pixels.slice(&(0..1)).size();
        let mut sum = Tensor::zeros([size[3]], (Kind::Int64, device));
        let mut sum_of_squares = sum.zeros_like();
        let add = |total: &mut Tensor, values: &Tensor| {
            let all_but_channel = [0i64, 1, 2].as_slice();
            let _ = total.g_add_(&values.sum_dim_intlist(all_but_channel, false, Kind::Int64));
        };
        for indices in trained.chunks(SLICE) {
            let indices = indices.iter().map(|&index| index.into()).collect();
            let pixels = pixels.gather(&Indices::new(indices, device));
            let pixels = pixels.to_kind(Kind::Int);
            add(&mut sum, &pixels);
            add(&mut sum_of_squares, &pixels.square());
        }
        let count = (trained.len() as i64 * size[1] * size[2]) as f64;
        let mean = sum.to_kind(Kind::Double) / count;
        let variance = sum_of_squares.to_kind(Kind::Double) / count - mean.square();
        let std = variance.clamp_min(0.0).sqrt();
        // A channel of one value carries nothing; dividing by 1 keeps it finite.
        let std = std.where_self(&std.gt(0.0), &std.ones_like());
        Self {
            factor: std.reciprocal().to_kind(Kind::Float),
            offset: (-mean / std).to_kind(Kind::Float),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host;
    use unearth_audit::ProbeRows;

    fn examples<'a>(pixels: &'a [u8], labels: &'a [i32], trained: &'a [u32]) -> Examples<'a> {
        Examples {
            height: 2,
            width: 3,
            channels: 2,
            classes: 2,
            pixels,
            labels,
            trained,
            probes: ProbeRows::default(),
        }
    }

    fn scratch() -> Scratch {
        Scratch::new(&std::env::temp_dir(), Device::Cpu)
    }

    fn loaded<'a>(examples: &Examples<'a>, size: (i64, i64)) -> DeviceData<'a> {
        DeviceData::load(examples, size, &scratch(), u64::MAX).unwrap()
    }

    fn indices(of: &[i64]) -> Indices {
        Indices::new(of.to_vec(), Device::Cpu)
    }

    #[test]
    fn normalises_by_the_trained_examples_alone() {
        let pixels: Vec<u8> = (0..36).map(|i| (i * 7 % 251) as u8).collect();
        let examples = examples(&pixels, &[0, 1, 0], &[0, 2]);
        let data = loaded(&examples, (2, 3));
        let input = data
            .normalise(&data.gather(&indices(&[0, 2])))
            .to_kind(Kind::Double);
        assert_eq!(input.size(), [2, 2, 2, 3]);
        for channel in 0..2 {
            let values = input.select(1, channel);
            assert!(values.mean(Kind::Double).double_value(&[]).abs() < 1e-6);
            assert!((values.std(false).double_value(&[]) - 1.0).abs() < 1e-6);
        }
        let expected = f64::from(pixels[2 * 12 + 2 * 2 + 1]);
        let (mean, std) = mean_std(
            (0..36)
                .filter(|i| i % 2 == 1 && i / 12 != 1)
                .map(|i| f64::from(pixels[i])),
        );
        let got = input.double_value(&[1, 1, 0, 2]);
        assert!((got - (expected - mean) / std).abs() < 1e-5);
    }

    #[test]
    fn a_channel_of_one_value_becomes_zero() {
        let examples = examples(&[9; 24], &[0, 1], &[0, 1]);
        let data = loaded(&examples, (2, 3));
        let input = host::f32s(&data.normalise(&data.slice(&(0..2))));
        assert!(input.iter().all(|&v| v == 0.0));
    }

    #[test]
    fn resizing_keeps_flat_areas_and_channel_order() {
        let pixels: Vec<u8> = (0..24).map(|i| if i % 2 == 0 { 10 } else { 200 }).collect();
        let examples = examples(&pixels, &[0, 1], &[0, 1]);
        let data = loaded(&examples, (5, 4));
        let resized = data.slice(&(0..2));
        assert_eq!(resized.size(), [2, 5, 4, 2]);
        let bytes = host::bytes(&resized);
        assert!(bytes.chunks(2).all(|pixel| pixel == [10, 200]));
    }

    #[test]
    fn what_does_not_fit_is_resized_batch_by_batch_to_the_same_pixels() {
        let pixels: Vec<u8> = (0..36).map(|i| (i * 89 % 251) as u8).collect();
        let probes: Vec<u8> = (0..24).map(|i| (i * 37 % 253) as u8).collect();
        let examples = Examples {
            probes: ProbeRows {
                pixels: &probes,
                labels: &[1, 1],
            },
            ..examples(&pixels, &[0, 1, 0], &[0, 2])
        };
        // Three examples of 5 × 4 pixels with two channels.
        let [resident, streamed] =
            [120, 119].map(|room| DeviceData::load(&examples, (5, 4), &scratch(), room).unwrap());
        for of in [&[2, 0, 1][..], &[4, 1, 3], &[3, 4]] {
            streamed.expect(of);
            assert_eq!(resident.gather(&indices(of)), streamed.gather(&indices(of)));
        }
        for range in [0..3, 1..2, 3..5] {
            assert_eq!(resident.slice(&range), streamed.slice(&range));
        }
        let row = resident.slice(&(0..1));
        assert_eq!(resident.normalise(&row), streamed.normalise(&row));
    }

    #[test]
    fn probes_follow_the_examples_and_do_not_touch_the_normalisation() {
        let pixels: Vec<u8> = (0..36).map(|i| (i * 7 % 251) as u8).collect();
        let plain = examples(&pixels, &[0, 1, 0], &[0, 2]);
        let probes: Vec<u8> = (0..24).map(|i| 255 - i as u8).collect();
        let with_probes = Examples {
            probes: ProbeRows {
                pixels: &probes,
                labels: &[1, 1],
            },
            ..plain
        };
        let (plain, with_probes) = (loaded(&plain, (2, 3)), loaded(&with_probes, (2, 3)));
        let mixed = with_probes.gather(&indices(&[4, 0, 3]));
        let expected = [&probes[12..], &pixels[..12], &probes[..12]].concat();
        assert_eq!(host::bytes(&mixed), expected);
        assert_eq!(host::bytes(&with_probes.slice(&(3..5))), probes);
        assert_eq!(with_probes.labels, Tensor::from_slice(&[0i64, 1, 0, 1, 1]));
        assert_eq!(
            with_probes.normalise(&with_probes.slice(&(0..3))),
            plain.normalise(&plain.slice(&(0..3)))
        );
    }

    fn mean_std(values: impl Iterator<Item = f64>) -> (f64, f64) {
        let values: Vec<f64> = values.collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
        (mean, variance.sqrt())
    }
}
