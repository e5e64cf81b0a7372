//! From what Postgres holds to ranked score sets: chunk by chunk into columns, and from these row by row.

mod columns;
mod learned;
mod rows;
mod statistics;
mod storing;

pub(crate) use columns::epoch;
pub(crate) use learned::{Learned, Reading};
pub(crate) use rows::RankedRows;

use crate::{Worker, WorkerError, data::Data, progress};
use serde_json::json;
use std::time::{Duration, Instant};
use storing::Storing;
use tokio::sync::{OnceCell, watch};
use unearth_audit::{
    Computation, Direction, Grouping, Phase, Population, Progress, Role, RunShape, ScoreKey,
    Scoring, Signal, Variant,
};
use unearth_columns::Column;
use unearth_signals::{
    dynamics::Suggestion,
    groups,
    ranking::{self, Place, Ranking},
    score::Score,
};
use unearth_store::{
    runs::ClaimedRun,
    score_sets::{self, Scored},
    seed_scores, suggestions,
};

/// What scores are computed from.
pub(crate) struct Source<'a> {
    pub(crate) worker: &'a Worker,
    /// The run whose maps and records are read.
    pub(crate) run: i64,
    pub(crate) shape: &'a RunShape,
    pub(crate) data: &'a Data,
    learned: OnceCell<Learned>,
    evaluated: OnceCell<Learned>,
}

/// The scores of every example of the dataset, in index order.
struct Scores {
    values: Column<Score>,
    /// Why an example may have none.
    null_reason: &'static str,
}

/// What a column of VoG depends on: the formula and the positions in the checkpoint list. Named windows may cover
/// the same: all four do when there are three.
type VogOf = (Variant, Vec<u32>);

/// Computes and stores every score set of a run.
pub(crate) async fn run(
    worker: &Worker,
    run: &ClaimedRun,
    data: &Data,
    progress: &watch::Sender<Option<Progress>>,
) -> Result<(), WorkerError> {
    let source = Source::new(worker, run.id, &run.shape, data);
    let wanted = wanted(run);
    let keys = |signal, scoring: &Option<Scoring>| keys(data, signal, scoring.as_ref());
    let total = wanted
        .iter()
        .map(|(signal, scoring)| keys(*signal, scoring).len())
        .sum();
    let began = Instant::now();
    let mut storing = Storing::new(|done| {
        progress.send_replace(Some(scoring_progress(run, done, total, began.elapsed())));
    });
    let scorings = wanted.iter().filter_map(|(_, scoring)| scoring.as_ref());
    let vogs = source.vogs(scorings).await?;
    for (signal, scoring) in wanted {
        let own;
        let column = if let Some(way) = &scoring {
            &vogs[&source.vog_of(way)]
        } else {
            own = storing.beside(source.column(signal, None)).await?;
            &own
        };
        for key in keys(signal, &scoring) {
            let scored = storing.beside(source.ranked(signal, &key, column)).await?;
            storing.begin(Box::pin(store(worker, run, scored))).await?;
        }
    }
    storing.all().await?;
    if run.role == Role::Main {
        let rows = source.suggestions().await?;
        suggestions::store(&worker.db, run, rows.filter_map(row_of_suggestion)).await?;
    }
    Ok(())
}

/// The score sets of one column: one per population, and where there are groups to compare, one per way
/// of comparing them. VoG is compared over all checkpoints alone.
fn keys(data: &Data, signal: Signal, scoring: Option<&Scoring>) -> Vec<ScoreKey> {
    let compares = data.has_groups()
        && Grouping::is_of(signal)
        && scoring.is_none_or(|scoring| *scoring == Scoring::DEFAULT);
    let adjusted = Grouping::ADJUSTED.into_iter().filter(|_| compares);
    let groupings: Vec<Grouping> = [Grouping::Global].into_iter().chain(adjusted).collect();
    let populations = Population::of(signal, data.trained.len(), data.pack.len());
    let each = |&population| {
        groupings.iter().map(move |&grouping| ScoreKey {
            computation: scoring
                .cloned()
                .map_or(Computation::Default, Computation::Vog),
            population,
            grouping,
        })
    };
    populations.iter().flat_map(each).collect()
}

