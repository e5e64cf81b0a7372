//! Choosing what to compute on.

use crate::{cuda, failure, shim};
use std::fmt;
use std::fs;
use std::str::FromStr;
use tch::Device;
use thiserror::Error;
use unearth_audit::{CudaState, Environment};

/// A device as people ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// The first GPU; the CPU only where the machine has no NVIDIA GPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU with this number.
    Cuda(usize),
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|number| number.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| {
                    format!("`{text}` is no device; use auto, cpu, cuda or cuda:<number>")
                }),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

/// Why a device cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DeviceError {
    /// `auto` met an NVIDIA GPU that does not work; using the CPU instead would be a surprise.
    #[error("this machine has an NVIDIA GPU that cannot be used: {0}; or choose the device `cpu`")]
    UnusableGpu(String),
    /// A GPU was asked for.
    #[error("the device `{choice}` cannot be used: {reason}")]
    NoCuda {
        /// What was asked for.
        choice: DeviceChoice,
        /// Why not, and what to do.
        reason: String,
    },
    /// There are fewer GPUs.
    #[error("there is no device `{choice}`: the GPUs here are {}", list(.gpus))]
    NoSuchGpu {
        /// What was asked for.
        choice: DeviceChoice,
        /// Names of the GPUs.
        gpus: Vec<String>,
    },
    /// libtorch refused its set-up.
    #[error("libtorch could not be set up: {0}")]
    Libtorch(String),
}

/// The device that `choice` means here.
pub(crate) fn resolve(choice: DeviceChoice) -> Result<Device, DeviceError> {
    let info = cuda::device_info();
    resolve_among(choice, info.cuda, info.gpus, cuda::nvidia_gpu_present())
}

fn resolve_among(
    choice: DeviceChoice,
    cuda: CudaState,
    gpus: Vec<String>,
    nvidia_gpu_present: bool,
) -> Result<Device, DeviceError> {
    let number = match choice {
        DeviceChoice::Cpu => return Ok(Device::Cpu),
        DeviceChoice::Auto => 0,
        DeviceChoice::Cuda(number) => number,
    };
    match cuda {
        CudaState::Devices if number < gpus.len() => Ok(Device::Cuda(number)),
        CudaState::Devices => Err(DeviceError::NoSuchGpu { choice, gpus }),
        CudaState::NoLibraries(reason) | CudaState::NoDevice(reason) => match choice {
            DeviceChoice::Auto if nvidia_gpu_present => Err(DeviceError::UnusableGpu(reason)),
            DeviceChoice::Auto => Ok(Device::Cpu),
            _ => Err(DeviceError::NoCuda { choice, reason }),
        },
    }
}

/// Whether `device` has instructions for bf16. Without them libtorch computes in it, many times slower than
/// in f32.
pub(crate) fn computes_bf16(device: Device) -> bool {
    device.is_cuda()
        || fs::read_to_string("/proc/cpuinfo").is_ok_and(|text| {
            let mut flags = text.split_ascii_whitespace();
            flags.any(|flag| matches!(flag, "avx512_bf16" | "amx_bf16" | "bf16"))
        })
}

/// What is recorded of trainings on `device`.
pub(crate) fn environment(device: Device, threads: usize) -> Environment {
    let info = cuda::device_info();
    let device_name = match device {
        Device::Cuda(number) => info.gpus.get(number).cloned(),
        _ => processor_name(),
    };
    Environment {
        device: failure::name(device),
        device_name: device_name.unwrap_or_else(|| "unknown".to_owned()),
        driver: info.driver,
        torch: shim::torch_version(),
        unearth: env!("CARGO_PKG_VERSION").to_owned(),
        threads,
    }
}

fn processor_name() -> Option<String> {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = cpuinfo.lines().find(|l| l.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn list(gpus: &[String]) -> String {
    let numbered: Vec<String> = gpus
        .iter()
        .enumerate()
        .map(|(number, name)| format!("cuda:{number} ({name})"))
        .collect();
    numbered.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_and_shown_alike() {
        for (text, choice) in [
            ("auto", DeviceChoice::Auto),
            ("cpu", DeviceChoice::Cpu),
            ("cuda:0", DeviceChoice::Cuda(0)),
            ("cuda:12", DeviceChoice::Cuda(12)),
        ] {
            assert_eq!(text.parse(), Ok(choice));
            assert_eq!(choice.to_string(), text);
        }
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        for text in ["gpu", "cuda:", "cuda:-1", "CPU", ""] {
            assert!(text.parse::<DeviceChoice>().is_err(), "{text}");
        }
    }

    #[test]
    fn auto_takes_the_cpu_only_without_a_gpu() {
        let broken = || CudaState::NoDevice("the driver is too old".into());
        let auto = |cuda, gpus: &[&str], present| {
            let gpus = gpus.iter().map(ToString::to_string).collect();
            resolve_among(DeviceChoice::Auto, cuda, gpus, present)
        };
        assert_eq!(
            auto(CudaState::Devices, &["H100"], true),
            Ok(Device::Cuda(0))
        );
        assert_eq!(auto(broken(), &[], false), Ok(Device::Cpu));
        let error = auto(broken(), &[], true).unwrap_err().to_string();
        assert!(
            error.contains("driver is too old") && error.contains("`cpu`"),
            "{error}"
        );
    }

    #[test]
    fn a_gpu_that_is_asked_for_is_never_replaced() {
        let cuda = |number, cuda, gpus: &[&str]| {
            let gpus = gpus.iter().map(ToString::to_string).collect();
            resolve_among(DeviceChoice::Cuda(number), cuda, gpus, false)
        };
        assert_eq!(
            cuda(1, CudaState::Devices, &["A", "B"]),
            Ok(Device::Cuda(1))
        );
        let error = cuda(2, CudaState::Devices, &["A", "B"])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`cuda:2`") && error.contains("cuda:1 (B)"),
            "{error}"
        );
        assert!(cuda(0, CudaState::NoLibraries("absent".into()), &[]).is_err());
        assert_eq!(resolve(DeviceChoice::Cpu), Ok(Device::Cpu));
    }
}
