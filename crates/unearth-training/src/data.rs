//! The dataset on the device: pixels stay uint8 and are normalised batch by batch. Probes follow the
//! examples in one index space here; outside this crate theirs is their own.

use crate::shim::BorrowedBytes;
use std::ops::Range;
use tch::{Device, Kind, Tensor};
use unearth_audit::Examples;

/// Examples that are brought to the device, resized or counted at a time.
const SLICE: usize = 1_024;

/// All examples and probes, resident on the device.
pub(crate) struct DeviceData<'a> {
    pixels: Pixels<'a>,
    /// uint8 `[m, height, width, channels]`; none without probes.
    probes: Option<Tensor>,
    /// Given labels and those of the probes after them, int64 `[n + m]`.
    pub(crate) labels: Tensor,
    normalisation: Normalisation,
}

/// uint8 `[n, height, width, channels]`.
enum Pixels<'a> {
    /// The caller's memory, which training on the CPU reads in place.
    Borrowed(BorrowedBytes<'a>),
    Owned(Tensor),
}

/// `input = pixel · factor + offset`, f32 `[channels]`.
struct Normalisation {
    factor: Tensor,
    offset: Tensor,
}

impl<'a> DeviceData<'a> {
    /// Brings the examples to the device at the size of the network's input and takes the mean
    /// and standard deviation of each channel over the trained ones.
    pub(crate) fn load(examples: &Examples<'a>, height: i64, width: i64, device: Device) -> Self {
        let shape = [
            examples.len() as i64,
            examples.height as i64,
            examples.width as i64,
            examples.channels as i64,
        ];
        let host = BorrowedBytes::new(examples.pixels, &shape);
        let pixels = if (shape[1], shape[2]) != (height, width) {
            Pixels::Owned(resized(host.tensor(), height, width, device))
        } else if device == Device::Cpu {
            Pixels::Borrowed(host)
        } else {
            Pixels::Owned(host.tensor().to_device(device))
        };

        let probes = probes(examples, (height, width), device);
        let labels = examples.labels.iter().chain(examples.probes.labels);
        let labels: Vec<i64> = labels.map(|&label| label.into()).collect();
        let trained: Vec<i64> = examples.trained.iter().map(|&i| i.into()).collect();
        let trained = Tensor::from_slice(&trained).to_device(device);
        let normalisation = Normalisation::of(pixels.tensor(), &trained);
        Self {
            pixels,
            probes,
            labels: Tensor::from_slice(&labels).to_device(device),
            normalisation,
        }
    }

    /// Where everything lies.
    pub(crate) fn device(&self) -> Device {
        self.labels.device()
    }

    /// uint8 `[b, height, width, channels]` of the examples and probes with these indices (int64
    /// `[b]`).
    pub(crate) fn gather(&self, indices: &Tensor) -> Tensor {
        let pixels = self.pixels.tensor();
        let Some(probes) = &self.probes else {
            return pixels.index_select(0, indices);
        };
        let examples = pixels.size()[0];
        let of_examples = pixels.index_select(0, &indices.clamp_max(examples - 1));
        let of_probes = probes.index_select(0, &(indices - examples).clamp_min(0));
        let is_probe = indices.ge(examples).view([-1, 1, 1, 1]);
        of_probes.where_self(&is_probe, &of_examples)
    }

