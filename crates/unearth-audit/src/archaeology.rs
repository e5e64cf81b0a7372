//! Metadata archaeology (MAP-D, arXiv 2209.10015): kinds of examples, told apart by which probes of
//! known kind they are learned like.

use crate::{DatasetFacts, FieldError, Recipe};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A suite of probes: examples whose kind is known by construction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Suite {
    /// Examples of the dataset that a pilot, or their user, finds easiest in their class.
    Typical,
    /// Examples of the dataset that a pilot finds hardest in their class among those it predicts as
    /// labelled, or that their user finds hardest.
    Atypical,
    /// True images under a label redrawn uniformly among the other classes.
    RandomOutputs,
    /// Images with Gaussian noise of σ 0.1 of the pixel range under their given label.
    Corrupted,
    /// Uniform random pixels under random labels.
    RandomInputsOutputs,
    /// Sketches of images, their outlines alone, under their given label.
    OutOfDistribution,
}

impl Suite {
    /// Every suite.
    pub const ALL: [Self; 6] = [
        Self::Typical,
        Self::Atypical,
        Self::RandomOutputs,
        Self::Corrupted,
        Self::RandomInputsOutputs,
        Self::OutOfDistribution,
    ];

    /// Those that are built unless others are asked for.
    pub const DEFAULT: [Self; 4] = [
        Self::Typical,
        Self::Atypical,
        Self::RandomOutputs,
        Self::Corrupted,
    ];

    /// The word used in JSON, SQL and on the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Typical => "typical",
            Self::Atypical => "atypical",
            Self::RandomOutputs => "random_outputs",
            Self::Corrupted => "corrupted",
            Self::RandomInputsOutputs => "random_inputs_outputs",
            Self::OutOfDistribution => "out_of_distribution",
        }
    }

    /// The suite with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.as_str() == name)
    }

    /// Whether its probes are made, and trained on as extra rows; the others are examples of the dataset.
    pub fn is_synthesised(self) -> bool {
        !matches!(self, Self::Typical | Self::Atypical)
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ArchaeologyVariant {
    /// In-flight losses, class-balanced suites, one augmentation regime for probes and data.
    #[default]
    Unearth,
    /// As published: losses of an eval pass after every epoch, typical and atypical chosen over all
    /// classes at once, probes frozen after their first augmentation.
    Authors,
}

/// The synthesised probes that a training learns beside its examples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Probes {
    /// Which, in the order of their rows.
    pub suites: Vec<Suite>,
    /// Probes of each.
    pub suite_size: u32,
    /// Whether the augmentation of their first epoch is kept for all.
    pub frozen: bool,
}

/// Examples of a kind that a user knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CustomSuite {
    /// Its name, such as `rare camera`.
    pub name: String,
    /// Indices of its examples, ascending.
    pub examples: Vec<u32>,
}

/// An archaeology with every default resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Archaeology {
    /// Whose procedure.
    pub variant: ArchaeologyVariant,
    /// Neighbours that vote.
    pub neighbours: u32,
    /// Probes of each suite; half fit the vote, half are held out to measure it.
    pub suite_size: u32,
    /// The suites.
    pub suites: Vec<Suite>,
    /// Suites of the user's own.
    pub custom: Vec<CustomSuite>,
    /// Epochs of the pilot that ranks typical and atypical; none where neither suite is built, or the
    /// dataset's column `difficulty` ranks them.
    pub pilot_epochs: Option<u32>,
}

/// What a request may say of an archaeology. Unknown fields are refused.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ArchaeologyRequest {
    /// `unearth` (the default) or `authors`.
    pub variant: ArchaeologyVariant,
    /// Neighbours that vote; by default 20, or as many as the smallest suite has voters.
    pub neighbours: Option<u32>,
    /// Probes of each suite; by default 3 % of the trained examples, at least 20, at most 500.
    pub suite_size: Option<u32>,
    /// Which suites; typical, atypical, random outputs and corrupted by default.
    pub suites: Option<Vec<Suite>>,
    /// Suites of your own: the keys of examples that are known to be of one kind.
    pub custom: Vec<CustomSuiteRequest>,
    /// Epochs of the pilot; a quarter of the recipe's by default, at least 3. Where the dataset has a column
    /// `difficulty`, that ranks typical and atypical instead, unless this is given.
    pub pilot_epochs: Option<u32>,
}

