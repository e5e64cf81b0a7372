//! Resume points: everything needed to continue a training with the same bits.

use crate::{host, weights};
use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, View};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::HashMap, fs::File, path::Path};
use tch::{Kind, Tensor};
use tempfile::NamedTempFile;
use unearth_audit::{Position, TrainingError};
use unearth_columns::Column;

/// Goes up whenever an older point could no longer be continued with the same bits.
const FORMAT: u32 = 3;
/// Key of the header in the safetensors metadata.
const HEADER: &str = "unearth";

/// What must be equal for a continuation to give the same bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) recipe: String,
    pub(crate) seed: u64,
    pub(crate) examples: usize,
    pub(crate) threads: usize,
    /// Kind and model, without its number: another model may round otherwise.
    pub(crate) device: String,
    pub(crate) torch: String,
    pub(crate) unearth: String,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    identity: Identity,
    position: Position,
}

/// Writes the named tensors with who they belong to and where the training stood, one after the other.
pub(crate) fn save(
    identity: &Identity,
    position: Position,
    tensors: &[(String, Tensor)],
    scratch: &Path,
) -> Result<Column<u8>, TrainingError> {
    let header = Header {
        format: FORMAT,
        identity: identity.clone(),
        position,
    };
    let header = serde_json::to_string(&header).map_err(backend)?;
    let metadata = HashMap::from([(HEADER.to_owned(), header)]);
    let tensors = tensors
        .iter()
        .map(|(name, tensor)| (name, OnDevice::new(tensor)));
    let path = NamedTempFile::new_in(scratch)?.into_temp_path();
    safetensors::serialize_to_file(tensors, Some(metadata), &path).map_err(
        |error| match error {
            SafeTensorError::IoError(error) => TrainingError::Scratch(error),
            error => backend(error),
        },
    )?;
    Ok(Column::copied(scratch, File::open(&path)?)?)
}

/// A tensor that is brought to the host when it is written.
struct OnDevice<'t> {
    tensor: &'t Tensor,
    shape: Vec<usize>,
}

impl<'t> OnDevice<'t> {
    fn new(tensor: &'t Tensor) -> Self {
        let shape = tensor.size().iter().map(|&side| side as usize).collect();
        Self { tensor, shape }
    }
}

impl View for OnDevice<'_> {
    fn dtype(&self) -> Dtype {
        match self.tensor.kind() {
            Kind::Int => Dtype::I32,
            _ => Dtype::F32,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        host::bytes(self.tensor).into()
    }

    fn data_len(&self) -> usize {
        self.tensor.numel() * self.tensor.kind().elt_size_in_bytes()
    }
}

/// Puts a point's values into `tensors` and says where it stood.
///
/// # Errors
/// [`TrainingError::ResumeMismatch`] when it belongs to another training or is damaged.
pub(crate) fn restore(
    bytes: &[u8],
    identity: &Identity,
    tensors: &[(String, Tensor)],
) -> Result<Position, TrainingError> {
    let header = read_header(bytes)?;
    if header.format != FORMAT {
        return Err(mismatch("format", header.format, FORMAT));
    }
    header.identity.require(identity)?;

    let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
    for (name, tensor) in tensors {
        let saved = file.tensor(name).map_err(damaged)?;
        let shape: Vec<i64> = saved.shape().iter().map(|&side| side as i64).collect();
        if shape != tensor.size() {
            return Err(mismatch(
                name,
                format!("{shape:?}"),
                format!("{:?}", tensor.size()),
            ));
        }
        let values = Tensor::from_data_size(saved.data(), &shape, tensor.kind());
        weights::overwrite(tensor, &values);
    }
    Ok(header.position)
}

fn read_header(bytes: &[u8]) -> Result<Header, TrainingError> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let json = metadata
        .metadata()
        .as_ref()
        .and_then(|map| map.get(HEADER))
        .ok_or_else(|| damaged("it has no header of ours"))?;
    serde_json::from_str(json).map_err(damaged)
}

