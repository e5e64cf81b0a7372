//! Tensors to plain vectors.

use tch::{Device, Kind, Tensor};

/// The tensor's bytes in row-major order of its shape.
pub(crate) fn bytes(tensor: &Tensor) -> Vec<u8> {
    let tensor = tensor.to_device(Device::Cpu).contiguous();
    let count = tensor.numel();
    let mut bytes = vec![0; count * tensor.kind().elt_size_in_bytes()];
    tensor.copy_data_u8(&mut bytes, count);
    bytes
}

/// The values of an f32 tensor in row-major order.
pub(crate) fn f32s(tensor: &Tensor) -> Vec<f32> {
    values(tensor, Kind::Float)
}

/// The values of an int64 tensor in row-major order.
#[cfg(test)]
pub(crate) fn i64s(tensor: &Tensor) -> Vec<i64> {
    values(tensor, Kind::Int64)
}

fn values<T: tch::kind::Element + Default + Clone>(tensor: &Tensor, kind: Kind) -> Vec<T> {
    let tensor = tensor.to_device(Device::Cpu).to_kind(kind).contiguous();
    let count = tensor.numel();
    let mut values = vec![T::default(); count];
    tensor.copy_data(&mut values, count);
    values
}
