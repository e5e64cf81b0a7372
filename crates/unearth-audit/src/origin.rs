//! Where an audit's records and gradient maps come from.

use crate::{ExternalRun, LogitSource, Recipe};
use serde::{Deserialize, Serialize};

/// What made the records and maps of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Origin {
    /// A training of ours.
    Trained(Recipe),
    /// A training of the user's own.
    External(ExternalRun),
}

/// What scoring must know of a run, whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunShape {
    /// Whether it was posted.
    pub is_external: bool,
    /// Epochs with a record.
    pub epochs: u32,
    /// Which logits the records of the epochs come from.
    pub trajectory: LogitSource,
    /// Epochs (counted from 1) or steps with gradient maps, ascending.
    pub checkpoints: Vec<u32>,
    /// Height of the maps, in pixels.
    pub map_height: u32,
    /// Width of the maps, in pixels.
    pub map_width: u32,
    /// The split that was trained on; everything where there is none.
    pub split: Option<String>,
}

impl RunShape {
    /// Whether there may be records of these logits: every training of ours ends in an eval pass.
    pub fn records(&self, source: LogitSource) -> bool {
        source == self.trajectory || !self.is_external
    }

    /// Bytes of one example's stored map: f16 pixels, without its scale.
    pub fn map_bytes(&self) -> usize {
        self.map_height as usize * self.map_width as usize * 2
    }
}

impl Recipe {
    /// What scoring must know of its run.
    pub fn shape(&self) -> RunShape {
        RunShape {
            is_external: false,
            epochs: self.epochs,
            trajectory: LogitSource::InFlight,
            checkpoints: self.checkpoints.clone(),
            map_height: self.map_height,
            map_width: self.map_width,
            split: self.split.clone(),
        }
    }
}

impl Origin {
    /// What scoring must know of the run.
    pub fn shape(&self) -> RunShape {
        match self {
            Self::Trained(recipe) => recipe.shape(),
            Self::External(run) => run.shape(),
        }
    }

    /// The recipe of a training of ours.
    pub fn recipe(&self) -> Option<&Recipe> {
        match self {
            Self::Trained(recipe) => Some(recipe),
            Self::External(_) => None,
        }
    }

    /// What is posted of a training of the user's own.
    pub fn external(&self) -> Option<&ExternalRun> {
        match self {
            Self::Trained(_) => None,
            Self::External(run) => Some(run),
        }
    }
}

/// BLAKE3 of the JSON of a struct of numbers, strings and enums, in hex. Field order is fixed by the
/// struct and numbers print shortest-round-trip, so the JSON is canonical.
pub(crate) fn hash_of(plain: &impl Serialize) -> String {
    let json = serde_json::to_vec(plain).expect("plain data always serialises");
    blake3::hash(&json).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DatasetFacts, ExternalRequest, RecipeRequest};

    #[test]
    fn both_kinds_are_read_as_what_they_are() {
        let facts = DatasetFacts {
            examples: 100,
            classes: 2,
            height: 8,
            width: 8,
            channels: 1,
            ..DatasetFacts::default()
        };
        let trained = Origin::Trained(RecipeRequest::default().resolve(&facts).unwrap());
        let request = ExternalRequest {
            checkpoints: vec![1, 2],
            map_height: Some(3),
            map_width: Some(5),
            ..ExternalRequest::default()
        };
        let external = Origin::External(request.resolve(&[]).unwrap());
        assert_eq!(external.shape().map_bytes(), 30);
        for origin in [trained, external] {
            let json = serde_json::to_string(&origin).unwrap();
            assert_eq!(serde_json::from_str::<Origin>(&json).unwrap(), origin);
        }
    }
}
