//! Exact k-nearest neighbours over loss trajectories.

use thiserror::Error;

/// The probes that vote: loss trajectories of known category.
///
/// The vote on an example looks at its trajectory alone, so memory does not depend on how many examples
/// are voted on.
#[derive(Debug, Clone, PartialEq)]
pub struct Voters {
    /// `[p, e]`.
    trajectories: Vec<f32>,
    epochs: usize,
    /// Category and identity of each probe, `[p]`.
    members: Vec<Member>,
    categories: usize,
    neighbours: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Member {
    category: usize,
    example: Option<u32>,
}

/// Why probes cannot vote.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VotersError {
    /// Not every trajectory has as many epochs as the others.
    #[error("a probe's trajectory has {found} epochs, expected {expected}")]
    Length {
        /// Epochs of the first trajectory.
        expected: usize,
        /// Epochs of the odd one.
        found: usize,
    },
    /// A category is none of those that were announced.
    #[error("a probe is of category {found} of {categories}")]
    Category {
        /// What it says.
        found: usize,
        /// How many there are.
        categories: usize,
    },
    /// There are fewer probes than neighbours to ask, besides one that may not vote on itself.
    #[error("{probes} probes with finite losses are too few for a vote of {neighbours} neighbours")]
    TooFew {
        /// Probes with finite losses.
        probes: usize,
        /// Neighbours wanted.
        neighbours: usize,
    },
}

/// A vote on one example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// Votes of each category; they sum up to the number of neighbours.
    pub votes: Vec<u16>,
    /// The category with most votes. Of several, the one whose voters are nearer in sum, then the first.
    pub category: usize,
    /// Whether several categories had the most votes.
    pub tied: bool,
}

impl Voters {
    /// Among how many categories is voted.
    pub fn categories(&self) -> usize {
        self.categories
    }

    /// No probes yet. `neighbours` of them will vote on an example among `categories`.
    pub fn new(categories: usize, neighbours: usize) -> Self {
        Self {
            trajectories: vec![],
            epochs: 0,
            members: vec![],
            categories,
            neighbours,
        }
    }

    /// Adds a probe: its loss after each epoch `[e]`, and which example of the dataset it is, if it is
    /// one. A probe whose losses are not all finite is left out.
    ///
    /// # Errors
    /// [`VotersError::Length`] or [`VotersError::Category`].
    pub fn add(
        &mut self,
        category: usize,
        example: Option<u32>,
        trajectory: &[f32],
    ) -> Result<(), VotersError> {
        if category >= self.categories {
            return Err(VotersError::Category {
                found: category,
                categories: self.categories,
            });
        }
        if self.members.is_empty() {
            self.epochs = trajectory.len();
        }
        if trajectory.len() != self.epochs {
            return Err(VotersError::Length {
                expected: self.epochs,
                found: trajectory.len(),
            });
        }
        if trajectory.iter().all(|loss| loss.is_finite()) {
            self.trajectories.extend_from_slice(trajectory);
            self.members.push(Member { category, example });
        }
        Ok(())
    }

    /// Checks that there are enough of them.
    ///
    /// # Errors
    /// [`VotersError::TooFew`].
    pub fn check(&self) -> Result<(), VotersError> {
        if self.members.len() > self.neighbours {
            return Ok(());
        }
        Err(VotersError::TooFew {
            probes: self.members.len(),
            neighbours: self.neighbours,
        })
    }

    /// The vote of the nearest probes by Euclidean distance between trajectories `[e]`, one vote each.
    /// Probes at equal distance are taken in the order in which they were added. An example of the
    /// dataset that is a probe itself does not vote on itself.
    ///
    /// None where the trajectory has another length or a loss that is not finite.
    pub fn vote(&self, example: Option<u32>, trajectory: &[f32]) -> Option<Vote> {
        let usable = trajectory.len() == self.epochs && trajectory.iter().all(|it| it.is_finite());
        if !usable || self.epochs == 0 {
            return None;
        }
        let mut nearest: Vec<(f64, usize)> = self
            .trajectories
            .chunks_exact(self.epochs)
            .enumerate()
            .filter(|&(at, _)| example.is_none() || self.members[at].example != example)
            .map(|(at, probe)| (squared_distance(trajectory, probe), at))
            .collect();
        if nearest.len() > self.neighbours {
            let order =
                |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
            nearest.select_nth_unstable_by(self.neighbours, order);
            nearest.truncate(self.neighbours);
            // The sums below do not depend on how the selection left them.
            nearest.sort_unstable_by(order);
        }
        Some(self.counted(&nearest))
    }

