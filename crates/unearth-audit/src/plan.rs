//! Which runs an audit needs.

use crate::{Archaeology, Level, Member, Pie, Recipe, Signal};
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
    /// A model of a population: only what it predicts is kept.
    Member,
}

impl Role {
    const ALL: [Self; 4] = [Self::Main, Self::Pilot, Self::Seed, Self::Member];

    /// The word used in SQL, JSON and on the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Pilot => "pilot",
            Self::Seed => "seed",
            Self::Member => "member",
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
    /// Its place among the populations, where it is a model of one.
    pub member: Option<Member>,
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
    /// The populations, where they were asked for.
    pub pie: Option<&'a Pie>,
}

/// The runs of an audit. VoG and the records of loss come from one and the same run; nothing in a run
/// depends on another, so that they may be trained in any order and at once.
///
/// The main run is the first unpruned model too, unless it trains on probes, which the others do not.
/// Models of the same number come one after the other, so that there are pairs to compare early.
pub fn plan(wanted: &Wanted<'_>) -> Vec<PlannedRun> {
    let keeps_maps = wanted.signals.contains(&Signal::Vog);
    let first_unpruned = Member {
        level: Level::Unpruned,
        number: 0,
    };
    let main_is_member = wanted.recipe.probes.is_none() && wanted.pie.is_some();
    let main = Planned {
        role: Role::Main,
        recipe: wanted.recipe.clone(),
        keeps_maps,
        member: main_is_member.then_some(first_unpruned),
    };
    let pilot = wanted
        .archaeology
        .and_then(|archaeology| archaeology.pilot_epochs)
        .map(|epochs| Planned {
            role: Role::Pilot,
            recipe: pilot(wanted.recipe, epochs),
            keeps_maps: false,
            member: None,
        });
    let seeds = (1..wanted.seeds).map(|_| Planned {
        role: Role::Seed,
        member: None,
        ..main.clone()
    });
    let members = wanted.pie.into_iter().flat_map(|pie| {
        let members = members(pie).filter(|member| !main_is_member || *member != first_unpruned);
        members.map(|member| Planned {
            role: Role::Member,
            recipe: of_member(wanted.recipe, pie, member),
            keeps_maps: false,
            member: Some(member),
        })
    });
    let runs = [main.clone()].into_iter().chain(pilot).chain(seeds);
    (0..)
        .zip(runs.chain(members))
        .map(|(ordinal, planned)| PlannedRun {
            ordinal,
            role: planned.role,
            recipe: planned.recipe,
            seed: seed_of(wanted.seed, ordinal),
            keeps_maps: planned.keeps_maps,
            member: planned.member,
        })
        .collect()
}

/// A run without its place and seed.
#[derive(Clone)]
struct Planned {
    role: Role,
    recipe: Recipe,
    keeps_maps: bool,
    member: Option<Member>,
}

/// Every trained model of the populations, number by number.
fn members(pie: &Pie) -> impl Iterator<Item = Member> {
    let levels = pie.trained();
    (0..pie.population).flat_map(move |number| {
        let levels = levels.clone().into_iter();
        levels.map(move |level| Member { level, number })
    })
}

/// The recipe without probes and gradients, pruned as its population is.
fn of_member(recipe: &Recipe, pie: &Pie, member: Member) -> Recipe {
    Recipe {
        checkpoints: vec![],
        probes: None,
        evaluates_every_epoch: false,
        pruning: pie.pruning(member.level),
        ..recipe.clone()
    }
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
    use crate::{ArchaeologyRequest, DatasetFacts, PieRequest, RecipeRequest};

    fn planned(seeds: u32, with_archaeology: bool) -> Vec<PlannedRun> {
        planned_with(seeds, with_archaeology, None)
    }

    fn planned_with(seeds: u32, with_archaeology: bool, pie: Option<&Pie>) -> Vec<PlannedRun> {
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
            pie,
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
    fn a_population_has_as_many_models_at_each_level_and_pairs_come_early() {
        let pie = PieRequest::default()
            .resolve(&DatasetFacts::default())
            .unwrap();
        let runs = planned_with(1, false, Some(&pie));
        assert_eq!(runs.len(), 20);
        let names: Vec<String> = runs[..5]
            .iter()
            .map(|run| {
                let member = run.member.unwrap();
                format!("{} {}", member.level, member.number)
            })
            .collect();
        assert_eq!(
            names,
            ["unpruned 0", "0.5 0", "0.9 0", "null 0", "unpruned 1"]
        );
        assert_eq!(runs[0].role, Role::Main);
        assert!(runs[1..].iter().all(|run| run.role == Role::Member));
        assert!(runs[1].recipe.pruning.is_some() && runs[4].recipe.pruning.is_none());
        assert!(
            runs[1..]
                .iter()
                .all(|run| run.recipe.checkpoints.is_empty())
        );
        let mut seeds: Vec<u64> = runs.iter().map(|run| run.seed).collect();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), 20);
    }

    #[test]
    fn a_main_run_with_probes_is_no_model_of_a_population() {
        let pie = PieRequest::default()
            .resolve(&DatasetFacts::default())
            .unwrap();
        let runs = planned_with(2, true, Some(&pie));
        assert_eq!(runs.len(), 3 + 20);
        assert!(runs[..3].iter().all(|run| run.member.is_none()));
        assert!(runs[3..].iter().all(|run| run.recipe.probes.is_none()));
    }

    #[test]
    fn a_role_is_found_by_its_word() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
    }
}
