//! How well wrong labels are found in each group, by its probes.

use super::{Member, trajectories::Row};
use crate::{
    WorkerError,
    score::{Reading, Source},
};
use unearth_audit::{
    Archaeology, FLAGGED_SHARE, GROUP_PROBES_MIN, GroupReport, Grouping, LogitSource, Population,
    Rate, Suite, share_of,
};
use unearth_columns::Column;
use unearth_signals::{
    dynamics::{self, Dynamics},
    label_issue::standing_among,
    proportion::{Confidence, wilson},
    score::Score,
};
use unearth_store::{dynamics::of_probes, probes::Probe};

/// Nothing where there are no groups to compare, or nothing was recorded that `label_issue` is made of.
pub(super) async fn reports(
    source: &Source<'_>,
    archaeology: &Archaeology,
    members: &[Member],
    probes: &[Probe],
) -> Result<Vec<GroupReport>, WorkerError> {
    if !source.data.has_groups() {
        return Ok(vec![]);
    }
    let groups = &source.data.groups;
    let group_of = |example: u32| groups.of(example as usize);
    let Some(flagged) = Flagged::of(source, probes).await? else {
        return Ok(vec![]);
    };
    let is_clean = |member: &Member| {
        let suite = archaeology.suites.get(member.category);
        matches!(suite, Some(Suite::Typical | Suite::Atypical))
    };
    let reports = groups.names.iter().zip(0..).map(|(name, group)| {
        let planted = probes.iter().enumerate().filter(|(_, probe)| {
            probe.suite == Suite::RandomOutputs.as_str()
                && probe.source.and_then(group_of) == Some(group)
        });
        let planted: Vec<bool> = planted.map(|(at, _)| flagged.is(Row::Probe(at))).collect();
        let clean = members.iter().filter(|member| {
            is_clean(member) && member.row.example().and_then(group_of) == Some(group)
        });
        let clean: Vec<bool> = clean.map(|member| flagged.is(member.row)).collect();
        GroupReport {
            name: name.clone(),
            planted: rate(&planted),
            clean: rate(&clean),
        }
    });
    Ok(reports.collect())
}

/// Which rows stand in the top of the ranking by `label_issue`.
struct Flagged {
    examples: Column<Score>,
    probes: Vec<Option<f64>>,
    /// The least score of those in the top.
    least: f64,
}

impl Flagged {
    /// None where nothing is ranked.
    async fn of(source: &Source<'_>, probes: &[Probe]) -> Result<Option<Self>, WorkerError> {
        let scores = source.label_issue(Grouping::Global).await?;
        let ranked = ascending(source, scores.iter().copied())?;
        let flagged = share_of(FLAGGED_SHARE, ranked.len() as u64) as usize;
        let Some(&least) = ranked.iter().rev().nth(flagged.saturating_sub(1)) else {
            return Ok(None);
        };
        Ok(Some(Self {
            examples: scores,
            probes: of_each_probe(source, probes).await?,
            least,
        }))
    }

    fn is(&self, row: Row) -> bool {
        let score = match row {
            Row::Example(index) => self.examples[index as usize].get(),
            Row::Probe(at) => self.probes.get(at).copied().flatten(),
        };
        score.is_some_and(|score| score >= self.least)
    }
}

/// The scores that there are, the smallest first.
fn ascending(
    source: &Source<'_>,
    scores: impl ExactSizeIterator<Item = Score>,
) -> Result<Column<f64>, WorkerError> {
    let values = scores.map(|score| score.get().unwrap_or(f64::NAN));
    let mut values = Column::collected(&source.worker.scratch, values)?;
    // NaN goes last.
    values.sort_unstable_by(f64::total_cmp);
    let there = values.partition_point(|value| !value.is_nan());
    values.truncate(there);
    Ok(values)
}

/// Where each probe would stand in the ranking by `label_issue` of the examples that were trained on.
async fn of_each_probe(
    source: &Source<'_>,
    probes: &[Probe],
) -> Result<Vec<Option<f64>>, WorkerError> {
    let labels: Vec<i32> = probes.iter().map(|probe| probe.label).collect();
    let members = source.data.members(Population::Trained);
    let mut sums = vec![Some(0.0); probes.len()];
    let mut readings = 0;
    for (logits, learned) in source.label_issue_records(Population::Trained).await? {
        let of_probes = probe_dynamics(source, logits, &labels).await?;
        for (reading, sign) in Reading::OF_LABEL_ISSUE {
            let of_examples = learned.of(reading);
            let signed = |score: Option<f64>| score.map(|score| sign * score);
            let of_members = members.iter().map(|&at| of_examples[at as usize]);
            let sorted = ascending(source, of_members.map(|it| signed(it.get()).into()))?;
            for (sum, probe) in sums.iter_mut().zip(&of_probes) {
                let standing =
                    signed(reading.of(probe)).map(|value| standing_among(&sorted, value));
                *sum = sum.zip(standing).map(|(sum, standing)| sum + standing);
            }
            readings += 1;
        }
    }
    Ok(sums
        .into_iter()
        .map(|sum| sum.map(|sum| sum / f64::from(readings)))
        .collect())
}

async fn probe_dynamics(
    source: &Source<'_>,
    logits: LogitSource,
    labels: &[i32],
) -> Result<Vec<Dynamics>, WorkerError> {
    let records = of_probes(&source.worker.db, source.run, logits).await?;
    // Of an eval pass beside the records in flight, the final model's is read.
    let from = if logits == source.shape.trajectory {
        0
    } else {
        records.len().saturating_sub(1)
    };
    let records = &records[from..];
    let epochs: Vec<dynamics::Epoch<'_>> = records.iter().map(crate::score::epoch).collect();
    if epochs.is_empty() {
        return Ok(vec![]);
    }
    Ok(dynamics::dynamics(&epochs, labels))
}

fn rate(flagged: &[bool]) -> Rate {
    let probes = flagged.len() as u32;
    let hits = flagged.iter().filter(|&&it| it).count();
    let enough = probes >= GROUP_PROBES_MIN;
    let interval = wilson(hits, flagged.len(), Confidence::P95);
    Rate {
        probes,
        flagged: hits as u32,
        rate: enough.then(|| hits as f64 / f64::from(probes)),
        interval: enough.then_some([interval.lower, interval.upper]),
        reason: (!enough).then(|| {
            format!("too few to tell: {probes} probes, and fewer than {GROUP_PROBES_MIN} say too little; a larger `archaeology.suite_size` gives more")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_probes_are_too_few_to_tell() {
        let few = rate(&[true; 29]);
        assert_eq!((few.rate, few.probes, few.flagged), (None, 29, 29));
        assert!(few.reason.unwrap().starts_with("too few to tell"));
        let enough = rate(&[[true; 15], [false; 15]].concat());
        assert_eq!(enough.rate, Some(0.5));
        assert!(enough.interval.unwrap()[0] < 0.5 && enough.reason.is_none());
    }
}
