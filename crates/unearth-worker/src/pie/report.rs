//! The figures of a comparison, and what may not be read into them.

use super::comparison::{Models, Part};
use crate::data::Data;
use unearth_audit::{
    Exemplars, Level, LevelReport, Member, Pie, PieTable, Population, Recall, RecallRow, Recalls,
    Spread, Tested, Top1,
};
use unearth_signals::significance::{NoTest, TTest, holm, paired, welch};
use unearth_store::exemplars::Exemplar;

/// Models in a population below which its modal classes hang on one or two of them.
const FEW_MODELS: usize = 5;

/// The unpruned population.
pub(super) fn unpruned(part: &Part) -> LevelReport {
    of_models(Level::Unpruned, &part.unpruned, part)
}

/// A population that is compared with the unpruned one.
pub(super) fn level(level: Level, population: Population, part: &Part, data: &Data) -> LevelReport {
    LevelReport {
        exemplars: exemplars(part),
        recalls: recalls(level, population, part, data),
        ..of_models(level, &part.own, part)
    }
}

fn of_models(level: Level, models: &Models, part: &Part) -> LevelReport {
    let voted = part.compared.len();
    LevelReport {
        level,
        models: models.numbers.len() as u32,
        top1: top1(&top1s(models, part)),
        agreement: (voted > 0).then(|| models.agreement / voted as f64),
        ties: models.ties,
        layers: vec![],
        exemplars: None,
        recalls: vec![],
    }
}

/// Accuracy of each model.
fn top1s(models: &Models, part: &Part) -> Vec<f64> {
    let examples = part.examples as f64;
    models
        .correct()
        .map(|right| right as f64 / examples)
        .collect()
}

fn top1(of_models: &[f64]) -> Option<Top1> {
    let Spread { mean, min, max } = Spread::of(of_models)?;
    let squares: f64 = of_models.iter().map(|it| (it - mean).powi(2)).sum();
    let others = of_models.len() - 1;
    Some(Top1 {
        mean,
        deviation: (others > 0).then(|| (squares / others as f64).sqrt()),
        min,
        max,
    })
}

fn exemplars(part: &Part) -> Option<Exemplars> {
    if part.compared.is_empty() {
        return None;
    }
    let disagreed = || {
        let all = part.compared.iter().map(Exemplar::from);
        all.filter(|it| it.unpruned_class != it.own_class)
    };
    let count = disagreed().count() as u64;
    // Mean accuracy of a population's models on exemplars, and elsewhere.
    let accuracies = |models: &Models| {
        let of_models = models.numbers.len() as f64;
        let share = |right: u64, examples: u64| {
            (examples > 0).then(|| right as f64 / (examples as f64 * of_models))
        };
        let elsewhere = models.correct().sum::<u64>() - models.correct_on_exemplars;
        (
            share(models.correct_on_exemplars, count),
            share(elsewhere, part.examples - count),
        )
    };
    let (unpruned_top1, unpruned_top1_elsewhere) = accuracies(&part.unpruned);
    let (own_top1, own_top1_elsewhere) = accuracies(&part.own);
    Some(Exemplars {
        count,
        share: count as f64 / part.examples as f64,
        on_a_tie: disagreed().filter(|it| it.tied).count() as u64,
        excess: None,
        unpruned_top1,
        own_top1,
        unpruned_top1_elsewhere,
        own_top1_elsewhere,
    })
}

/// Fills in by how much each population disagrees more than two unpruned ones do.
pub(super) fn set_excess(table: &mut PieTable) {
    let null = table
        .levels
        .iter()
        .find(|it| it.level == Level::Null)
        .and_then(|it| it.exemplars)
        .map(|it| it.share);
    let Some(null) = null else { return };
    let compared = table.levels.iter_mut().filter(|it| it.level != Level::Null);
    for exemplars in compared.filter_map(|it| it.exemplars.as_mut()) {
        exemplars.excess = Some(exemplars.share - null);
    }
}

fn recalls(level: Level, population: Population, part: &Part, data: &Data) -> Vec<Recalls> {
    let classes = Strata {
        of: Recall::Class,
        names: &data.class_names,
        examples: &part.of_class,
        unpruned: &part.unpruned.correct_of_class,
        own: &part.own.correct_of_class,
    };
    let groups = Strata {
        of: Recall::Group,
        names: &data.groups.names,
        examples: &part.of_group,
        unpruned: &part.unpruned.correct_of_group,
        own: &part.own.correct_of_group,
    };
    let strata = [Some(classes), data.has_groups().then_some(groups)];
    let reported = strata.into_iter().flatten();
    reported
        .map(|strata| strata.recalls(level, population, part))
        .collect()
}

