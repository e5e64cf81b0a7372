//! Populations as people ask for them, and with every default resolved.

use super::{Level, Quantisation, Sparsity};
use crate::{DatasetFacts, FieldError, Pruning};
use serde::{Deserialize, Serialize};

/// What a request may say of populations. Unknown fields are refused.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PieRequest {
    /// Sparsities to prune to, a population each; 0.5 and 0.9 by default.
    pub sparsities: Option<Vec<f64>>,
    /// Models in each population; 5 by default. The authors trained 30.
    pub population: Option<u32>,
    /// How the unpruned models are rounded after training, a population each, without training again; none
    /// by default.
    pub quantise: Vec<Quantisation>,
    /// Whether a second unpruned population is trained, which says how far two populations differ by
    /// chance; from 5 models a population by default.
    pub null: Option<bool>,
    /// Fewest models of each population with which the audit may finish where trainings fail for good; by
    /// default all of them, so that the audit fails.
    pub population_min: Option<u32>,
    /// Share of the training after which pruning begins; 0.15 by default.
    pub begin: Option<f64>,
    /// Share of the training at which the sparsity is reached; 0.25 by default.
    pub end: Option<f64>,
    /// Share of the training between two choices of what is pruned; 0.015 by default.
    pub frequency: Option<f64>,
}

/// Populations with every default resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pie {
    /// Sparsities pruned to, ascending.
    pub sparsities: Vec<Sparsity>,
    /// Models in each population.
    pub population: u32,
    /// How the unpruned models are rounded.
    pub quantise: Vec<Quantisation>,
    /// Whether there is a second unpruned population.
    pub null: bool,
    /// Fewest models of each population with which the audit may finish.
    pub population_min: u32,
    /// Share of the training after which pruning begins.
    pub begin: f64,
    /// Share of the training at which the sparsity is reached.
    pub end: f64,
    /// Share of the training between two choices of what is pruned.
    pub frequency: f64,
}

/// A model's place among the populations of its audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    /// Its population.
    pub level: Level,
    /// Which model of it, from 0.
    pub number: u32,
}

/// What a stored prediction can hold.
const CLASSES_MAX: usize = 1 << 16;
const POPULATION: u32 = 5;
const POPULATION_MAX: u32 = 100;
const SPARSITIES_MAX: usize = 16;
/// From how many models a population on, a second unpruned one is trained unless it is declined.
const NULL_FROM: u32 = 5;

impl PieRequest {
    /// Fills in every default and checks every value.
    ///
    /// # Errors
    /// All that is wrong, each with its field and the allowed range.
    pub fn resolve(&self, facts: &DatasetFacts) -> Result<Pie, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut check = |field: &str, ok: bool, detail: String| {
            if !ok {
                errors.push(FieldError::new(format!("pie.{field}"), detail));
            }
        };
        check(
            "population",
            facts.classes <= CLASSES_MAX,
            format!(
                "populations are compared over at most {CLASSES_MAX} classes, and the dataset has {}",
                facts.classes
            ),
        );
        let asked = self.sparsities.clone().unwrap_or(vec![0.5, 0.9]);
        let mut sparsities: Vec<Sparsity> = Vec::new();
        for (at, &share) in asked.iter().enumerate() {
            let sparsity = Sparsity::of(share);
            check(
                &format!("sparsities[{at}]"),
                sparsity.is_some(),
                format!("must be above 0 and below 1, with at most three decimals; {share} is not"),
            );
            sparsities.extend(sparsity);
        }
        sparsities.sort_unstable();
        sparsities.dedup();
        check(
            "sparsities",
            sparsities.len() <= SPARSITIES_MAX,
            format!("at most {SPARSITIES_MAX} sparsities"),
        );
        check(
            "sparsities",
            !(asked.is_empty() && self.quantise.is_empty()),
            "without a sparsity and without `quantise` there is nothing to compare".into(),
        );
        let mut quantise = Quantisation::ALL.to_vec();
        quantise.retain(|quantisation| self.quantise.contains(quantisation));

