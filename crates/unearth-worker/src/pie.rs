//! What compressed models forget: every population of an audit beside its unpruned one.
//!
//! The way: each model of a population is a run of its own, of which what it predicts is kept; whenever every
//! population has one model more, a report over those that all have is made; when all runs are over, each
//! population is compared with the unpruned one over all models, and the examples are ranked by how far the
//! two disagree.

mod comparison;
mod report;

use crate::{Worker, WorkerError, data::Data, score::Source};
use comparison::Comparison;
use std::collections::HashMap;
use unearth_audit::{
    Computation, Grouping, LayerSparsity, Level, Member, Pie, PieReport, PieTable, Population,
    ScoreKey, Signal,
};
use unearth_columns::Column;
use unearth_signals::score::Score;
use unearth_store::{
    exemplars::{self, Exemplar},
    predictions,
    runs::{self, ClaimedRun},
};

/// Zeros of the weight tensors of each population.
type Layers = HashMap<Level, Vec<LayerSparsity>>;

/// Compares all populations of an audit whose runs are over, ranks the examples by each comparison and stores
/// the report. `run` is the one that is held. Returns what a reader of the audit must know of it.
pub(crate) async fn run(
    worker: &Worker,
    run: &ClaimedRun,
    data: &Data,
    pie: &Pie,
) -> Result<Vec<String>, WorkerError> {
    let members = predictions::members(&worker.db, run.audit_id).await?;
    let mut tables = Tables::default();
    for level in pie.compared() {
        let comparison =
            Comparison::of(worker, run.audit_id, data, &members, level, pie.population).await?;
        rank(worker, run, data, level, &comparison).await?;
        tables.add(level, &comparison, data);
    }
    let layers = layers(worker, run, pie.population).await?;
    let missing = report::missing(pie, &members);
    let report = PieReport {
        is_complete: true,
        notes: report::notes(pie, &members, &missing),
        ..tables.finish(&layers)
    };
    let now = (worker.now)();
    exemplars::store_report(&worker.db, run, &report, pie.population, now).await?;
    Ok(missing)
}

/// Stores the report over the models that every population has, where this run gave the last one of their
/// next number.
pub(crate) async fn so_far(
    worker: &Worker,
    run: &ClaimedRun,
    data: &Data,
) -> Result<(), WorkerError> {
    let (Some(pie), Some(_)) = (&run.pie, run.member) else {
        return Ok(());
    };
    let members = predictions::members(&worker.db, run.audit_id).await?;
    let models = of_every_population(pie, &members);
    if models <= exemplars::reported_models(&worker.db, run.audit_id).await? {
        return Ok(());
    }
    let mut tables = Tables::default();
    for level in pie.compared() {
        let comparison =
            Comparison::of(worker, run.audit_id, data, &members, level, models).await?;
        tables.add(level, &comparison, data);
    }
    let in_it: Vec<Member> = members
        .into_iter()
        .filter(|member| member.number < models)
        .collect();
    let report = PieReport {
        notes: report::notes(pie, &in_it, &[]),
        ..tables.finish(&layers(worker, run, models).await?)
    };
    exemplars::store_report(&worker.db, run, &report, models, (worker.now)()).await?;
    Ok(())
}

/// Of which number up every population has all models.
fn of_every_population(pie: &Pie, members: &[Member]) -> u32 {
    let is_there = |level, number| members.contains(&Member { level, number });
    (0..pie.population)
        .take_while(|&number| pie.trained().into_iter().all(|it| is_there(it, number)))
        .count() as u32
}

/// Ranks the examples by how far a population disagrees with the unpruned one.
async fn rank(
    worker: &Worker,
    run: &ClaimedRun,
    data: &Data,
    level: Level,
    comparison: &Comparison,
) -> Result<(), WorkerError> {
    let source = Source::new(worker, run.id, &run.shape, data);
    for (population, part) in comparison.parts() {
        let key = ScoreKey {
            computation: Computation::Level(level),
            population,
            grouping: Grouping::Global,
        };
        let mut distances = Column::filled(&worker.scratch, data.pack.len(), Score::NONE)?;
        for compared in &part.compared {
            distances[compared.index as usize] = compared.distance.into();
        }
        let no_models = "its population has no model";
        let scored = source
            .ranked_by(Signal::Pie, &key, distances, no_models)
            .await?;
        let now = (worker.now)();
        let exemplars = part.compared.iter().map(Exemplar::from);
        exemplars::store(&worker.db, run, &scored, exemplars, now).await?;
    }
    Ok(())
}

/// Tables in the making.
#[derive(Default)]
struct Tables {
    trained: Option<PieTable>,
    held_out: Option<PieTable>,
}

impl Tables {
    /// Adds a population; the unpruned one comes with the first.
    fn add(&mut self, level: Level, comparison: &Comparison, data: &Data) {
        for (population, part) in comparison.parts() {
            let table = match population {
                Population::Trained => &mut self.trained,
                Population::HeldOut => &mut self.held_out,
            };
            let table = table.get_or_insert_with(|| PieTable {
                examples: part.examples,
                levels: vec![report::unpruned(part)],
            });
            table
                .levels
                .push(report::level(level, population, part, data));
        }
    }

    /// The report, with what pruning reached and what is in excess of chance.
    fn finish(self, layers: &Layers) -> PieReport {
        let finished = |mut table: PieTable| {
            report::set_excess(&mut table);
            for level in &mut table.levels {
                level.layers = layers.get(&level.level).cloned().unwrap_or_default();
            }
            table
        };
        PieReport {
            is_complete: false,
            trained: self.trained.map_or(
                PieTable {
                    examples: 0,
                    levels: vec![],
                },
                finished,
            ),
            held_out: self.held_out.map(finished),
            notes: vec![],
        }
    }
}

/// What pruning reached in the first `models` of each population.
async fn layers(worker: &Worker, run: &ClaimedRun, models: u32) -> Result<Layers, WorkerError> {
    let mut layers = Layers::new();
    for result in runs::results(&worker.db, run.audit_id).await? {
        let Some(member) = result.member.filter(|member| member.number < models) else {
            continue;
        };
        let sums = layers.entry(member.level).or_default();
        for layer in result.outcome.layers {
            match sums.iter_mut().find(|sum| sum.name == layer.name) {
                Some(sum) => {
                    sum.weights += layer.weights;
                    sum.zeros += layer.zeros;
                }
                None => sums.push(layer),
            }
        }
    }
    Ok(layers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use unearth_audit::{DatasetFacts, PieRequest};

    #[test]
    fn a_number_counts_when_every_trained_population_has_it() {
        let request = PieRequest {
            sparsities: Some(vec![0.5]),
            ..PieRequest::default()
        };
        let pie = request.resolve(&DatasetFacts::default()).unwrap();
        let half = Level::Pruned("0.5".parse().unwrap());
        let member = |level, number| Member { level, number };
        let mut members: Vec<Member> = [Level::Unpruned, half, Level::Null]
            .into_iter()
            .flat_map(|level| [member(level, 0), member(level, 2)])
            .collect();
        members.push(member(Level::Unpruned, 1));
        assert_eq!(of_every_population(&pie, &members), 1);
        members.extend([member(half, 1), member(Level::Null, 1)]);
        assert_eq!(of_every_population(&pie, &members), 3);
        assert_eq!(of_every_population(&pie, &[]), 0);
    }
}