/// Classes, or groups.
struct Strata<'a> {
    of: Recall,
    names: &'a [String],
    /// Examples of each.
    examples: &'a [u64],
    /// `[model][stratum]`: right predictions of the unpruned models.
    unpruned: &'a [Vec<u64>],
    /// The same of the population's.
    own: &'a [Vec<u64>],
}

impl Strata<'_> {
    fn recalls(&self, level: Level, population: Population, part: &Part) -> Recalls {
        let pairs = level
            .shares_trainings()
            .then(|| pairs(&part.unpruned.numbers, &part.own.numbers));
        let means = (
            mean(&top1s(&part.unpruned, part)).unwrap_or_default(),
            mean(&top1s(&part.own, part)).unwrap_or_default(),
        );
        let strata = (0..self.examples.len()).filter(|&at| self.examples[at] > 0);
        let tests: Vec<(RecallRow, Tests)> = strata
            .filter_map(|at| self.row(at, means, pairs.as_deref()))
            .collect();
        let rows = corrected(tests);
        let examples = match population {
            Population::Trained => "trained",
            Population::HeldOut => "held-out",
        };
        let of = match self.of {
            Recall::Class => "classes",
            Recall::Group => "groups",
        };
        Recalls {
            of: self.of,
            family: format!(
                "the {} {of} of the {examples} examples, {level} against unpruned",
                rows.len()
            ),
            rows,
        }
    }

    /// One class or group, with its tests; none where a population has no models.
    fn row(
        &self,
        at: usize,
        means: (f64, f64),
        pairs: Option<&[(usize, usize)]>,
    ) -> Option<(RecallRow, Tests)> {
        let examples = self.examples[at];
        let recalls = |correct: &[Vec<u64>]| -> Vec<f64> {
            let of_models = correct.iter();
            of_models
                .map(|of_strata| of_strata[at] as f64 / examples as f64)
                .collect()
        };
        let (unpruned, own) = (recalls(self.unpruned), recalls(self.own));
        let normalised = |recalls: &[f64], mean: f64| -> Vec<f64> {
            recalls.iter().map(|recall| recall - mean).collect()
        };
        let normalised_unpruned = normalised(&unpruned, means.0);
        let normalised_own = normalised(&own, means.1);
        let tests = Tests {
            welch: welch(&normalised_own, &normalised_unpruned),
            paired: pairs.map(|pairs| {
                let side = |of: &[f64], which: fn(&(usize, usize)) -> usize| -> Vec<f64> {
                    pairs.iter().map(|pair| of[which(pair)]).collect()
                };
                paired(
                    &side(&normalised_own, |pair| pair.1),
                    &side(&normalised_unpruned, |pair| pair.0),
                )
            }),
        };
        let (unpruned, own) = (mean(&unpruned)?, mean(&own)?);
        let row = RecallRow {
            name: self.names.get(at).cloned().unwrap_or_default(),
            examples,
            unpruned,
            own,
            normalised_change: (own - means.1) - (unpruned - means.0),
            welch: tested(&tests.welch, None),
            paired: None,
        };
        Some((row, tests))
    }
}

/// Positions of the models that share a training.
fn pairs(unpruned: &[u32], own: &[u32]) -> Vec<(usize, usize)> {
    let partner = |number: &u32| own.iter().position(|other| other == number);
    (0..unpruned.len())
        .filter_map(|at| Some((at, partner(&unpruned[at])?)))
        .collect()
}

struct Tests {
    welch: Result<TTest, NoTest>,
    paired: Option<Result<TTest, NoTest>>,
}

/// The rows with their tests, each kind corrected over all rows.
fn corrected(tests: Vec<(RecallRow, Tests)>) -> Vec<RecallRow> {
    let p = |test: &Result<TTest, NoTest>| test.as_ref().ok().map(|test| test.p);
    let of_welch: Vec<Option<f64>> = tests.iter().map(|(_, it)| p(&it.welch)).collect();
    let of_paired: Vec<Option<f64>> = tests
        .iter()
        .map(|(_, it)| it.paired.as_ref().and_then(p))
        .collect();
    let corrected = holm(&of_welch).into_iter().zip(holm(&of_paired));
    let rows = tests.into_iter().zip(corrected);
    rows.map(|((row, tests), (welch, paired))| RecallRow {
        welch: tested(&tests.welch, welch),
        paired: tests.paired.map(|test| tested(&test, paired)),
        ..row
    })
    .collect()
}

