//! Tensors that grow with the number of examples.

use std::path::{Path, PathBuf};
use tch::{Device, Scalar, Tensor, kind::Element};
use tempfile::NamedTempFile;
use unearth_audit::TrainingError;
use unearth_columns::{Column, IN_MEMORY_BYTES, write};

/// Rows that are brought from or to such a tensor at a time.
pub(crate) const PIECE_ROWS: usize = 1 << 16;

/// Where such tensors are: in the memory of a GPU, on the CPU in that of the process while they are small, and beyond in
/// mapped files, so that its own stays the same however many examples there are.
#[derive(Debug, Clone)]
pub(crate) struct Scratch {
    folder: PathBuf,
    device: Device,
}

impl Scratch {
    /// For tensors on `device`; files go to `folder`.
    pub(crate) fn new(folder: &Path, device: Device) -> Self {
        Self {
            folder: folder.to_owned(),
            device,
        }
    }

    /// Where files go.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The device that its tensors are on.
    pub(crate) fn device(&self) -> Device {
        self.device
    }

    /// A tensor that holds one value.
    pub(crate) fn full<T: Number>(&self, size: &[i64], value: T) -> Result<Tensor, TrainingError> {
        let count = size.iter().product::<i64>() as usize;
        let fits = count * size_of::<T>() <= IN_MEMORY_BYTES;
        if fits || self.device != Device::Cpu {
            return Ok(Tensor::full(size, value.scalar(), (T::KIND, self.device)));
        }
        // Mapped it keeps its bytes when it loses its name.
        let file = NamedTempFile::new_in(&self.folder)?;
        write(file.as_file(), std::iter::repeat_n(value, count))?;
        let path = file.path().to_str().ok_or_else(|| {
            let path = file.path().display();
            TrainingError::Unsuitable(format!("the scratch folder `{path}` is no UTF-8"))
        })?;
        let tensor = Tensor::f_from_file(path, true, count as i64, (T::KIND, Device::Cpu));
        let tensor = tensor.map_err(|error| TrainingError::Backend(error.to_string()))?;
        Ok(tensor.view(size))
    }

    /// The values of a tensor with one dimension, piece by piece; `change` is applied to each.
    pub(crate) fn column<T: Number>(
        &self,
        tensor: &Tensor,
        change: impl Fn(Tensor) -> Tensor,
    ) -> Result<Column<T>, TrainingError> {
        let mut column = Column::filled(&self.folder, tensor.numel(), T::zeroed())?;
        for (piece, values) in pieces(tensor).zip(column.chunks_mut(PIECE_ROWS)) {
            let piece = change(piece).to_device(Device::Cpu).to_kind(T::KIND);
            piece.contiguous().copy_data(values, values.len());
        }
        Ok(column)
    }
}

/// What such tensors are of.
pub(crate) trait Number: Element + bytemuck::Pod {
    /// As libtorch takes single values.
    fn scalar(self) -> Scalar;
}

impl Number for f32 {
    fn scalar(self) -> Scalar {
        f64::from(self).into()
    }
}

impl Number for i32 {
    fn scalar(self) -> Scalar {
        i64::from(self).into()
    }
}

impl Number for i64 {
    fn scalar(self) -> Scalar {
        self.into()
    }
}

/// Views of neighbouring rows, [`PIECE_ROWS`] each or what is left.
pub(crate) fn pieces(tensor: &Tensor) -> impl Iterator<Item = Tensor> + '_ {
    let rows = tensor.size()[0];
    (0..rows).step_by(PIECE_ROWS).map(move |start| {
        let length = (PIECE_ROWS as i64).min(rows - start);
        tensor.narrow(0, start, length)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    #[test]
    fn a_large_tensor_lies_in_a_file_and_is_like_any_other() {
        let folder = std::env::temp_dir();
        let scratch = Scratch::new(&folder, Device::Cpu);
        let rows = IN_MEMORY_BYTES as i64 / 8 + 7;
        let large = scratch.full(&[rows, 2], -1i32).unwrap();
        assert_eq!((large.size(), large.kind()), (vec![rows, 2], Kind::Int));
        let at = Tensor::from_slice(&[rows - 1, 3]);
        let values = Tensor::from_slice(&[5i32, 6, 7, 8]).view([2, 2]);
        let _ = large.shallow_clone().index_copy_(0, &at, &values);
        let second: Column<i32> = scratch.column(&large.select(1, 1), |it| it + 1).unwrap();
        assert_eq!((second[3], second[4], second[rows as usize - 1]), (9, 0, 7));
        assert_eq!(
            second.iter().filter(|&&it| it == 0).count() as i64,
            rows - 2
        );
    }
}