/// A suite of the user's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CustomSuiteRequest {
    /// Its name, such as `rare camera`.
    pub name: String,
    /// Keys of its examples.
    pub keys: Vec<String>,
}

/// Probes of a suite below which it says too little.
pub const SUITE_MIN: u32 = 20;
const SUITE_MAX: u32 = 500;
pub(crate) const SUITE_LIMIT: u32 = 100_000;
const NEIGHBOURS: u32 = 20;
const CUSTOM_SUITES_MAX: usize = 16;

impl ArchaeologyRequest {
    /// Fills in every default and checks every value; `custom` are the user's suites with their keys
    /// found.
    ///
    /// # Errors
    /// All that is wrong, each with its field and the allowed range.
    pub fn resolve(
        &self,
        facts: &DatasetFacts,
        recipe: &Recipe,
        custom: Vec<CustomSuite>,
    ) -> Result<Archaeology, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut check = |field: &str, ok: bool, detail: String| {
            if !ok {
                errors.push(FieldError::new(format!("archaeology.{field}"), detail));
            }
        };
        let trained = facts
            .trained_examples(recipe.split.as_deref())
            .unwrap_or(0)
            .min(u32::MAX as usize) as u32;

        let mut suites = self.suites.clone().unwrap_or(Suite::DEFAULT.to_vec());
        suites.sort_by_key(|suite| Suite::ALL.iter().position(|known| known == suite));
        suites.dedup();
        check(
            "suites",
            suites.len() + custom.len() >= 2,
            "a vote needs at least two suites".into(),
        );

        let suite_size = self
            .suite_size
            .unwrap_or_else(|| default_suite_size(trained));
        check_size(suite_size, trained, &mut check);
        let neighbours = self.neighbours.unwrap_or(default_neighbours(suite_size));
        let voters = suites.len() as u32 * (suite_size / 2);
        check_neighbours(neighbours, voters, &mut check);

        check_custom(&custom, &mut check);

        let needs_ranking = suites.iter().any(|suite| !suite.is_synthesised());
        let has_pilot = needs_ranking && (!facts.has_difficulty || self.pilot_epochs.is_some());
        let pilot_epochs = self
            .pilot_epochs
            .unwrap_or_else(|| (recipe.epochs / 4).max(3).min(recipe.epochs));
        check(
            "pilot_epochs",
            (1..=recipe.epochs).contains(&pilot_epochs),
            format!("must be 1 to the recipe's {} epochs", recipe.epochs),
        );

        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Archaeology {
            variant: self.variant,
            neighbours,
            suite_size,
            suites,
            custom,
            pilot_epochs: has_pilot.then_some(pilot_epochs),
        })
    }
}

pub(crate) fn check_size(
    suite_size: u32,
    trained: u32,
    check: &mut impl FnMut(&str, bool, String),
) {
    // Typical and atypical are drawn from the trained examples, and no suite should be most of them.
    let largest = (trained / 5).min(SUITE_LIMIT);
    check(
        "suite_size",
        (SUITE_MIN..=largest.max(SUITE_MIN)).contains(&suite_size) && largest >= SUITE_MIN,
        format!(
            "must be {SUITE_MIN} to a fifth of the {trained} trained examples, and is {suite_size}: there would be too few probes to tell kinds apart, or too few examples"
        ),
    );
}

/// With more of them than a suite has voters, no vote for it could be unanimous.
pub(crate) fn default_neighbours(smallest_suite: u32) -> u32 {
    NEIGHBOURS.min(smallest_suite / 2).max(1)
}

pub(crate) fn check_neighbours(
    neighbours: u32,
    voters: u32,
    check: &mut impl FnMut(&str, bool, String),
) {
    check(
        "neighbours",
        neighbours >= 1 && neighbours <= voters.max(1),
        format!("must be 1 to {voters}, the number of probes that vote"),
    );
}

pub(crate) fn check_custom(custom: &[CustomSuite], check: &mut impl FnMut(&str, bool, String)) {
    check(
        "custom",
        custom.len() <= CUSTOM_SUITES_MAX,
        format!("at most {CUSTOM_SUITES_MAX} suites"),
    );
    for (at, suite) in custom.iter().enumerate() {
        let taken = Suite::from_name(&suite.name).is_some()
            || custom[..at].iter().any(|other| other.name == suite.name);
        check(
            &format!("custom[{at}].name"),
            !suite.name.trim().is_empty() && suite.name.len() <= 64 && !taken,
            format!("`{}` is empty, longer than 64 bytes, or taken", suite.name),
        );
        check(
            &format!("custom[{at}].keys"),
            suite.examples.len() >= SUITE_MIN as usize,
            format!(
                "`{}` has {} examples, and fewer than {SUITE_MIN} say too little",
                suite.name,
                suite.examples.len()
            ),
        );
    }
}