fn tested(test: &Result<TTest, NoTest>, p_holm: Option<f64>) -> Tested {
    let found = test.as_ref().ok();
    Tested {
        t: found.map(|test| test.t),
        df: found.map(|test| test.df),
        p: found.map(|test| test.p),
        p_holm,
        reason: test.as_ref().err().map(ToString::to_string),
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The models that a finished audit lacks, population by population.
pub(super) fn missing(pie: &Pie, members: &[Member]) -> Vec<String> {
    let of_level = |level: &Level| {
        let there = members
            .iter()
            .filter(|member| member.level == *level)
            .count();
        let lacks = pie.population as usize - there;
        (lacks > 0).then(|| {
            format!(
                "{lacks} of the {} models of the population {level} are missing: their trainings failed for good",
                pie.population
            )
        })
    };
    pie.trained().iter().filter_map(of_level).collect()
}

/// What cannot be claimed.
pub(super) fn notes(pie: &Pie, members: &[Member], missing: &[String]) -> Vec<String> {
    let mut notes = missing.to_vec();
    let populations = pie.trained().into_iter().map(|level| {
        let of_level = members.iter().filter(|member| member.level == level);
        of_level.count()
    });
    let smallest = populations.min().unwrap_or_default();
    if smallest < 2 {
        notes.push(
            "one model a population: an example is an exemplar where two models differ, and nothing can be tested"
                .to_owned(),
        );
    } else if smallest < FEW_MODELS {
        notes.push(format!(
            "{smallest} models a population: modal classes hang on single models, and tests find only large changes; the authors trained 30"
        ));
    }
    if !pie.null {
        notes.push(
            "without a second unpruned population it is not known how many of these examples two populations disagree on by chance, so nothing is said to be owed to compression"
                .to_owned(),
        );
    }
    if !pie.quantise.is_empty() {
        notes.push(
            "quantised models share their trainings with the unpruned ones: read the paired test; Welch's takes them for independent, and two independent populations differ more than these can"
                .to_owned(),
        );
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use unearth_audit::{DatasetFacts, PieRequest};

    #[test]
    fn what_cannot_be_claimed_is_said() {
        let request = PieRequest {
            population: Some(3),
            population_min: Some(2),
            sparsities: Some(vec![0.5]),
            ..PieRequest::default()
        };
        let pie = request.resolve(&DatasetFacts::default()).unwrap();
        let half = Level::Pruned("0.5".parse().unwrap());
        let members: Vec<Member> = [
            (Level::Unpruned, 0),
            (Level::Unpruned, 1),
            (Level::Unpruned, 2),
            (half, 0),
            (half, 2),
        ]
        .map(|(level, number)| Member { level, number })
        .to_vec();
        let missing = missing(&pie, &members);
        assert_eq!(
            missing,
            [
                "1 of the 3 models of the population 0.5 are missing: their trainings failed for good"
            ]
        );
        let notes = notes(&pie, &members, &missing);
        assert_eq!(notes.len(), 3);
        assert!(notes[1].starts_with("2 models a population"), "{notes:?}");
        assert!(notes[2].contains("by chance"), "{notes:?}");
    }

    #[test]
    fn partners_are_found_by_their_number() {
        assert_eq!(pairs(&[0, 1, 3], &[0, 3, 4]), [(0, 0), (2, 1)]);
    }

    #[test]
    fn each_test_is_corrected_over_all_rows_that_were_tested() {
        let row = |name: &str| RecallRow {
            name: name.into(),
            examples: 1,
            unpruned: 0.5,
            own: 0.5,
            normalised_change: 0.0,
            welch: tested(&Err(NoTest::NoSpread), None),
            paired: None,
        };
        let test = |p| TTest { t: 1.0, df: 3.0, p };
        let tests = vec![
            (
                row("a"),
                Tests {
                    welch: Ok(test(0.01)),
                    paired: None,
                },
            ),
            (
                row("b"),
                Tests {
                    welch: Err(NoTest::NoSpread),
                    paired: None,
                },
            ),
            (
                row("c"),
                Tests {
                    welch: Ok(test(0.04)),
                    paired: None,
                },
            ),
        ];
        let rows = corrected(tests);
        let p_holm: Vec<Option<f64>> = rows.iter().map(|row| row.welch.p_holm).collect();
        assert_eq!(p_holm, [Some(0.02), None, Some(0.04)]);
        assert!(rows[1].welch.reason.as_ref().unwrap().contains("chance"));
    }
}