    /// The same of neighbouring rows, without a copy: of examples alone, or of probes alone.
    pub(crate) fn slice(&self, range: &Range<usize>) -> Tensor {
        let pixels = self.pixels.tensor();
        let (start, examples) = (range.start as i64, pixels.size()[0]);
        match &self.probes {
            Some(probes) if start >= examples => {
                probes.narrow(0, start - examples, range.len() as i64)
            }
            _ => pixels.narrow(0, start, range.len() as i64),
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

impl Pixels<'_> {
    fn tensor(&self) -> &Tensor {
        match self {
            Self::Borrowed(bytes) => bytes.tensor(),
            Self::Owned(tensor) => tensor,
        }
    }
}

impl Normalisation {
    /// Sums of integers are exact, so the result depends on neither order nor thread count.
    fn of(pixels: &Tensor, trained: &Tensor) -> Self {
        let device = pixels.device();
        let size = pixels.size();
        let mut sum = Tensor::zeros([size[3]], (Kind::Int64, device));
        let mut sum_of_squares = sum.zeros_like();
        let add = |total: &mut Tensor, values: &Tensor| {
            let all_but_channel = [0i64, 1, 2].as_slice();
            let _ = total.g_add_(&values.sum_dim_intlist(all_but_channel, false, Kind::Int64));
        };
        for indices in trained.split(SLICE as i64, 0) {
            let pixels = pixels.index_select(0, &indices).to_kind(Kind::Int);
            add(&mut sum, &pixels);
            add(&mut sum_of_squares, &pixels.square());
        }
        let count = (trained.size()[0] * size[1] * size[2]) as f64;
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

/// The probes at the size of the network's input.
fn probes(examples: &Examples<'_>, (height, width): (i64, i64), device: Device) -> Option<Tensor> {
    let count = examples.probes.labels.len() as i64;
    let size = (examples.height as i64, examples.width as i64);
    let shape = [count, size.0, size.1, examples.channels as i64];
    let pixels =
        (count > 0).then(|| Tensor::from_slice(examples.probes.pixels).view(shape.as_slice()))?;
    Some(if size == (height, width) {
        pixels.to_device(device)
    } else {
        resized(&pixels, height, width, device)
    })
}

/// Antialiased bilinear resize to whole pixel values, in slices to bound the f32 copies.
fn resized(pixels: &Tensor, height: i64, width: i64, device: Device) -> Tensor {
    let size = pixels.size();
    let out = Tensor::empty([size[0], height, width, size[3]], (Kind::Uint8, device));
    let mut start = 0;
    while start < size[0] {
        let len = (SLICE as i64).min(size[0] - start);
        let slice = pixels
            .narrow(0, start, len)
            .to_device(device)
            .permute([0, 3, 1, 2])
            .to_kind(Kind::Float);
        let slice = slice
            .internal_upsample_bilinear2d_aa([height, width], false, None, None)
            .round()
            .clamp(0.0, 255.0)
            .permute([0, 2, 3, 1]);
        out.narrow(0, start, len).copy_(&slice);
        start += len;
    }
    out
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

    #[test]
    fn normalises_by_the_trained_examples_alone() {
        let pixels: Vec<u8> = (0..36).map(|i| (i * 7 % 251) as u8).collect();
        let examples = examples(&pixels, &[0, 1, 0], &[0, 2]);
        let data = DeviceData::load(&examples, 2, 3, Device::Cpu);
        let input = data
            .normalise(&data.gather(&Tensor::from_slice(&[0i64, 2])))
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
        let data = DeviceData::load(&examples, 2, 3, Device::Cpu);
        let input = host::f32s(&data.normalise(&data.slice(&(0..2))));
        assert!(input.iter().all(|&v| v == 0.0));
    }

    #[test]
    fn resizing_keeps_flat_areas_and_channel_order() {
        let pixels: Vec<u8> = (0..24).map(|i| if i % 2 == 0 { 10 } else { 200 }).collect();
        let examples = examples(&pixels, &[0, 1], &[0, 1]);
        let data = DeviceData::load(&examples, 5, 4, Device::Cpu);
        let resized = data.slice(&(0..2));
        assert_eq!(resized.size(), [2, 5, 4, 2]);
        let bytes = host::bytes(&resized);
        assert!(bytes.chunks(2).all(|pixel| pixel == [10, 200]));
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
        let (plain, with_probes) = (
            DeviceData::load(&plain, 2, 3, Device::Cpu),
            DeviceData::load(&with_probes, 2, 3, Device::Cpu),
        );
        let mixed = with_probes.gather(&Tensor::from_slice(&[4i64, 0, 3]));
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
