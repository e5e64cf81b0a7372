//! The NVIDIA driver's own word on its GPUs, through `libcuda.so.1`: names in CUDA's order, and
//! why a GPU does not work, which libtorch does not tell.
#![expect(unsafe_code, reason = "calls the CUDA driver API")]

use libloading::{Library, Symbol};
use std::error::Error;
use std::ffi::{CStr, c_char, c_int, c_uint};

const COMPUTE_CAPABILITY_MAJOR: c_int = 75;
const COMPUTE_CAPABILITY_MINOR: c_int = 76;

/// A driver that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Driver {
    /// Newest CUDA that it supports; 13000 is 13.0.
    pub(crate) cuda_version: i32,
    /// In CUDA's order.
    pub(crate) gpus: Vec<Gpu>,
}

/// A GPU as its driver describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gpu {
    pub(crate) name: String,
    /// Major and minor.
    pub(crate) compute_capability: (i32, i32),
}

/// Asks the driver; the error is its or the loader's word.
pub(crate) fn probe() -> Result<Driver, String> {
    // SAFETY: the driver's library runs no code of ours when it loads.
    let api = unsafe { Library::new("libcuda.so.1") }.map_err(|error| match error.source() {
        Some(source) => source.to_string(),
        None => error.to_string(),
    })?;
    let api = Api { library: api };
    api.init()?;
    let gpus = (0..api.device_count()?)
        .map(|number| api.gpu(number))
        .collect::<Result<_, _>>()?;
    Ok(Driver {
        cuda_version: api.cuda_version()?,
        gpus,
    })
}

/// The five functions used here, with the signatures of `cuda.h`.
struct Api {
    library: Library,
}

impl Api {
    fn init(&self) -> Result<(), String> {
        // SAFETY: CUresult cuInit(unsigned int).
        let call: Symbol<'_, unsafe extern "C" fn(c_uint) -> c_int> =
            unsafe { self.get("cuInit")? };
        // SAFETY: flags must be 0.
        checked("cuInit", unsafe { call(0) })
    }

    fn cuda_version(&self) -> Result<i32, String> {
        self.integer("cuDriverGetVersion")
    }

    fn device_count(&self) -> Result<i32, String> {
        self.integer("cuDeviceGetCount")
    }

    /// Functions that write one integer.
    fn integer(&self, name: &str) -> Result<i32, String> {
        // SAFETY: CUresult f(int *), for both names used above.
        let call: Symbol<'_, unsafe extern "C" fn(*mut c_int) -> c_int> =
            unsafe { self.get(name)? };
        let mut value = 0;
        // SAFETY: writes one int.
        checked(name, unsafe { call(&raw mut value) })?;
        Ok(value)
    }

    fn gpu(&self, number: i32) -> Result<Gpu, String> {
        type Get = unsafe extern "C" fn(*mut c_int, c_int) -> c_int;
        type Name = unsafe extern "C" fn(*mut c_char, c_int, c_int) -> c_int;
        // SAFETY: CUresult cuDeviceGet(CUdevice *, int); a CUdevice is an int.
        let get: Symbol<'_, Get> = unsafe { self.get("cuDeviceGet")? };
        // SAFETY: CUresult cuDeviceGetName(char *, int, CUdevice).
        let get_name: Symbol<'_, Name> = unsafe { self.get("cuDeviceGetName")? };

        let mut device = 0;
        // SAFETY: writes one int.
        checked("cuDeviceGet", unsafe { get(&raw mut device, number) })?;
        let mut name: [c_char; 256] = [0; 256];
        // SAFETY: writes at most 256 bytes, ended by NUL.
        checked("cuDeviceGetName", unsafe {
            get_name(name.as_mut_ptr(), 256, device)
        })?;
        // SAFETY: the array was zero and the last byte is NUL in any case.
        let name = unsafe { CStr::from_ptr(name.as_ptr()) };
        Ok(Gpu {
            name: name.to_string_lossy().into_owned(),
            compute_capability: (
                self.attribute(COMPUTE_CAPABILITY_MAJOR, device)?,
                self.attribute(COMPUTE_CAPABILITY_MINOR, device)?,
            ),
        })
    }

    fn attribute(&self, attribute: c_int, device: c_int) -> Result<i32, String> {
        type Attribute = unsafe extern "C" fn(*mut c_int, c_int, c_int) -> c_int;
        // SAFETY: CUresult cuDeviceGetAttribute(int *, CUdevice_attribute, CUdevice).
        let call: Symbol<'_, Attribute> = unsafe { self.get("cuDeviceGetAttribute")? };
        let mut value = 0;
        // SAFETY: writes one int.
        checked("cuDeviceGetAttribute", unsafe {
            call(&raw mut value, attribute, device)
        })?;
        Ok(value)
    }

    /// # Safety
    /// `T` must be the function's type.
    unsafe fn get<T>(&self, name: &str) -> Result<Symbol<'_, T>, String> {
        // SAFETY: promised by the caller.
        unsafe { self.library.get(name.as_bytes()) }.map_err(|error| error.to_string())
    }
}

fn checked(function: &str, code: c_int) -> Result<(), String> {
    let meaning = match code {
        0 => return Ok(()),
        100 => "no GPU",
        101 => "no such GPU",
        802 => "the system is not ready; is the fabric manager running?",
        803 => "driver and user libraries differ in version; reboot or reinstall the driver",
        804 => "this GPU does not support forward compatibility; update the driver",
        999 => "unknown; often a driver that was updated without a reboot",
        _ => "see CUresult in cuda.h",
    };
    Err(format!("{function} failed with code {code} ({meaning})"))
}
