//! What a training ran on: recorded with every run, since bits depend on it.

use serde::{Deserialize, Serialize};

/// Device, libraries and thread count of a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Environment {
    /// `cpu` or `cuda:0`.
    pub device: String,
    /// Name of the processor or GPU.
    pub device_name: String,
    /// NVIDIA driver version, where there is one.
    pub driver: Option<String>,
    /// libtorch version.
    pub torch: String,
    /// Unearth version.
    pub unearth: String,
    /// Threads of a tensor operation. Bits agree only at an equal count.
    pub threads: usize,
}

/// What the process can compute on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// State of CUDA.
    pub cuda: CudaState,
    /// Names of the CUDA devices, in order.
    pub gpus: Vec<String>,
    /// NVIDIA driver version, where the driver is loaded.
    pub driver: Option<String>,
    /// libtorch version.
    pub torch: String,
    /// Threads of a tensor operation.
    pub threads: usize,
}

/// Three states that are easily taken for one another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "reason")]
pub enum CudaState {
    /// libtorch's CUDA library is not installed or does not load, with the loader's words.
    NoLibraries(String),
    /// It loads, but no device can be used: no GPU, or its driver is missing or too old.
    NoDevice(String),
    /// It works.
    Devices,
}
