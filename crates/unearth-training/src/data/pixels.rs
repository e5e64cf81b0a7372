//! Where the pixels lie: on the device as far as there is room, else in the caller's memory, from
//! which every batch is brought when it is needed.

use super::Indices;
use crate::shim::{self, BorrowedBytes};
use std::ops::Range;
use tch::{Device, Kind, Tensor};

/// Examples that are resized at a time.
const SLICE: usize = 1_024;

/// Room for pixels on the CPU beside the caller's: for those that are resized once and for all.
const CPU_ROOM: u64 = 1 << 30;

/// How many bytes of pixels may stay on the device: half of what a GPU has free, unless `asked` says
/// otherwise.
///
/// # Errors
/// libtorch's word where the GPU does not tell.
pub(crate) fn room(device: Device, asked: Option<u64>) -> Result<u64, String> {
    match (asked, device) {
        (Some(bytes), _) => Ok(bytes),
        (None, Device::Cuda(number)) => Ok(shim::free_device_memory(number)? / 2),
        (None, _) => Ok(CPU_ROOM),
    }
}

/// uint8 `[n, height, width, channels]`, at the size of the network's input.
pub(super) struct Pixels<'a> {
    place: Place<'a>,
    device: Device,
    height: i64,
    width: i64,
}

enum Place<'a> {
    /// On the device.
    Resident(Tensor),
    /// The caller's memory, mostly a mapped file: read in place by trainings on the CPU, brought to a
    /// GPU and resized batch by batch.
    Caller(BorrowedBytes<'a>),
}

impl<'a> Pixels<'a> {
    /// Takes pixels of `shape`; what they would need on the device must fit in `room` bytes to stay there.
    pub(super) fn new(
        bytes: &'a [u8],
        shape: [i64; 4],
        (height, width): (i64, i64),
        device: Device,
        room: u64,
    ) -> Self {
        let caller = BorrowedBytes::new(bytes, &shape);
        let in_place = device == Device::Cpu && (shape[1], shape[2]) == (height, width);
        let needed = (shape[0] * height * width * shape[3]) as u64;
        let mut pixels = Self {
            place: Place::Caller(caller),
            device,
            height,
            width,
        };
        if !in_place && needed <= room {
            pixels.place = Place::Resident(pixels.all(&shape));
        }
        pixels
    }

    /// Number of examples.
    pub(super) fn len(&self) -> usize {
        self.tensor().size()[0] as usize
    }

    /// Those with these indices, `[b, height, width, channels]`.
    pub(super) fn gather(&self, indices: &Indices) -> Tensor {
        match &self.place {
            Place::Resident(pixels) => pixels.index_select(0, &indices.on_device),
            Place::Caller(pixels) => {
                let indices = Tensor::from_slice(&indices.on_host);
                self.brought(&pixels.tensor().index_select(0, &indices))
            }
        }
    }

    /// Neighbouring ones, without a copy where they lie on the device.
    pub(super) fn slice(&self, range: &Range<usize>) -> Tensor {
        let rows = self
            .tensor()
            .narrow(0, range.start as i64, range.len() as i64);
        match self.place {
            Place::Resident(_) => rows,
            Place::Caller(_) => self.brought(&rows),
        }
    }

    /// Says that these will be gathered soon: where they lie in a mapped file, they are read meanwhile.
    pub(super) fn expect(&self, indices: &[i64]) {
        let Place::Caller(pixels) = &self.place else {
            return;
        };
        for &index in indices {
            pixels.will_need(index as usize);
        }
    }

    fn tensor(&self) -> &Tensor {
        match &self.place {
            Place::Resident(pixels) => pixels,
            Place::Caller(pixels) => pixels.tensor(),
        }
    }

    /// All of them on the device, in slices that bound what is there twice.
    fn all(&self, shape: &[i64; 4]) -> Tensor {
        let size = [shape[0], self.height, self.width, shape[3]];
        let all = Tensor::empty(size, (Kind::Uint8, self.device));
        for start in (0..shape[0]).step_by(SLICE) {
            let len = (SLICE as i64).min(shape[0] - start);
            let rows = self.tensor().narrow(0, start, len);
            all.narrow(0, start, len).copy_(&self.brought(&rows));
        }
        all
    }

    /// Rows of the caller's memory on the device and at the network's size. Waits for no GPU.
    fn brought(&self, rows: &Tensor) -> Tensor {
        let rows = match self.device {
            Device::Cpu => rows.shallow_clone(),
            device => rows
                .pin_memory(device)
                .internal_to_copy((Kind::Uint8, device), true),
        };
        let size = rows.size();
        if (size[1], size[2]) == (self.height, self.width) {
            rows
        } else {
            resized(&rows, self.height, self.width)
        }
    }
}

/// Antialiased bilinear resize to whole pixel values.
fn resized(pixels: &Tensor, height: i64, width: i64) -> Tensor {
    pixels
        .permute([0, 3, 1, 2])
        .to_kind(Kind::Float)
        .internal_upsample_bilinear2d_aa([height, width], false, None, None)
        .round()
        .clamp(0.0, 255.0)
        .to_kind(Kind::Uint8)
        .permute([0, 2, 3, 1])
        .contiguous()
}
