//! What an audit will cost, before it starts and while it runs.

use crate::{DatasetFacts, Model, Recipe, chunk_count};
use serde::{Deserialize, Serialize};

/// Cost of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Estimate {
    /// Seconds of computing.
    pub seconds: f64,
    /// Bytes that snapshots, records and scores take in the database.
    pub database_bytes: u64,
    /// Bytes of the one resume point kept in the blob store.
    pub blob_bytes: u64,
}

/// Estimates an audit of a dataset before anything was measured.
///
/// Seconds assume 20 GFLOP/s, a small desktop processor; a running audit replaces them by what it
/// measures.
pub fn estimate(recipe: &Recipe, facts: &DatasetFacts) -> Estimate {
    const FLOPS_PER_SECOND: f64 = 2e10;
    const RECORD_BYTES: usize = 6 * 4;
    // Measured for the score table with its two indexes.
    const SCORE_ROW_BYTES: usize = 160;
    const SCORE_SETS: usize = 16;

    let examples = facts.examples;
    let trained = facts
        .trained_examples(recipe.split.as_deref())
        .unwrap_or(examples);
    let forward = forward_flops(recipe, facts);
    // Backward costs twice the forward pass; the sweep skips the weight gradients.
    let training = 3.0 * forward * trained as f64 * f64::from(recipe.epochs);
    let sweeps = 2.0 * forward * examples as f64 * recipe.checkpoints.len() as f64;
    let evaluation = forward * examples as f64;

    let maps = recipe.checkpoints.len() * examples * (recipe.map_bytes() + 4);
    let records = (recipe.epochs as usize + 1) * examples * RECORD_BYTES;
    let rows = chunk_count(examples) * (recipe.checkpoints.len() + recipe.epochs as usize + 1) * 64;
    let scores = examples * SCORE_ROW_BYTES * SCORE_SETS;
    Estimate {
        seconds: 2.0 + (training + sweeps + evaluation) / FLOPS_PER_SECOND,
        database_bytes: (maps + maps / 20 + records + rows + scores) as u64,
        blob_bytes: (parameters(recipe, facts) * 8.0) as u64 + (examples * RECORD_BYTES) as u64,
    }
}

/// Floating-point operations of one example's forward pass, to a factor of two.
fn forward_flops(recipe: &Recipe, facts: &DatasetFacts) -> f64 {
    let pixels = f64::from(recipe.height) * f64::from(recipe.width);
    let channels = facts.channels as f64;
    match recipe.model {
        Model::CnnS => {
            2.0 * 9.0 * pixels * (channels * 32.0 + 32.0 * 64.0 / 4.0 + 64.0 * 128.0 / 16.0)
        }
        Model::Mlp => 2.0 * parameters(recipe, facts),
        // Published multiply-adds at 32×32 (the 50-layer one at 224×224), scaled by area.
        Model::ResNet9 => 2.0 * 3.1e8 * pixels / 1_024.0,
        Model::ResNet18 => 2.0 * 5.6e8 * pixels / 1_024.0,
        Model::ResNet50 => 2.0 * 4.1e9 * pixels / 50_176.0,
    }
}

/// Number of weights.
fn parameters(recipe: &Recipe, facts: &DatasetFacts) -> f64 {
    let pixels = f64::from(recipe.height) * f64::from(recipe.width) * facts.channels as f64;
    match recipe.model {
        Model::CnnS => 9.5e4,
        Model::Mlp => pixels * 512.0 + 512.0 * 512.0,
        Model::ResNet9 => 6.6e6,
        Model::ResNet18 => 1.12e7,
        Model::ResNet50 => 2.4e7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecipeRequest;

    #[test]
    fn fashion_mnist_needs_about_half_a_gigabyte() {
        let facts = DatasetFacts {
            examples: 60_000,
            classes: 10,
            height: 28,
            width: 28,
            channels: 1,
            splits: vec![],
        };
        let request = RecipeRequest {
            epochs: Some(3),
            checkpoints: Some(crate::Checkpoints::Count(3)),
            ..RecipeRequest::default()
        };
        let bytes = estimate(&request.resolve(&facts).unwrap(), &facts).database_bytes;
        assert!((420_000_000..520_000_000).contains(&bytes), "{bytes}");
    }
}
