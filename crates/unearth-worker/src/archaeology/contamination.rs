//! How many labels of a suite are wrong.

use super::{Member, trajectories::Trajectories, voters};
use crate::WorkerError;
use unearth_audit::{Archaeology, Suite};
use unearth_signals::archaeology::{Voters, VotersError};

/// The estimated share of wrong labels in each suite, in the order of the categories; none for suites that were
/// made, and without random outputs to compare with.
///
/// A suite made of the dataset's own examples is put to a vote in which it has no part. A wrong label among its
/// members is then called a random output as often as held-out random outputs are (their recall, r); with q the share
/// of the suite that is called so, q/r is the share of wrong labels if no right one were ever called so (Rogan &
/// Gladen 1978, at full specificity). Hard examples are called so now and then, so it is on the high side.
pub(super) fn of(
    archaeology: &Archaeology,
    members: &[Member],
    trajectories: &Trajectories,
) -> Result<Vec<Option<f64>>, WorkerError> {
    let random_outputs = archaeology
        .suites
        .iter()
        .position(|it| *it == Suite::RandomOutputs);
    let categories = 0..archaeology.categories().len();
    let estimates = categories.map(|category| {
        let suite = archaeology.suites.get(category).copied();
        let Some(random_outputs) =
            random_outputs.filter(|_| !suite.is_some_and(Suite::is_synthesised))
        else {
            return Ok(None);
        };
        let others: Vec<Member> = members
            .iter()
            .filter(|member| member.category != category)
            .copied()
            .collect();
        let voters = match voters(archaeology, &others, trajectories) {
            Err(VotersError::TooFew { .. }) => return Ok(None),
            voters => voters?,
        };
        let called_wrong = |of: &dyn Fn(&Member) -> bool| {
            let of = members.iter().filter(|member| of(member)).copied();
            share_called(random_outputs, of, trajectories, &voters)
        };
        let of_suite = called_wrong(&|member| member.category == category);
        let recall = called_wrong(&|member| member.category == random_outputs && !member.fits);
        Ok(of_suite
            .zip(recall.filter(|it| *it > 0.0))
            .map(|(q, r)| (q / r).min(1.0)))
    });
    estimates.collect()
}

/// Share of the rows that the vote calls `category`; none where it calls none of them anything.
fn share_called(
    category: usize,
    members: impl Iterator<Item = Member>,
    trajectories: &Trajectories,
    voters: &Voters,
) -> Option<f64> {
    let (mut so, mut all) = (0_u32, 0_u32);
    for member in members {
        let vote = trajectories
            .get(member.row)
            .and_then(|trajectory| voters.vote(member.row.example(), trajectory));
        if let Some(vote) = vote {
            all += 1;
            so += u32::from(vote.category == category);
        }
    }
    (all > 0).then(|| f64::from(so) / f64::from(all))
}

#[cfg(test)]
mod tests {
    use super::{super::trajectories::Row, *};
    use unearth_audit::ArchaeologyVariant;

    /// Losses after three epochs of what is learned at once, late and never.
    const EASY: [f32; 3] = [1.0, 0.2, 0.1];
    const HARD: [f32; 3] = [2.0, 1.5, 0.8];
    const WRONG: [f32; 3] = [3.0, 3.5, 4.0];

    #[test]
    fn wrong_labels_in_a_suite_are_counted_by_a_vote_without_it() {
        let archaeology = Archaeology {
            variant: ArchaeologyVariant::Unearth,
            neighbours: 3,
            suite_size: 20,
            suites: vec![
                Suite::Typical,
                Suite::Atypical,
                Suite::RandomOutputs,
                Suite::Corrupted,
            ],
            custom: vec![],
            pilot_epochs: Some(3),
        };
        let mut members = Vec::new();
        let mut losses = Vec::new();
        for at in 0..20_u32 {
            // Six of the atypical ones carry a wrong label.
            let atypical = if at < 6 { WRONG } else { HARD };
            let rows = [EASY, atypical, WRONG, HARD];
            for (category, trajectory) in rows.into_iter().enumerate() {
                let row = Row::Example(at * 4 + category as u32);
                let fits = at % 2 == 0;
                members.push(Member {
                    category,
                    row,
                    fits,
                });
                let jitter = |loss: f32| loss + at as f32 / 1_000.0;
                losses.push((row, trajectory.map(jitter).to_vec()));
            }
        }
        let trajectories: Trajectories = losses.into_iter().collect();
        let estimates = of(&archaeology, &members, &trajectories).unwrap();
        assert_eq!(estimates, [Some(0.0), Some(0.3), None, None]);
    }
}
