//! libtorch, out of PyTorch's wheels.

use std::{env::consts::ARCH, fs, path::Path};

use anyhow::{Context, Result, bail};

use super::{installed, pip};
use crate::{process, steps::Outcome, workspace};

/// Raise it when `prune` changes, so that old installations are made anew.
const LAYOUT: u32 = 1;

/// Which of PyTorch's libraries this machine can use.
#[derive(Debug, Clone, Copy)]
enum Variant {
    Cpu,
    Cuda,
}

impl Variant {
    fn of_this_machine() -> Self {
        match process::quiet_output(&mut process::program("nvidia-smi", ["-L"])) {
            Some(devices) if devices.contains("GPU ") => Self::Cuda,
            _ => Self::Cpu,
        }
    }

    fn requirements(self) -> &'static str {
        match self {
            Self::Cpu => "libtorch-cpu.txt",
            Self::Cuda => "libtorch-cuda.txt",
        }
    }
}

/// Puts libtorch where `.cargo/config.toml` points to.
pub(crate) fn set_up() -> Result<Outcome> {
    if !matches!(ARCH, "x86_64" | "aarch64") {
        bail!("there is no libtorch for {ARCH} among PyTorch's wheels");
    }
    let variant = Variant::of_this_machine();
    let file = variant.requirements();
    let wanted = fs::read_to_string(workspace::requirements().join(file)).context(file)?;
    let source = format!("# Layout {LAYOUT}, {ARCH}\n{wanted}");
    installed::ensure(&workspace::deps().join("libtorch"), &source, |folder| {
        eprintln!(
            "fetching {file} ({})",
            match variant {
                Variant::Cpu => "about 550 MB, half of which is kept",
                Variant::Cuda => "about 2.5 GB, since this machine has an NVIDIA GPU",
            }
        );
        pip::unpack(file, ARCH, folder)?;
        prune(folder, variant)
    })
}

/// Removes what linking and running never touch. `libtorch.so` is empty, but the linker asks for it.
fn prune(folder: &Path, variant: Variant) -> Result<()> {
    keep_only(folder, |name| {
        name == "torch" || name == "nvidia" || name.ends_with(".dist-info")
    })?;
    keep_only(&folder.join("torch"), |name| {
        matches!(name, "lib" | "include" | "share")
    })?;
    let libraries = folder.join("torch/lib");
    keep_only(&libraries, |name| {
        !matches!(name, "libtorch_python.so" | "libshm.so" | "libshm_windows")
    })?;
    match variant {
        Variant::Cuda => Ok(()),
        Variant::Cpu => {
            let needs_cuda = |name: &str| {
                [
                    "libtorch_cuda",
                    "libc10_cuda",
                    "libtorch_nvshmem",
                    "libcaffe2_nvrtc",
                ]
                .iter()
                .any(|prefix| name.starts_with(prefix))
            };
            keep_only(&libraries, |name| !needs_cuda(name))?;
            let nvidia = folder.join("nvidia/cu13");
            keep_only(&nvidia, |name| name == "lib")?;
            keep_only(&nvidia.join("lib"), |name| {
                matches!(name, "libcudart.so.13" | "libcupti.so.13")
            })
        }
    }
}

fn keep_only(folder: &Path, kept: impl Fn(&str) -> bool) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("a wheel has no {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        if !kept(&entry.file_name().to_string_lossy()) {
            installed::remove(&entry.path())?;
        }
    }
    Ok(())
}
