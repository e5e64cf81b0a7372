//! Safe wrappers over `shim/shim.cpp`: what tch does not expose of libtorch.
#![expect(unsafe_code, reason = "calls into libtorch through the C++ shim")]

use std::ffi::{CStr, c_char, c_int};
use tch::{Device, Kind, Tensor};
use torch_sys::C_tensor;

unsafe extern "C" {
    fn unearth_last_error() -> *const c_char;
    fn unearth_torch_version() -> *const c_char;
    fn unearth_be_reproducible() -> c_int;
    fn unearth_keep_freed_memory();
    fn unearth_return_freed_memory();
    fn unearth_will_need(start: *const u8, bytes: u64);
    fn unearth_free_device_memory(cuda: c_int, bytes: *mut u64) -> c_int;
    fn unearth_bf16_autocast(cuda: c_int, enabled: c_int) -> c_int;
    fn unearth_sgd_step(
        params: *const *const C_tensor,
        momenta: *const *const C_tensor,
        count: c_int,
        weight_decay: f64,
        momentum: f64,
        lr: f64,
    ) -> c_int;
}

/// The libtorch version that the shim was compiled against, such as `2.11.0`.
pub(crate) fn torch_version() -> String {
    // SAFETY: a string literal of the shim.
    unsafe { CStr::from_ptr(unearth_torch_version()) }
        .to_string_lossy()
        .into_owned()
}

/// Asks libtorch for the same kernels in every run and for f32 without TF32. Process-wide.
pub(crate) fn be_reproducible() -> Result<(), String> {
    // SAFETY: sets flags of libtorch's global context.
    checked(unsafe { unearth_be_reproducible() })
}

/// Keeps freed memory with the process (glibc only). Process-wide.
pub(crate) fn keep_freed_memory() {
    // SAFETY: mallopt may be called at any time.
    unsafe { unearth_keep_freed_memory() }
}

/// Gives freed memory back to the system (glibc only).
pub(crate) fn return_freed_memory() {
    // SAFETY: malloc_trim may be called at any time.
    unsafe { unearth_return_freed_memory() }
}

/// Bytes that are free on a GPU.
pub(crate) fn free_device_memory(number: usize) -> Result<u64, String> {
    let number = c_int::try_from(number).map_err(|error| error.to_string())?;
    let mut bytes = 0;
    // SAFETY: writes one number, where it does not fail.
    checked(unsafe { unearth_free_device_memory(number, &raw mut bytes) })?;
    Ok(bytes)
}

/// bfloat16 autocast of this thread until dropped.
pub(crate) struct Bf16Autocast {
    device: Device,
}

impl Bf16Autocast {
    pub(crate) fn begin(device: Device) -> Result<Self, String> {
        // SAFETY: sets a thread-local flag of libtorch.
        checked(unsafe { unearth_bf16_autocast(device.is_cuda().into(), 1) })?;
        Ok(Self { device })
    }
}

impl Drop for Bf16Autocast {
    fn drop(&mut self) {
        // SAFETY: as in `begin`. Clearing a flag does not fail.
        unsafe { unearth_bf16_autocast(self.device.is_cuda().into(), 0) };
    }
}

/// Constants of one optimiser step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SgdStep {
    pub(crate) lr: f64,
    pub(crate) momentum: f64,
    pub(crate) weight_decay: f64,
}

/// SGD with Nesterov momentum in one fused kernel; drops the gradients it has used.
pub(crate) fn sgd_step(params: &[Tensor], momenta: &[Tensor], step: SgdStep) -> Result<(), String> {
    assert_eq!(params.len(), momenta.len(), "one momentum per parameter");
    let params: Vec<*const C_tensor> = params.iter().map(Tensor::as_ptr).collect();
    let momenta: Vec<*const C_tensor> = momenta.iter().map(Tensor::as_ptr).collect();
    // SAFETY: both arrays hold `count` live tensors for the length of the call; C_tensor is
    // at::Tensor, and tensors are handles, so changing what they point at is not aliasing.
    checked(unsafe {
        unearth_sgd_step(
            params.as_ptr(),
            momenta.as_ptr(),
            params.len() as c_int,
            step.weight_decay,
            step.momentum,
            step.lr,
        )
    })
}

/// A tensor over bytes that it does not own: a memory-mapped pack is not copied.
pub(crate) struct BorrowedBytes<'a> {
    tensor: Tensor,
    bytes: &'a [u8],
}

impl<'a> BorrowedBytes<'a> {
    /// Views `bytes` as a uint8 tensor in host memory.
    pub(crate) fn new(bytes: &'a [u8], shape: &[i64]) -> Self {
        assert_eq!(bytes.len() as i64, shape.iter().product::<i64>());
        // SAFETY: `bytes` has exactly the size of the tensor and outlives it, since the tensor
        // is only lent out by reference. Nothing here writes to it.
        let tensor =
            unsafe { Tensor::from_blob(bytes.as_ptr(), shape, &[], Kind::Uint8, Device::Cpu) };
        Self { tensor, bytes }
    }

    pub(crate) fn tensor(&self) -> &Tensor {
        &self.tensor
    }

    /// Says that a row, counted along the first side, will be read soon: where the bytes are a mapped
    /// file's, the system reads them meanwhile.
    pub(crate) fn will_need(&self, row: usize) {
        let rows = self.tensor.size()[0] as usize;
        let row_bytes = self.bytes.len().checked_div(rows).unwrap_or_default();
        if let Some(row) = self.bytes.get(row * row_bytes..(row + 1) * row_bytes) {
            // SAFETY: advice on memory that is borrowed here; it changes nothing that can be read.
            unsafe { unearth_will_need(row.as_ptr(), row.len() as u64) };
        }
    }
}

fn checked(code: c_int) -> Result<(), String> {
    if code == 0 {
        return Ok(());
    }
    // SAFETY: the shim keeps the string alive until the next failure on this thread.
    Err(unsafe { CStr::from_ptr(unearth_last_error()) }
        .to_string_lossy()
        .into_owned())
}
