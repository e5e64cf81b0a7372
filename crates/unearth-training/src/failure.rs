//! libtorch's failures as training errors.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use tch::Device;
use unearth_audit::TrainingError;

/// Runs `work`, and turns a panic of tch (its answer to any libtorch exception) into an error.
pub(crate) fn caught<T>(
    device: Device,
    work: impl FnOnce() -> Result<T, TrainingError>,
) -> Result<T, TrainingError> {
    panic::catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|payload| Err(from_message(device, &message_of(payload.as_ref()))))
}

/// What oneDNN says, without the reason, when the machine code of an operation finds no memory or cannot be made for sizes so
/// large. Of an operation that it does not know it says "could not create a primitive descriptor".
const NO_PRIMITIVE: &str = "could not create a primitive";

/// Sorts a message of libtorch.
pub(crate) fn from_message(device: Device, message: &str) -> TrainingError {
    let line = first_line(message);
    let out_of_memory = ["out of memory", "can't allocate memory"]
        .iter()
        .any(|phrase| message.contains(phrase));
    if out_of_memory || line == NO_PRIMITIVE {
        return TrainingError::OutOfMemory {
            device: name(device),
        };
    }
    TrainingError::Backend(line.to_owned())
}

/// `cpu` or `cuda:0`.
pub(crate) fn name(device: Device) -> String {
    match device {
        Device::Cuda(index) => format!("cuda:{index}"),
        _ => "cpu".to_owned(),
    }
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| payload.downcast_ref::<&str>().map(|&text| text.to_owned()))
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

/// tch panics with the Debug form of its error, C++ backtrace included.
fn first_line(message: &str) -> &str {
    let message = message
        .split_once("Torch(\"")
        .map_or(message, |(_, inner)| inner);
    let message = message.split("\\n").next().unwrap_or(message);
    let line = message.lines().next().unwrap_or(message);
    line.strip_suffix("\")").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Kind, Tensor};

    #[test]
    fn a_libtorch_exception_becomes_one_line() {
        let error = caught(Device::Cpu, || {
            let a = Tensor::ones([2, 3], (Kind::Float, Device::Cpu));
            Ok(a.matmul(&a))
        })
        .unwrap_err();
        let TrainingError::Backend(message) = &error else {
            panic!("{error:?}")
        };
        assert!(message.starts_with("mat1 and mat2 shapes"), "{message}");
        assert!(!message.contains("Exception raised"), "{message}");
        assert!(error.is_worth_retrying());
    }

    #[test]
    fn memory_exhaustion_is_told_apart() {
        let error = caught(Device::Cpu, || {
            Ok(Tensor::zeros([1 << 50], (Kind::Float, Device::Cpu)))
        })
        .unwrap_err();
        assert!(
            matches!(error, TrainingError::OutOfMemory { .. }),
            "{error:?}"
        );
        let error = from_message(
            Device::Cuda(1),
            "CUDA out of memory. Tried to allocate 2 GiB",
        );
        assert!(error.to_string().starts_with("cuda:1 ran out of memory"));
    }

    #[test]
    fn an_operation_that_finds_no_memory_is_told_from_one_that_does_not_exist() {
        let failed = |why: &str| {
            let message = format!(
                "called `Result::unwrap()` on an `Err` value: Torch(\"could not create {why}\")"
            );
            [
                from_message(Device::Cpu, &message),
                from_message(Device::Cpu, &format!("could not create {why}")),
            ]
        };
        let too_large = failed("a primitive");
        let is_too_large =
            |error: &TrainingError| matches!(error, TrainingError::OutOfMemory { .. });
        assert!(too_large.iter().all(is_too_large), "{too_large:?}");
        let unknown = failed("a primitive descriptor for a convolution");
        assert!(!unknown.iter().any(is_too_large), "{unknown:?}");
    }
}