/// Probes of each suite unless another number is asked for. Two synthesised suites of at most 3 % each: what is
/// added stays well below a tenth of the data.
pub fn default_suite_size(trained: u32) -> u32 {
    (trained * 3 / 100).clamp(SUITE_MIN, SUITE_MAX)
}

impl Archaeology {
    /// Adds the probes to what the main run trains, and the records that the vote needs.
    pub fn add_to(&self, recipe: &mut Recipe) {
        let synthesised = self.suites.iter().copied();
        let suites: Vec<Suite> = synthesised.filter(|suite| suite.is_synthesised()).collect();
        let authors = self.variant == ArchaeologyVariant::Authors;
        recipe.evaluates_every_epoch = authors;
        recipe.probes = (!suites.is_empty()).then_some(Probes {
            suites,
            suite_size: self.suite_size,
            frozen: authors,
        });
    }

    /// Names of the categories, in the order in which votes are counted: the suites, then the user's.
    pub fn categories(&self) -> Vec<String> {
        let suites = self.suites.iter().map(Suite::to_string);
        suites
            .chain(self.custom.iter().map(|suite| suite.name.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecipeRequest;

    fn facts(examples: usize) -> DatasetFacts {
        DatasetFacts {
            examples,
            classes: 10,
            height: 8,
            width: 8,
            channels: 1,
            ..DatasetFacts::default()
        }
    }

    fn resolved(
        request: &ArchaeologyRequest,
        examples: usize,
    ) -> Result<Archaeology, Vec<FieldError>> {
        let recipe = RecipeRequest::default().resolve(&facts(examples)).unwrap();
        request.resolve(&facts(examples), &recipe, vec![])
    }

    #[test]
    fn the_default_suites_add_less_than_a_tenth() {
        for examples in [400, 1_797, 10_000, 60_000, 1_000_000] {
            let archaeology = resolved(&ArchaeologyRequest::default(), examples).unwrap();
            let made = archaeology.suites.iter().filter(|it| it.is_synthesised());
            let added = made.count() * archaeology.suite_size as usize;
            assert!(added * 10 <= examples, "{examples}: {added}");
        }
    }

    #[test]
    fn too_few_examples_are_said() {
        let errors = resolved(&ArchaeologyRequest::default(), 60).unwrap_err();
        assert_eq!(errors[0].field, "archaeology.suite_size");
        assert!(errors[0].detail.contains("too few"), "{}", errors[0].detail);
    }

    #[test]
    fn the_authors_variant_asks_for_eval_passes_and_frozen_probes() {
        let request = ArchaeologyRequest {
            variant: ArchaeologyVariant::Authors,
            ..ArchaeologyRequest::default()
        };
        let mut recipe = RecipeRequest::default().resolve(&facts(1_000)).unwrap();
        let before = recipe.hash();
        resolved(&request, 1_000).unwrap().add_to(&mut recipe);
        assert!(recipe.evaluates_every_epoch);
        assert!(recipe.probes.as_ref().unwrap().frozen);
        assert_ne!(recipe.hash(), before);
    }

    #[test]
    fn a_column_of_difficulties_takes_the_pilots_place_unless_one_is_asked_for() {
        let facts = DatasetFacts {
            has_difficulty: true,
            ..facts(1_000)
        };
        let recipe = RecipeRequest::default().resolve(&facts).unwrap();
        let pilot = |pilot_epochs| {
            let request = ArchaeologyRequest {
                pilot_epochs,
                ..ArchaeologyRequest::default()
            };
            let archaeology = request.resolve(&facts, &recipe, vec![]).unwrap();
            archaeology.pilot_epochs
        };
        assert_eq!(pilot(None), None);
        assert_eq!(pilot(Some(3)), Some(3));
    }

    #[test]
    fn a_suite_is_found_by_its_name() {
        for suite in Suite::ALL {
            assert_eq!(Suite::from_name(suite.as_str()), Some(suite));
            assert_eq!(serde_json::to_value(suite).unwrap(), suite.as_str());
        }
    }
}
