//! What the seeds of an audit say of its rankings: ranges of each example, agreement of each signal.

use crate::{Worker, WorkerError, data::fill};
use futures::TryStreamExt as _;
use std::path::Path;
use unearth_audit::{Budget, Overlap, Role, Spread, Stability};
use unearth_columns::Column;
use unearth_signals::{
    ranking::Place,
    score::Score,
    stability::{self, Ranking},
};
use unearth_store::{
    runs::{self, ClaimedRun},
    score_sets::{self, ScoreSet},
    seed_scores::{self, OfSeed, ScoreRange},
};

/// Compares the rankings of all seeds of an audit whose runs are scored; nothing with one seed.
pub(crate) async fn run(worker: &Worker, run: &ClaimedRun) -> Result<(), WorkerError> {
    if runs::of_audit(&worker.db, run.audit_id, Role::Seed)
        .await?
        .is_empty()
    {
        return Ok(());
    }
    for set in score_sets::list(&worker.db, run.audit_id).await? {
        ranking(worker, run, &set).await?;
    }
    Ok(())
}

async fn ranking(worker: &Worker, run: &ClaimedRun, set: &ScoreSet) -> Result<(), WorkerError> {
    let seeds = seed_scores::of_seeds(&worker.db, run.audit_id, &set.signal, &set.scoring).await?;
    if seeds.is_empty() {
        return Ok(());
    }
    let examples = set.examples.unwrap_or(0) as usize;
    if let Some(odd) = seeds.iter().find(|seed| seed.examples != examples) {
        return Err(WorkerError::Inconsistent(format!(
            "a seed ranks {} examples by {} {}, the main run {examples}",
            odd.examples, set.signal, set.scoring,
        )));
    }
    let mut indices = Column::filled(&worker.scratch, examples, 0)?;
    let mut all = vec![of_main(worker, set, &mut indices).await?];
    for seed in &seeds {
        all.push(of_seed(worker, set, *seed).await?);
    }
    let rankings: Vec<Ranking<'_>> = all.iter().map(ByExample::ranking).collect();
    let ranges = indices
        .iter()
        .zip(stability::ranges(&rankings))
        .map(|(&index, range)| ScoreRange {
            index,
            value: range.value,
            rank: range.rank,
        });
    let agreement = agreement(&rankings, &worker.scratch)?;
    seed_scores::finish(&worker.db, run, set.id, &agreement, ranges).await?;
    Ok(())
}

/// A ranking by example: one entry per example of a population, indices ascending.
struct ByExample {
    scores: Column<Score>,
    ranks: Column<i32>,
}

impl ByExample {
    fn of(scratch: &Path, examples: usize) -> std::io::Result<Self> {
        Ok(Self {
            scores: Column::filled(scratch, examples, Score::NONE)?,
            ranks: Column::filled(scratch, examples, 0)?,
        })
    }

    fn ranking(&self) -> Ranking<'_> {
        Ranking {
            scores: &self.scores,
            ranks: &self.ranks,
        }
    }
}

/// The main run's ranking; notes which examples it is of.
async fn of_main(
    worker: &Worker,
    set: &ScoreSet,
    indices: &mut Column<i32>,
) -> Result<ByExample, WorkerError> {
    let mut by_example = ByExample::of(&worker.scratch, indices.len())?;
    let mut at = 0;
    let ByExample { scores, ranks } = &mut by_example;
    let rows = seed_scores::of_set(&worker.db, set.id).map_ok(|row| {
        if at < ranks.len() {
            (scores[at], ranks[at]) = (row.value.into(), row.rank);
        }
        at += 1;
        row.index
    });
    fill(indices, rows).await?;
    Ok(by_example)
}

async fn of_seed(worker: &Worker, set: &ScoreSet, seed: OfSeed) -> Result<ByExample, WorkerError> {
    let mut by_example = ByExample::of(&worker.scratch, seed.examples)?;
    let (signal, scoring) = (&set.signal, &set.scoring);
    for start in (0..seed.examples).step_by(seed_scores::PIECE_EXAMPLES) {
        let piece = seed_scores::piece(&worker.db, seed.run, signal, scoring, start).await?;
        let expected = seed_scores::PIECE_EXAMPLES.min(seed.examples - start);
        if piece.len() != expected {
            return Err(WorkerError::Inconsistent(format!(
                "of run {} and {signal} {scoring} {} values are stored from {start} on, expected {expected}",
                seed.run,
                piece.len(),
            )));
        }
        for (at, (score, rank)) in (start..).zip(piece) {
            by_example.scores[at] = score.into();
            by_example.ranks[at] = rank;
        }
    }
    Ok(by_example)
}

/// Over all pairs of rankings.
fn agreement(rankings: &[Ranking<'_>], scratch: &Path) -> std::io::Result<Stability> {
    let pairs =
        || (0..rankings.len()).flat_map(|b| (0..b).map(move |a| (&rankings[a], &rankings[b])));
    let examples = rankings[0].ranks.len();
    let mut places = Column::filled(scratch, examples, Place::EMPTY)?;
    let mut of_a = Column::filled(scratch, examples, 0.0)?;
    let mut of_b = Column::filled(scratch, examples, 0.0)?;
    let correlations: Vec<f64> = pairs()
        .filter_map(|(a, b)| {
            let ranks = [&mut of_a[..], &mut of_b[..]];
            stability::spearman_in(a.scores, b.scores, &mut places, ranks)
        })
        .collect();
    let overlap = Budget::ALL.into_iter().filter_map(|budget| {
        let k = budget.of(examples as u64);
        let shares: Vec<f64> = pairs()
            .filter_map(|(a, b)| stability::overlap(a.ranks, b.ranks, k as usize))
            .collect();
        Some(Overlap {
            top: budget.name(),
            k,
            share: Spread::of(&shares)?,
        })
    });
    Ok(Stability {
        seeds: rankings.len() as u32,
        correlation: Spread::of(&correlations),
        overlap: overlap.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_is_taken_over_every_pair() {
        let ranking = |ranks: &[i32]| ByExample {
            scores: ranks
                .iter()
                .map(|&rank| (-f64::from(rank)).into())
                .collect::<Vec<_>>()
                .into(),
            ranks: ranks.to_vec().into(),
        };
        let all = [
            ranking(&[1, 2, 3]),
            ranking(&[1, 2, 3]),
            ranking(&[3, 2, 1]),
        ];
        let views: Vec<Ranking<'_>> = all.iter().map(ByExample::ranking).collect();
        let agreement = agreement(&views, &std::env::temp_dir()).unwrap();
        assert_eq!(agreement.seeds, 3);
        let correlation = agreement.correlation.unwrap();
        assert!(
            (correlation.mean + 1.0 / 3.0).abs() < 1e-9,
            "{correlation:?}"
        );
        assert!((correlation.min + 1.0).abs() < 1e-9 && (correlation.max - 1.0).abs() < 1e-9);
        let top = agreement.overlap.iter().find(|it| it.top == "1 %").unwrap();
        assert_eq!(top.k, 1);
        assert!((top.share.mean - 1.0 / 3.0).abs() < 1e-9);
    }
}
