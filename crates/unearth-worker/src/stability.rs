//! What the seeds of an audit say of its rankings: ranges of each example, agreement of each signal.

use crate::{Worker, WorkerError};
use unearth_audit::{Budget, Overlap, Role, Spread, Stability};
use unearth_signals::stability::{self, Ranking};
use unearth_store::{
    runs::{self, ClaimedRun},
    score_sets::{self, ScoreSet},
    seed_scores::{self, ByExample, ScoreRange},
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
    let others = seed_scores::of_seeds(&worker.db, run.audit_id, &set.signal, &set.scoring).await?;
    if others.is_empty() {
        return Ok(());
    }
    let (indices, main) = seed_scores::of_set(&worker.db, set.id).await?;
    let rankings: Vec<Ranking<'_>> = [&main].into_iter().chain(&others).map(ranking_of).collect();
    if let Some(odd) = rankings.iter().find(|it| it.ranks.len() != indices.len()) {
        return Err(WorkerError::Inconsistent(format!(
            "a seed ranks {} examples by {} {}, the main run {}",
            odd.ranks.len(),
            set.signal,
            set.scoring,
            indices.len()
        )));
    }
    let ranges = stability::ranges(&rankings);
    let ranges = indices
        .iter()
        .zip(ranges)
        .map(|(&index, range)| ScoreRange {
            index,
            value: range.value,
            rank: range.rank,
        });
    seed_scores::finish(&worker.db, run, set.id, &agreement(&rankings), ranges).await?;
    Ok(())
}

fn ranking_of(ranking: &ByExample) -> Ranking<'_> {
    Ranking {
        scores: &ranking.scores,
        ranks: &ranking.ranks,
    }
}

/// Over all pairs of rankings.
fn agreement(rankings: &[Ranking<'_>]) -> Stability {
    let pairs =
        || (0..rankings.len()).flat_map(|b| (0..b).map(move |a| (&rankings[a], &rankings[b])));
    let correlations: Vec<f64> = pairs()
        .filter_map(|(a, b)| stability::spearman(a.scores, b.scores))
        .collect();
    let examples = rankings[0].ranks.len() as u64;
    let overlap = Budget::ALL.into_iter().filter_map(|budget| {
        let k = budget.of(examples);
        let shares: Vec<f64> = pairs()
            .filter_map(|(a, b)| stability::overlap(a.ranks, b.ranks, k as usize))
            .collect();
        Some(Overlap {
            top: budget.name(),
            k,
            share: Spread::of(&shares)?,
        })
    });
    Stability {
        seeds: rankings.len() as u32,
        correlation: Spread::of(&correlations),
        overlap: overlap.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_is_taken_over_every_pair() {
        let ranking = |ranks: &[i32]| ByExample {
            scores: ranks.iter().map(|&rank| Some(-f64::from(rank))).collect(),
            ranks: ranks.to_vec(),
        };
        let all = [
            ranking(&[1, 2, 3]),
            ranking(&[1, 2, 3]),
            ranking(&[3, 2, 1]),
        ];
        let views: Vec<Ranking<'_>> = all.iter().map(ranking_of).collect();
        let agreement = agreement(&views);
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
