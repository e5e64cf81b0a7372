//! What an audit will cost, before it starts and while it runs.

use crate::{
    Archaeology, DatasetFacts, ExternalRun, Model, ModelPace, Pie, Precision, Recipe, RunShape,
    chunk_count,
};
use serde::{Deserialize, Serialize};

/// Cost of an audit, as foreseen before it began.
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

/// Where a figure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Basis {
    /// Reckoned from recipe and dataset before anything ran.
    Foreseen,
    /// Measured: the past, or the past and the remaining time at the measured speed.
    Measured,
}

/// What an audit says of its cost while it runs and when it is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spent {
    /// It did not begin, or ended without a result.
    Nothing,
    /// It runs.
    SoFar {
        /// Since its first start.
        seconds: f64,
        /// Until its end, at the speed measured so far.
        seconds_left: Option<f64>,
    },
    /// It succeeded.
    InAll {
        /// From its first start to its end.
        seconds: f64,
        /// What it takes in the database, where that was measured.
        database_bytes: Option<u64>,
    },
}

/// Cost of an audit by all that is known of it now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefinedEstimate {
    /// Seconds from its first start to its end.
    pub seconds: f64,
    /// Where they come from.
    pub seconds_basis: Basis,
    /// Bytes that snapshots, records and scores take in the database.
    pub database_bytes: u64,
    /// Where they come from.
    pub database_bytes_basis: Basis,
    /// Bytes of the one resume point kept in the blob store until the end; always foreseen.
    pub blob_bytes: u64,
}

impl Estimate {
    /// The same for so many seeds, trained one after the other.
    #[must_use]
    pub fn times(self, seeds: u32) -> Self {
        Self {
            seconds: self.seconds * f64::from(seeds),
            database_bytes: self.database_bytes * u64::from(seeds),
            blob_bytes: self.blob_bytes,
        }
    }

    /// With the models of populations beside it: each a training without gradients whose predictions alone
    /// are kept.
    #[must_use]
    pub fn with_populations(
        self,
        pie: &Pie,
        recipe: &Recipe,
        facts: &DatasetFacts,
        paces: &[ModelPace],
    ) -> Self {
        let plain = Recipe {
            checkpoints: vec![],
            probes: None,
            ..recipe.clone()
        };
        let one = STARTING_SECONDS + computing_seconds(&plain, None, facts, paces);
        let compared = pie.compared().len() * facts.examples;
        let trained = pie.trained().len() * pie.population as usize;
        let populations = pie.compared().len() + 1;
        let kept = facts.examples
            * (populations * pie.population as usize * PREDICTION_BYTES
                + pie.compared().len() * EXEMPLAR_BYTES);
        Self {
            seconds: self.seconds + one * trained as f64 + compared as f64 / SCORE_ROWS_PER_SECOND,
            database_bytes: self.database_bytes + kept as u64,
            blob_bytes: self.blob_bytes,
        }
    }

    /// Replaces what was foreseen by what was measured.
    pub fn refined(&self, spent: Spent) -> RefinedEstimate {
        let foreseen = RefinedEstimate {
            seconds: self.seconds,
            seconds_basis: Basis::Foreseen,
            database_bytes: self.database_bytes,
            database_bytes_basis: Basis::Foreseen,
            blob_bytes: self.blob_bytes,
        };
        match spent {
            Spent::Nothing => foreseen,
            Spent::SoFar {
                seconds,
                seconds_left: Some(left),
            } => RefinedEstimate {
                seconds: seconds + left,
                seconds_basis: Basis::Measured,
                ..foreseen
            },
            // Whatever was foreseen, it will not take less than it took already.
            Spent::SoFar {
                seconds,
                seconds_left: None,
            } => RefinedEstimate {
                seconds: self.seconds.max(seconds),
                ..foreseen
            },
            Spent::InAll {
                seconds,
                database_bytes,
            } => RefinedEstimate {
                seconds,
                seconds_basis: Basis::Measured,
                database_bytes: database_bytes.unwrap_or(self.database_bytes),
                database_bytes_basis: database_bytes.map_or(Basis::Foreseen, |_| Basis::Measured),
                ..foreseen
            },
        }
    }
}

