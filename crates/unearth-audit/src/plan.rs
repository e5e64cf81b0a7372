//! Which runs an audit needs.

use crate::{Archaeology, Recipe, Signal};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    /// Its records and maps are what the audit's signals are computed from.
    #[default]
    Main,
    /// A short training of another seed that says which examples are typical and which atypical.
    Pilot,
    /// The main run's recipe under another seed: how much the signals owe to chance.
    Seed,
}

impl Role {
    const ALL: [Self; 3] = [Self::Main, Self::Pilot, Self::Seed];

    /// The word used in SQL, JSON and on the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Pilot => "pilot",
            Self::Seed => "seed",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == word);
        found.ok_or_else(|| format!("`{word}` is not a role of a run"))
    }
}

/// One training that an audit needs.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedRun {
    /// Position within the audit, from 0; the main run comes first.
    pub ordinal: u32,
    /// What it is for.
    pub role: Role,
    /// What to train.
    pub recipe: Recipe,
    /// Seed of this run.
    pub seed: u64,
    /// Whether its gradient maps are kept.
    pub keeps_maps: bool,
}

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Signals asked for.
    pub signals: &'a [Signal],
    /// What to train.
    pub recipe: &'a Recipe,
    /// Seed of the main run.
    pub seed: u64,
    /// How many seeds to train in all, at least one.
    pub seeds: u32,
    /// The archaeology, where it was asked for.
    pub archaeology: Option<&'a Archaeology>,
}

/// The runs of an audit. VoG and the records of loss come from one and the same run; nothing in a run
/// depends on another, so that they may be trained in any order and at once.
pub fn plan(wanted: &Wanted<'_>) -> Vec<PlannedRun> {
    let keeps_maps = wanted.signals.contains(&Signal::Vog);
    let main = (Role::Main, wanted.recipe.clone(), keeps_maps);
    let pilot = wanted
        .archaeology
        .and_then(|archaeology| archaeology.pilot_epochs)
        .map(|epochs| (Role::Pilot, pilot(wanted.recipe, epochs), false));
    let seeds = (1..wanted.seeds).map(|_| (Role::Seed, wanted.recipe.clone(), keeps_maps));
    (0..)
        .zip([main].into_iter().chain(pilot).chain(seeds))
        .map(|(ordinal, (role, recipe, keeps_maps))| PlannedRun {
            ordinal,
            role,
            recipe,
            seed: seed_of(wanted.seed, ordinal),
            keeps_maps,
        })
        .collect()
}

/// The same data and model for fewer epochs, without probes and gradients.
fn pilot(recipe: &Recipe, epochs: u32) -> Recipe {
    Recipe {
        epochs,
        checkpoints: vec![],
        probes: None,
        ..recipe.clone()
    }
}

/// Seeds of the runs of one audit: neighbouring audits' seeds do not meet. Stored as a signed number.
fn seed_of(seed: u64, ordinal: u32) -> u64 {
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    if ordinal == 0 {
        return seed;
    }
    seed.wrapping_add(GOLDEN.wrapping_mul(ordinal.into())) >> 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ArchaeologyRequest, DatasetFacts, RecipeRequest};

    fn planned(seeds: u32, with_archaeology: bool) -> Vec<PlannedRun> {
        let facts = DatasetFacts {
            examples: 1_000,
            classes: 10,
            height: 8,
            width: 8,
            channels: 1,
            ..DatasetFacts::default()
        };
        let mut recipe = RecipeRequest::default().resolve(&facts).unwrap();
        let archaeology = with_archaeology.then(|| {
            let request = ArchaeologyRequest::default();
            let archaeology = request.resolve(&facts, &recipe, vec![]).unwrap();
            archaeology.add_to(&mut recipe);
            archaeology
        });
        plan(&Wanted {
            signals: &[Signal::Vog],
            recipe: &recipe,
            seed: 7,
            seeds,
            archaeology: archaeology.as_ref(),
        })
    }

    #[test]
    fn one_run_unless_more_is_asked_for() {
        let runs = planned(1, false);
        assert_eq!(runs.len(), 1);
        assert_eq!((runs[0].role, runs[0].seed), (Role::Main, 7));
        assert!(runs[0].keeps_maps);
    }

    #[test]
    fn every_run_has_a_seed_of_its_own_and_the_pilot_neither_probes_nor_maps() {
        let runs = planned(3, true);
        let roles: Vec<Role> = runs.iter().map(|run| run.role).collect();
        assert_eq!(roles, [Role::Main, Role::Pilot, Role::Seed, Role::Seed]);
        for (at, run) in runs.iter().enumerate() {
            assert_eq!(run.ordinal as usize, at);
            assert!(runs[..at].iter().all(|other| other.seed != run.seed));
            assert!(i64::try_from(run.seed).is_ok());
        }
        let pilot = &runs[1];
        assert_eq!(pilot.recipe.probes, None);
        assert!(!pilot.keeps_maps && pilot.recipe.checkpoints.is_empty());
        assert!(pilot.recipe.epochs < runs[0].recipe.epochs);
        assert_eq!(runs[2].recipe, runs[0].recipe);
    }

    #[test]
    fn a_role_is_found_by_its_word() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
    }
}