        let population = self.population.unwrap_or(POPULATION);
        check(
            "population",
            (1..=POPULATION_MAX).contains(&population),
            format!("must be 1 to {POPULATION_MAX} models"),
        );
        let population_min = self.population_min.unwrap_or(population);
        check(
            "population_min",
            (1..=population.max(1)).contains(&population_min),
            format!("must be 1 to the {population} models of a population"),
        );

        let begin = self.begin.unwrap_or(0.15);
        let end = self.end.unwrap_or(0.25);
        let frequency = self.frequency.unwrap_or(0.015);
        check(
            "begin",
            (0.0..1.0).contains(&begin),
            "must be from 0 to below 1, a share of the training".into(),
        );
        check(
            "end",
            end > begin && end <= 1.0,
            format!(
                "must lie above `begin`, which is {begin}, and at most at 1, a share of the training"
            ),
        );
        check(
            "frequency",
            frequency > 0.0 && frequency <= 1.0,
            "must lie above 0 and at most at 1, a share of the training".into(),
        );
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Pie {
            sparsities,
            population,
            quantise,
            null: self.null.unwrap_or(population >= NULL_FROM),
            population_min,
            begin,
            end,
            frequency,
        })
    }
}

impl Pie {
    /// The populations that are trained, in the order in which a model of each is.
    pub fn trained(&self) -> Vec<Level> {
        let pruned = self.sparsities.iter().copied().map(Level::Pruned);
        let null = self.null.then_some(Level::Null);
        [Level::Unpruned]
            .into_iter()
            .chain(pruned)
            .chain(null)
            .collect()
    }

    /// The populations that are compared with the unpruned one: the null first, then the pruned and the
    /// quantised ones.
    pub fn compared(&self) -> Vec<Level> {
        let null = self.null.then_some(Level::Null);
        let pruned = self.sparsities.iter().copied().map(Level::Pruned);
        let quantised = self.quantise.iter().copied().map(Level::Quantised);
        null.into_iter().chain(pruned).chain(quantised).collect()
    }

    /// How models of a population are pruned; none where they are not.
    pub fn pruning(&self, level: Level) -> Option<Pruning> {
        let Level::Pruned(sparsity) = level else {
            return None;
        };
        Some(Pruning {
            sparsity,
            begin: self.begin,
            end: self.end,
            frequency: self.frequency,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(request: &PieRequest) -> Vec<String> {
        let pie = request.resolve(&DatasetFacts::default()).unwrap();
        pie.compared().iter().map(Level::to_string).collect()
    }

    #[test]
    fn a_null_population_is_trained_from_five_models_up_and_can_be_declined() {
        let of = |population, null| {
            levels(&PieRequest {
                population,
                null,
                quantise: vec![Quantisation::Fp16, Quantisation::Int8],
                ..PieRequest::default()
            })
        };
        assert_eq!(of(None, None), ["null", "0.5", "0.9", "int8", "fp16"]);
        assert_eq!(of(Some(4), None), ["0.5", "0.9", "int8", "fp16"]);
        assert_eq!(of(Some(4), Some(true))[0], "null");
        assert_eq!(of(None, Some(false))[0], "0.5");
    }

    #[test]
    fn every_problem_names_its_field() {
        let request = PieRequest {
            sparsities: Some(vec![0.5, 1.0]),
            population: Some(0),
            population_min: Some(3),
            begin: Some(0.5),
            end: Some(0.4),
            frequency: Some(0.0),
            ..PieRequest::default()
        };
        let errors = request.resolve(&DatasetFacts::default()).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "pie.sparsities[1]",
                "pie.population",
                "pie.population_min",
                "pie.end",
                "pie.frequency"
            ]
        );
        let nothing = PieRequest {
            sparsities: Some(vec![]),
            ..PieRequest::default()
        };
        assert_eq!(
            nothing.resolve(&DatasetFacts::default()).unwrap_err()[0].field,
            "pie.sparsities"
        );
    }
}