/// Estimates an audit of a dataset before it began.
///
/// Seconds go by the paces that workers have measured of the recipe's model, the slowest where they differ.
/// Without one they assume 20 GFLOP/s, a small desktop processor. A running audit replaces them by what
/// it measures.
pub fn estimate(
    recipe: &Recipe,
    archaeology: Option<&Archaeology>,
    facts: &DatasetFacts,
    paces: &[ModelPace],
) -> Estimate {
    let examples = facts.examples;
    let probes = probes(recipe);
    let recorded =
        recipe.epochs + recipe.evaluated_epochs().count() as u32 + pilot_epochs(archaeology);
    let values = f64::from(recipe.height) * f64::from(recipe.width) * facts.channels as f64;
    Estimate {
        seconds: STARTING_SECONDS
            + computing_seconds(recipe, archaeology, facts, paces)
            + scoring_seconds(&recipe.shape(), examples),
        database_bytes: (held(&recipe.shape(), recorded as usize, examples + probes)
            + scores(examples)) as u64,
        blob_bytes: (parameters(recipe.model, values) * 8.0) as u64
            + (examples * RECORD_BYTES) as u64,
    }
}

/// Epochs, sweeps and eval passes of one training.
fn computing_seconds(
    recipe: &Recipe,
    archaeology: Option<&Archaeology>,
    facts: &DatasetFacts,
    paces: &[ModelPace],
) -> f64 {
    let examples = facts.examples;
    let trained = facts
        .trained_examples(recipe.split.as_deref())
        .unwrap_or(examples);
    let forward = forward_flops(recipe.model, recipe.height, recipe.width, facts.channels);
    // Backward costs twice the forward pass; the sweep skips the weight gradients.
    let rows = (trained + probes(recipe)) as f64 * f64::from(recipe.epochs)
        + trained as f64 * f64::from(pilot_epochs(archaeology));
    let training = 3.0 * forward * rows;
    let sweeps = 2.0 * forward * examples as f64 * recipe.checkpoints.len() as f64;
    let computed = recipe
        .evaluated_epochs()
        .filter(|&epoch| !recipe.is_evaluated_by_sweep(epoch));
    let evaluation = forward * (examples * computed.count()) as f64;

    let speed = Speed::of(recipe.model, recipe.precision, paces);
    // An eval pass is in f32 whatever the training is.
    let sweep_speed = Speed::of(recipe.model, recipe.sweep_precision, paces);
    let evaluation_speed = Speed::of(recipe.model, Precision::F32, paces);
    training / speed.training + sweeps / sweep_speed.sweep + evaluation / evaluation_speed.sweep
}

/// Rows of probes in an epoch.
fn probes(recipe: &Recipe) -> usize {
    let probes = recipe.probes.as_ref();
    probes.map_or(0, |probes| probes.suites.len() * probes.suite_size as usize)
}

fn pilot_epochs(archaeology: Option<&Archaeology>) -> u32 {
    archaeology
        .and_then(|asked| asked.pilot_epochs)
        .unwrap_or(0)
}

/// Estimates an external audit before anything was posted: what is posted is kept twice while it is put
/// in order, and nothing is computed but the scores.
pub fn estimate_external(run: &ExternalRun, facts: &DatasetFacts) -> Estimate {
    let examples = facts.examples;
    Estimate {
        seconds: STARTING_SECONDS + scoring_seconds(&run.shape(), examples),
        database_bytes: (2 * held(&run.shape(), run.epochs as usize + 1, examples)
            + scores(examples)) as u64,
        blob_bytes: 0,
    }
}

/// Bringing the dataset to the device, and the first and last words to the database.
const STARTING_SECONDS: f64 = 0.2;

/// Score rows that are computed and stored in a second (`bench/growth.py`).
const SCORE_ROWS_PER_SECOND: f64 = 1.5e5;