    fn counted(&self, nearest: &[(f64, usize)]) -> Vote {
        let mut votes = vec![0u16; self.categories];
        let mut distances = vec![0f64; self.categories];
        for &(squared, at) in nearest {
            let category = self.members[at].category;
            votes[category] += 1;
            distances[category] += squared.sqrt();
        }
        let most = votes.iter().copied().max().unwrap_or(0);
        let leading = (0..self.categories).filter(|&category| votes[category] == most);
        let category = leading
            .clone()
            .min_by(|&a, &b| distances[a].total_cmp(&distances[b]))
            .unwrap_or(0);
        Vote {
            tied: leading.count() > 1,
            category,
            votes,
        }
    }
}

fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    let differences = a.iter().zip(b).map(|(&a, &b)| f64::from(a) - f64::from(b));
    differences.map(|difference| difference * difference).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn voters(neighbours: usize, probes: &[(usize, [f32; 2])]) -> Voters {
        let mut voters = Voters::new(3, neighbours);
        for (at, (category, trajectory)) in probes.iter().enumerate() {
            voters.add(*category, Some(at as u32), trajectory).unwrap();
        }
        voters
    }

    #[test]
    fn the_nearest_vote() {
        let voters = voters(
            3,
            &[
                (0, [0.0, 0.0]),
                (0, [0.1, 0.0]),
                (1, [1.0, 1.0]),
                (2, [9.0, 9.0]),
                (2, [9.0, 8.0]),
            ],
        );
        let vote = voters.vote(None, &[0.0, 0.1]).unwrap();
        assert_eq!(
            (vote.votes, vote.category, vote.tied),
            (vec![2, 1, 0], 0, false)
        );
    }

    #[test]
    fn a_tie_goes_to_the_nearer_and_is_said() {
        let voters = voters(2, &[(0, [2.0, 0.0]), (1, [1.0, 0.0]), (2, [50.0, 0.0])]);
        let vote = voters.vote(None, &[0.0, 0.0]).unwrap();
        assert_eq!(
            (vote.votes, vote.category, vote.tied),
            (vec![1, 1, 0], 1, true)
        );
    }

    #[test]
    fn nobody_votes_on_itself() {
        let voters = voters(1, &[(0, [0.0, 0.0]), (1, [1.0, 0.0])]);
        assert_eq!(voters.vote(Some(0), &[0.0, 0.0]).unwrap().category, 1);
        assert_eq!(voters.vote(Some(9), &[0.0, 0.0]).unwrap().category, 0);
        assert_eq!(voters.vote(None, &[0.0, 0.0]).unwrap().category, 0);
    }

    #[test]
    fn what_cannot_be_compared_is_not_voted_on() {
        let mut voters = voters(1, &[(0, [0.0, 0.0]), (1, [1.0, 0.0])]);
        assert_eq!(voters.vote(None, &[f32::NAN, 0.0]), None);
        assert_eq!(voters.vote(None, &[0.0]), None);
        voters.add(2, None, &[f32::INFINITY, 0.0]).unwrap();
        assert_eq!(voters.vote(None, &[1e30, 0.0]).unwrap().votes[2], 0);
        assert!(voters.add(2, None, &[0.0]).is_err());
        assert!(voters.add(3, None, &[0.0, 0.0]).is_err());
        assert!(Voters::new(2, 1).check().is_err());
    }

    proptest! {
        /// Against sorting everything.
        #[test]
        fn it_is_exact(
            probes in proptest::collection::vec((0usize..3, proptest::array::uniform4(0f32..5.0)), 1..60),
            example in proptest::array::uniform4(0f32..5.0),
            neighbours in 1usize..12,
        ) {
            let mut voters = Voters::new(3, neighbours);
            for (category, trajectory) in &probes {
                voters.add(*category, None, trajectory).unwrap();
            }
            let mut order: Vec<usize> = (0..probes.len()).collect();
            order.sort_by(|&a, &b| {
                let distance = |at: usize| squared_distance(&example, &probes[at].1);
                distance(a).total_cmp(&distance(b)).then(a.cmp(&b))
            });
            let mut expected = vec![0u16; 3];
            for &at in order.iter().take(neighbours) {
                expected[probes[at].0] += 1;
            }
            let vote = voters.vote(None, &example).unwrap();
            prop_assert_eq!(&vote.votes, &expected);
            let most = *expected.iter().max().unwrap();
            prop_assert_eq!(vote.votes[vote.category], most);
            prop_assert_eq!(vote.tied, expected.iter().filter(|&&it| it == most).count() > 1);
        }
    }
}
