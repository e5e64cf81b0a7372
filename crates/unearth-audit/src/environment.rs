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

impl Environment {
    /// Why a training that was begun here cannot be continued there with the same bits, as a sentence
    /// without a full stop; none where it can.
    pub fn difference(&self, there: &Self) -> Option<String> {
        let fields = [
            ("device", self.device_kind(), there.device_kind()),
            ("libtorch", self.torch.clone(), there.torch.clone()),
            ("Unearth", self.unearth.clone(), there.unearth.clone()),
            (
                "thread count",
                self.threads.to_string(),
                there.threads.to_string(),
            ),
        ];
        let (field, here, there) = fields.into_iter().find(|(_, here, there)| here != there)?;
        Some(format!(
            "it was begun with {field} {here}, and this worker has {there}"
        ))
    }

    /// Kind and model, without the device's number: another model may round otherwise.
    pub fn device_kind(&self) -> String {
        let kind = self.device.split(':').next().unwrap_or_default();
        format!("{kind} ({})", self.device_name)
    }
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