impl Identity {
    fn require(&self, here: &Self) -> Result<(), TrainingError> {
        let fields = [
            ("recipe", self.recipe.clone(), here.recipe.clone()),
            ("seed", self.seed.to_string(), here.seed.to_string()),
            (
                "number of examples",
                self.examples.to_string(),
                here.examples.to_string(),
            ),
            (
                "thread count",
                self.threads.to_string(),
                here.threads.to_string(),
            ),
            ("device", self.device.clone(), here.device.clone()),
            ("libtorch version", self.torch.clone(), here.torch.clone()),
            (
                "Unearth version",
                self.unearth.clone(),
                here.unearth.clone(),
            ),
        ];
        match fields.into_iter().find(|(_, saved, here)| saved != here) {
            None => Ok(()),
            Some((field, saved, here)) => Err(mismatch(field, saved, here)),
        }
    }
}

fn mismatch(
    field: &str,
    saved: impl std::fmt::Display,
    here: impl std::fmt::Display,
) -> TrainingError {
    TrainingError::ResumeMismatch(format!("its {field} is {saved}, here it is {here}"))
}

fn damaged(problem: impl std::fmt::Display) -> TrainingError {
    TrainingError::ResumeMismatch(format!("it is damaged ({problem})"))
}

fn backend(error: impl std::fmt::Display) -> TrainingError {
    TrainingError::Backend(format!("a resume point could not be written: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    const POSITION: Position = Position {
        epoch: 3,
        batch: 7,
        sweeps: 1,
        evaluations: 0,
    };

    fn identity() -> Identity {
        Identity {
            recipe: "abc".into(),
            seed: 5,
            examples: 10,
            threads: 2,
            device: "cpu".into(),
            torch: "2.11.0".into(),
            unearth: "0.1.0".into(),
        }
    }

    fn tensors(value: f64) -> Vec<(String, Tensor)> {
        let full = |kind| Tensor::full([2, 3], value, (kind, Device::Cpu));
        vec![
            ("a".into(), full(Kind::Float)),
            ("b".into(), full(Kind::Int)),
        ]
    }

    #[test]
    fn values_and_position_come_back() {
        let bytes = save(&identity(), POSITION, &tensors(4.0), &std::env::temp_dir()).unwrap();
        let target = tensors(0.0);
        assert_eq!(restore(&bytes, &identity(), &target).unwrap(), POSITION);
        for ((_, restored), (_, saved)) in target.iter().zip(tensors(4.0)) {
            assert_eq!(*restored, saved);
        }
    }

    #[test]
    fn another_training_s_point_is_refused_by_field() {
        let bytes = save(&identity(), POSITION, &tensors(4.0), &std::env::temp_dir()).unwrap();
        let refusal = |change: fn(&mut Identity)| {
            let mut here = identity();
            change(&mut here);
            restore(&bytes, &here, &tensors(0.0))
                .unwrap_err()
                .to_string()
        };
        assert!(refusal(|i| i.recipe = "def".into()).contains("recipe"));
        assert!(refusal(|i| i.seed = 6).contains("seed is 5, here it is 6"));
        assert!(refusal(|i| i.examples = 11).contains("number of examples"));
        assert!(refusal(|i| i.threads = 1).contains("thread count is 2, here it is 1"));
        assert!(refusal(|i| i.device = "cuda".into()).contains("device"));
        assert!(refusal(|i| i.torch = "2.12.0".into()).contains("libtorch"));
    }

    #[test]
    fn damage_is_noticed() {
        let bytes = save(&identity(), POSITION, &tensors(4.0), &std::env::temp_dir()).unwrap();
        for damaged in [&bytes[..bytes.len() - 1], &bytes[..20], b""] {
            let error = restore(damaged, &identity(), &tensors(0.0)).unwrap_err();
            assert!(matches!(error, TrainingError::ResumeMismatch(_)));
        }
        let mut more = tensors(0.0);
        more.push(("c".into(), Tensor::from(1.0f32)));
        assert!(restore(&bytes, &identity(), &more).is_err());
    }
}
