//! CUDA at run time. The binary is not linked to libtorch's CUDA library, so that it starts on
//! machines without it; the library is loaded here when it is there.
#![expect(unsafe_code, reason = "loads a shared library")]

use crate::driver::{self, Driver};
use crate::shim;
use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
use std::error::Error;
use std::path::Path;
use std::sync::OnceLock;
use std::{fs, mem};
use unearth_audit::{CudaState, DeviceInfo};

/// CUDA that the libraries are built for, as the driver counts: 13.0.
const CUDA_VERSION: i32 = 13_000;
/// Oldest compute capability that they have kernels for (Turing).
const COMPUTE_CAPABILITY: (i32, i32) = (7, 5);

/// What this process can compute on.
pub fn device_info() -> DeviceInfo {
    let libraries = load_libraries();
    let devices = tch::Cuda::device_count().max(0) as usize;
    let driver = driver::probe();
    let gpus: Vec<String> = driver
        .as_ref()
        .map(|d| d.gpus.iter().map(|gpu| gpu.name.clone()).collect())
        .unwrap_or_default();
    DeviceInfo {
        cuda: state(libraries, devices, &driver, nvidia_gpu_present()),
        gpus: named(gpus, devices),
        driver: driver_version(),
        torch: shim::torch_version(),
        threads: tch::get_num_threads().max(1) as usize,
    }
}

/// Whether the machine shows an NVIDIA GPU, usable or not.
pub fn nvidia_gpu_present() -> bool {
    Path::new("/dev/nvidia0").exists() || Path::new("/proc/driver/nvidia").exists()
}

/// Loads libtorch's CUDA library once. libtorch looks for CUDA once per process and remembers
/// the answer, so this comes before whatever asks it.
fn load_libraries() -> Result<(), String> {
    static LOADED: OnceLock<Result<(), String>> = OnceLock::new();
    LOADED
        .get_or_init(|| {
            // SAFETY: libtorch_cuda's initialisers register its hooks and run no code of ours.
            let library =
                unsafe { Library::open(Some("libtorch_cuda.so"), RTLD_NOW | RTLD_GLOBAL) };
            match library {
                Ok(library) => {
                    // Its hooks stay registered, so it must stay mapped.
                    mem::forget(library);
                    Ok(())
                }
                Err(error) => Err(match error.source() {
                    Some(source) => source.to_string(),
                    None => error.to_string(),
                }),
            }
        })
        .clone()
}

fn state(
    libraries: Result<(), String>,
    devices: usize,
    driver: &Result<Driver, String>,
    gpu_present: bool,
) -> CudaState {
    if let Err(reason) = libraries {
        let advice = if gpu_present {
            "; an NVIDIA GPU is there: `cargo xtask setup` installs the CUDA libraries"
        } else {
            ""
        };
        return CudaState::NoLibraries(format!("{reason}{advice}"));
    }
    match driver {
        Err(_) if !gpu_present => CudaState::NoDevice("no NVIDIA GPU was found".into()),
        Err(reason) => CudaState::NoDevice(format!(
            "an NVIDIA GPU is there but its driver does not answer: {reason}; install the driver, \
             or give the container access to the GPU"
        )),
        Ok(driver) => usable(driver, devices),
    }
}

fn usable(driver: &Driver, devices: usize) -> CudaState {
    if driver.cuda_version < CUDA_VERSION {
        return CudaState::NoDevice(format!(
            "the NVIDIA driver is too old: it supports CUDA {} and CUDA {} is needed; update the \
             driver to 580 or newer",
            version(driver.cuda_version),
            version(CUDA_VERSION)
        ));
    }
    let unsupported = driver
        .gpus
        .iter()
        .find(|gpu| gpu.compute_capability < COMPUTE_CAPABILITY);
    if let Some(gpu) = unsupported {
        let (major, minor) = gpu.compute_capability;
        return CudaState::NoDevice(format!(
            "{} has compute capability {major}.{minor} and libtorch needs {}.{} or newer; hide it \
             with CUDA_VISIBLE_DEVICES",
            gpu.name, COMPUTE_CAPABILITY.0, COMPUTE_CAPABILITY.1
        ));
    }
    if devices == 0 {
        return CudaState::NoDevice(
            "the driver answers but shows no GPU; check CUDA_VISIBLE_DEVICES and the container's \
             devices"
                .into(),
        );
    }
    CudaState::Devices
}