/// The main run's rankings are the audit's; those of other seeds are kept to be compared with them.
async fn store(
    worker: &Worker,
    run: &ClaimedRun,
    scored: Scored<RankedRows<'_>>,
) -> Result<(), WorkerError> {
    if run.role == Role::Main {
        score_sets::store(&worker.db, run, &scored, (worker.now)()).await?;
    } else {
        let (values, ranks) = scored.rows.by_example(&worker.scratch)?;
        let (values, ranks) = (values.iter().map(|it| it.get()), ranks.iter().copied());
        let of = (scored.signal, scored.scoring.as_str());
        seed_scores::store(&worker.db, run, of, values, ranks).await?;
    }
    Ok(())
}

fn row_of_suggestion(
    (index, suggestion): (i32, Option<Suggestion>),
) -> Option<suggestions::Suggestion> {
    let suggestion = suggestion?;
    Some(suggestions::Suggestion {
        index,
        label: suggestion.label,
        probability: suggestion.probability,
        runner_up: suggestion.runner_up,
        runner_up_probability: suggestion.runner_up_probability,
    })
}

/// So many of all score sets are stored; the others take as long each.
fn scoring_progress(run: &ClaimedRun, done: usize, total: usize, elapsed: Duration) -> Progress {
    let each = (done > 0).then(|| elapsed.as_secs_f64() / done as f64);
    Progress {
        step: done as u64,
        total: total as u64,
        eta_seconds: each.map(|each| each * (total - done) as f64),
        ..progress::of_phase(run, Phase::Scoring)
    }
}

/// VoG where it was asked for; the signals of the records come free with any run.
fn wanted(run: &ClaimedRun) -> Vec<(Signal, Option<Scoring>)> {
    let scorings = run
        .scorings
        .iter()
        .filter(|_| run.signals.contains(&Signal::Vog));
    let vog = scorings.map(|scoring| (Signal::Vog, Some(scoring.clone())));
    // Those of an external run are the ones that its posted records allow.
    let is_external = run.shape.is_external;
    let free = Signal::of_one_training()
        .filter(|signal| *signal != Signal::Vog && (!is_external || run.signals.contains(signal)));
    vog.chain(free.map(|signal| (signal, None))).collect()
}

impl<'a> Source<'a> {
    pub(crate) fn new(worker: &'a Worker, run: i64, shape: &'a RunShape, data: &'a Data) -> Self {
        Self {
            worker,
            run,
            shape,
            data,
            learned: OnceCell::new(),
            evaluated: OnceCell::new(),
        }
    }