/// Score rows computed and stored, and maps read and scored, as two cores did with Postgres beside them: a scoring
/// took 112 µs an example with maps of 128 bytes and 111 with maps of 2 KiB.
fn scoring_seconds(run: &RunShape, examples: usize) -> f64 {
    const MAP_BYTES_PER_SECOND: f64 = 7e8;
    let maps = run.checkpoints.len() * examples * run.map_bytes();
    (examples * SCORE_SETS) as f64 / SCORE_ROWS_PER_SECOND + maps as f64 / MAP_BYTES_PER_SECOND
}

/// Floating-point operations in a second, as [`forward_flops`] counts them.
#[derive(Debug, Clone, Copy)]
struct Speed {
    training: f64,
    sweep: f64,
}

impl Speed {
    const UNKNOWN: Self = Self {
        training: 2e10,
        sweep: 2e10,
    };

    /// The slowest of a model; in another precision where none is known in this one.
    fn of(model: Model, precision: Precision, paces: &[ModelPace]) -> Self {
        let of_model = || paces.iter().filter(|pace| pace.model == model);
        let exact: Vec<&ModelPace> = of_model().filter(|it| it.precision == precision).collect();
        let known = if exact.is_empty() {
            of_model().collect()
        } else {
            exact
        };
        let speeds = known.into_iter().map(Self::measured);
        let slower = |a: Self, b: Self| Self {
            training: a.training.min(b.training),
            sweep: a.sweep.min(b.sweep),
        };
        speeds.reduce(slower).unwrap_or(Self::UNKNOWN)
    }

    fn measured(pace: &ModelPace) -> Self {
        let forward = forward_flops(pace.model, pace.side, pace.side, ModelPace::CHANNELS);
        Self {
            training: 3.0 * forward * pace.trained_per_second,
            sweep: 2.0 * forward * pace.swept_per_second,
        }
    }
}

const RECORD_BYTES: usize = 6 * 4;
const PREDICTION_BYTES: usize = 2;
/// A score with its indexes, and what two populations make of the example.
const EXEMPLAR_BYTES: usize = SCORE_ROW_BYTES + 100;
/// Measured for the score table with its indexes, and the twelve bytes of its columns.
const SCORE_ROW_BYTES: usize = 172;
const SCORE_SETS: usize = 16;

/// Bytes of maps and of the records of so many passes.
fn held(run: &RunShape, passes: usize, examples: usize) -> usize {
    const ROW_BYTES: usize = 64;
    let maps = run.checkpoints.len() * examples * (run.map_bytes() + 4);
    let rows = chunk_count(examples) * (run.checkpoints.len() + passes) * ROW_BYTES;
    maps + maps / 20 + passes * examples * RECORD_BYTES + rows
}

fn scores(examples: usize) -> usize {
    examples * SCORE_ROW_BYTES * SCORE_SETS
}

/// Floating-point operations of one example's forward pass, to a factor of two.
fn forward_flops(model: Model, height: u32, width: u32, channels: usize) -> f64 {
    let pixels = f64::from(height) * f64::from(width);
    match model {
        Model::CnnS => {
            let channels = channels as f64;
            2.0 * 9.0 * pixels * (channels * 32.0 + 32.0 * 64.0 / 4.0 + 64.0 * 128.0 / 16.0)
        }
        Model::Mlp => 2.0 * parameters(model, pixels * channels as f64),
        // Published multiply-adds at 32×32 (the 50-layer one at 224×224), scaled by area.
        Model::ResNet9 => 2.0 * 3.1e8 * pixels / 1_024.0,
        Model::ResNet18 => 2.0 * 5.6e8 * pixels / 1_024.0,
        Model::ResNet50 => 2.0 * 4.1e9 * pixels / 50_176.0,
    }
}