/// 13000 is 13.0.
fn version(number: i32) -> String {
    format!("{}.{}", number / 1_000, number % 1_000 / 10)
}

/// One name per device that libtorch counts.
fn named(mut gpus: Vec<String>, devices: usize) -> Vec<String> {
    gpus.resize(devices, "NVIDIA GPU".to_owned());
    gpus
}

/// From `NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun …`.
fn driver_version() -> Option<String> {
    let text = fs::read_to_string("/proc/driver/nvidia/version").ok()?;
    parse_driver_version(&text)
}

fn parse_driver_version(text: &str) -> Option<String> {
    text.lines()
        .find(|line| line.starts_with("NVRM version"))?
        .split_whitespace()
        .find(|word| word.contains('.') && word.starts_with(|c: char| c.is_ascii_digit()))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::Gpu;

    fn driver(cuda_version: i32, compute_capability: (i32, i32)) -> Driver {
        Driver {
            cuda_version,
            gpus: vec![Gpu {
                name: "GPU X".into(),
                compute_capability,
            }],
        }
    }

    fn reason(state: CudaState) -> String {
        match state {
            CudaState::NoDevice(reason) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_three_states_are_told_apart() {
        let absent = || Err("libtorch_cuda.so: cannot open shared object file".to_owned());
        let no_driver = || Err("libcuda.so.1: cannot open shared object file".to_owned());
        let CudaState::NoLibraries(plain) = state(absent(), 0, &no_driver(), false) else {
            panic!()
        };
        assert!(!plain.contains("setup"));
        let CudaState::NoLibraries(advice) = state(absent(), 0, &no_driver(), true) else {
            panic!()
        };
        assert!(advice.contains("cargo xtask setup"));
        assert!(reason(state(Ok(()), 0, &no_driver(), false)).contains("no NVIDIA GPU"));
        assert!(reason(state(Ok(()), 0, &no_driver(), true)).contains("driver does not answer"));
        assert_eq!(
            state(Ok(()), 1, &Ok(driver(13_000, (9, 0))), true),
            CudaState::Devices
        );
    }

    #[test]
    fn what_is_wrong_with_a_gpu_is_said() {
        let old = reason(state(Ok(()), 0, &Ok(driver(12_080, (9, 0))), true));
        assert!(old.contains("CUDA 12.8") && old.contains("580"), "{old}");
        let unsupported = reason(state(Ok(()), 1, &Ok(driver(13_000, (6, 1))), true));
        assert!(
            unsupported.contains("GPU X") && unsupported.contains("6.1"),
            "{unsupported}"
        );
        let hidden = reason(state(Ok(()), 0, &Ok(driver(13_000, (9, 0))), true));
        assert!(hidden.contains("CUDA_VISIBLE_DEVICES"), "{hidden}");
    }

    #[test]
    fn the_driver_s_version_is_read() {
        let text = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun Jul 27\nGCC version:  gcc 12.2.0\n";
        assert_eq!(parse_driver_version(text).as_deref(), Some("580.65.06"));
        let open =
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  575.51.03  Release Build\n";
        assert_eq!(parse_driver_version(open).as_deref(), Some("575.51.03"));
        assert_eq!(parse_driver_version("nothing"), None);
    }

    #[test]
    fn this_machine_has_one_of_the_states() {
        let info = device_info();
        assert_eq!(info.cuda == CudaState::Devices, !info.gpus.is_empty());
        assert!(info.torch.starts_with("2.11."));
    }
}