    /// Computes one score set.
    pub(crate) async fn scored(
        &self,
        signal: Signal,
        key: ScoreKey,
    ) -> Result<Scored<RankedRows<'a>>, WorkerError> {
        let column = self.column(signal, key.computation.scoring()).await?;
        self.ranked(signal, &key, &column).await
    }

    /// Ranks examples by values that were computed elsewhere, one per example of the dataset.
    pub(crate) async fn ranked_by(
        &self,
        signal: Signal,
        key: &ScoreKey,
        values: Column<Score>,
        null_reason: &'static str,
    ) -> Result<Scored<RankedRows<'a>>, WorkerError> {
        let column = Scores {
            values,
            null_reason,
        };
        self.ranked(signal, key, &column).await
    }

    async fn ranked(
        &self,
        signal: Signal,
        key: &ScoreKey,
        column: &Scores,
    ) -> Result<Scored<RankedRows<'a>>, WorkerError> {
        let members = self.data.members(key.population);
        let (scores, null_reason) = self.compared(signal, key, members, column).await?;
        let ranking = Ranking::of(
            scores.iter().copied(),
            direction(signal),
            self.places(members)?,
        );
        let labels = self.data.pack.labels();
        let rows = RankedRows::new(ranking, members, labels, &scores, null_reason);
        let statistics = self.statistics(signal, key.population, &rows, &scores);
        Ok(Scored {
            signal,
            scoring: key.key(),
            info: json!({
                "checkpoints": self.epochs_of(key.computation.scoring()),
                "posted": self.shape.is_external.then_some(self.shape.trajectory),
            }),
            statistics: statistics.await?,
            rows,
        })
    }

    /// Scores of the members as groups are to be compared, and why one may have none.
    async fn compared(
        &self,
        signal: Signal,
        key: &ScoreKey,
        members: &[u32],
        column: &Scores,
    ) -> Result<(Column<Score>, &'static str), WorkerError> {
        let of = |values: &[Score]| self.per_member(members, |index| values[index]);
        let values = match (signal, key.grouping) {
            (_, Grouping::Global) => of(&column.values)?,
            (Signal::LabelIssue, grouping) => of(&self.label_issue(grouping).await?)?,
            (_, grouping) => {
                let mut values = of(&column.values)?;
                self.group(grouping, members, &mut values, &mut self.places(members)?);
                values
            }
        };
        let null_reason = match key.grouping {
            Grouping::WithinGroup => {
                "it has no score or no group, or its group is too small or too alike to tell"
            }
            Grouping::Global | Grouping::Shrunken => column.null_reason,
        };
        Ok((values, null_reason))
    }

    /// Compares values of the members as their groups are to be compared; `places` are for sorting.
    fn group(
        &self,
        grouping: Grouping,
        members: &[u32],
        values: &mut [Score],
        places: &mut [Place],
    ) {
        let group_of = |at: usize| self.data.groups.of(members[at] as usize);
        match grouping {
            Grouping::Global => {}
            Grouping::WithinGroup => groups::within(values, group_of, places),
            Grouping::Shrunken => groups::shrunken(values, group_of, places),
        }
    }

    /// A value of each member, by its index in the dataset.
    fn per_member(
        &self,
        members: &[u32],
        value: impl Fn(usize) -> Score,
    ) -> Result<Column<Score>, WorkerError> {
        let values = members.iter().map(|&index| value(index as usize));
        Ok(Column::collected(&self.worker.scratch, values)?)
    }

    /// A place for each member.
    fn places(&self, members: &[u32]) -> Result<Column<Place>, WorkerError> {
        let scratch = &self.worker.scratch;
        Ok(Column::filled(scratch, members.len(), Place::EMPTY)?)
    }

    fn vog_of(&self, scoring: &Scoring) -> VogOf {
        let positions = scoring.window.positions(self.shape.checkpoints.len());
        (scoring.variant, positions)
    }

    /// The epochs that a VoG window covers.
    fn epochs_of(&self, scoring: Option<&Scoring>) -> Option<Vec<u32>> {
        let checkpoints = &self.shape.checkpoints;
        let positions = scoring?.window.positions(checkpoints.len());
        Some(
            positions
                .into_iter()
                .filter_map(|at| checkpoints.get(at as usize).copied())
                .collect(),
        )
    }
}

fn direction(signal: Signal) -> ranking::Direction {
    match signal.info().direction {
        Direction::HighHarder => ranking::Direction::HighHarder,
        Direction::LowHarder => ranking::Direction::LowHarder,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unearth_audit::{DatasetFacts, Origin, RecipeRequest};
    use uuid::Uuid;

    fn run() -> ClaimedRun {
        let facts = DatasetFacts {
            examples: 100,
            classes: 10,
            height: 8,
            width: 8,
            channels: 1,
            ..DatasetFacts::default()
        };
        let recipe = RecipeRequest::default().resolve(&facts).unwrap();
        ClaimedRun {
            id: 1,
            token: Uuid::nil(),
            audit_id: Uuid::nil(),
            dataset_id: Uuid::nil(),
            shape: recipe.shape(),
            origin: Origin::Trained(recipe),
            seed: 0,
            keeps_maps: true,
            signals: vec![Signal::Vog],
            scorings: vec![Scoring::DEFAULT],
            role: Role::Main,
            archaeology: None,
            member: None,
            pie: None,
            attempt: 1,
            fruitless_attempts: 1,
            last_error: None,
            resume: None,
            environment: None,
            outcome: None,
            started_at: time::OffsetDateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn scoring_counts_its_sets_and_tells_the_remaining_time_after_the_first() {
        let at = |done, seconds| scoring_progress(&run(), done, 4, Duration::from_secs(seconds));
        let first = at(0, 0);
        assert_eq!((first.step, first.total, first.eta_seconds), (0, 4, None));
        assert_eq!(first.epoch, first.epochs);
        assert_eq!(at(1, 6).eta_seconds, Some(18.0));
        assert_eq!(at(4, 20).eta_seconds, Some(0.0));
    }
}