/// Number of weights.
fn parameters(model: Model, values_of_input: f64) -> f64 {
    match model {
        Model::CnnS => 9.5e4,
        Model::Mlp => values_of_input * 512.0 + 512.0 * 512.0,
        Model::ResNet9 => 6.6e6,
        Model::ResNet18 => 1.12e7,
        Model::ResNet50 => 2.4e7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecipeRequest;

    const FORESEEN: Estimate = Estimate {
        seconds: 100.0,
        database_bytes: 7_000,
        blob_bytes: 50,
    };

    #[test]
    fn what_was_measured_replaces_what_was_foreseen() {
        let queued = FORESEEN.refined(Spent::Nothing);
        assert_eq!(
            (queued.seconds, queued.seconds_basis),
            (100.0, Basis::Foreseen)
        );
        let running = |seconds, seconds_left| {
            let spent = Spent::SoFar {
                seconds,
                seconds_left,
            };
            let refined = FORESEEN.refined(spent);
            (refined.seconds, refined.seconds_basis)
        };
        assert_eq!(running(3.0, None), (100.0, Basis::Foreseen));
        assert_eq!(running(300.0, None), (300.0, Basis::Foreseen));
        assert_eq!(running(3.0, Some(9.0)), (12.0, Basis::Measured));
    }

    #[test]
    fn the_end_says_what_it_took_as_far_as_that_is_known() {
        let done = |database_bytes| {
            FORESEEN.refined(Spent::InAll {
                seconds: 12.5,
                database_bytes,
            })
        };
        let (unknown, known) = (done(None), done(Some(6_000)));
        assert_eq!(
            (unknown.seconds, unknown.seconds_basis),
            (12.5, Basis::Measured)
        );
        assert_eq!(
            (unknown.database_bytes, unknown.database_bytes_basis),
            (7_000, Basis::Foreseen)
        );
        assert_eq!(
            (known.database_bytes, known.database_bytes_basis),
            (6_000, Basis::Measured)
        );
    }

    #[test]
    fn what_workers_measured_of_the_model_replaces_what_was_assumed() {
        let facts = DatasetFacts {
            examples: 100_000,
            classes: 10,
            height: 32,
            width: 32,
            channels: 3,
            ..DatasetFacts::default()
        };
        let request = RecipeRequest {
            model: Some(Model::CnnS),
            epochs: Some(10),
            checkpoints: Some(crate::Checkpoints::Count(2)),
            ..RecipeRequest::default()
        };
        let recipe = request.resolve(&facts).unwrap();
        let pace = |trained_per_second| ModelPace {
            model: Model::CnnS,
            precision: Precision::F32,
            side: 32,
            trained_per_second,
            swept_per_second: 2_000.0,
        };
        let seconds = |paces: &[ModelPace]| estimate(&recipe, None, &facts, paces).seconds;
        let rest = STARTING_SECONDS + scoring_seconds(&recipe.shape(), facts.examples);
        // Ten epochs at 1,000 a second, two sweeps at 2,000; the last stands for the eval pass.
        let expected = 1_000.0 + 100.0 + rest;
        assert!((seconds(&[pace(1_000.0)]) - expected).abs() < 1e-6);
        // The slowest worker may be the one that takes it.
        let slower = seconds(&[pace(5_000.0), pace(1_000.0)]);
        assert!((slower - expected).abs() < 1e-6);
        let of_another = ModelPace {
            model: Model::Mlp,
            ..pace(1_000.0)
        };
        assert!((seconds(&[of_another]) - seconds(&[])).abs() < 1e-6);
    }

    #[test]
    fn fashion_mnist_needs_about_half_a_gigabyte() {
        let facts = DatasetFacts {
            examples: 60_000,
            classes: 10,
            height: 28,
            width: 28,
            channels: 1,
            ..DatasetFacts::default()
        };
        let request = RecipeRequest {
            epochs: Some(3),
            checkpoints: Some(crate::Checkpoints::Count(3)),
            ..RecipeRequest::default()
        };
        let bytes = estimate(&request.resolve(&facts).unwrap(), None, &facts, &[]).database_bytes;
        assert!((420_000_000..520_000_000).contains(&bytes), "{bytes}");
    }
}
