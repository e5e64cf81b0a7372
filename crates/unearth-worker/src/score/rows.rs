//! A ranking whose rows are made as they are stored.

use std::path::Path;
use unearth_audit::UNLABELLED;
use unearth_columns::Column;
use unearth_signals::{
    normalise::{ByClass, NullReason},
    ranking::{Place, Ranked, Ranking},
    score::Score,
};
use unearth_store::score_sets::{NewScore, Rows};

/// The examples of a population by hardness. Of each there is a place, and nothing else.
pub(crate) struct RankedRows<'a> {
    pub(super) ranking: Ranking<Column<Place>>,
    /// Indices of the population, ascending: what the places count.
    pub(super) members: &'a [u32],
    /// Of all examples.
    pub(super) labels: &'a [i32],
    /// None where there are no labels.
    by_class: Option<ByClass>,
    /// Why an example may have no score.
    null_reason: &'static str,
}

impl<'a> RankedRows<'a> {
    /// Rows of a ranking of `scores`, one for each of `members`.
    pub(super) fn new(
        ranking: Ranking<Column<Place>>,
        members: &'a [u32],
        labels: &'a [i32],
        scores: &[Score],
        null_reason: &'static str,
    ) -> Self {
        let class_of = |&index: &u32| labels[index as usize];
        let is_labelled = !members.iter().any(|index| class_of(index) == UNLABELLED);
        let of_classes = || ByClass::of(scores.iter().copied().zip(members.iter().map(class_of)));
        Self {
            by_class: is_labelled.then(of_classes),
            ranking,
            members,
            labels,
            null_reason,
        }
    }

    /// The same by example, indices ascending: scores and ranks.
    pub(super) fn by_example(
        &self,
        scratch: &Path,
    ) -> std::io::Result<(Column<Score>, Column<i32>)> {
        let mut scores = Column::filled(scratch, self.members.len(), Score::NONE)?;
        let mut ranks = Column::filled(scratch, self.members.len(), 0)?;
        let (of_scores, of_ranks) = (&mut *scores, &mut *ranks);
        for (rank, ranked) in (1..).zip(self.ranking.iter()) {
            of_scores[ranked.index] = ranked.standing.map(|it| it.score).into();
            of_ranks[ranked.index] = rank;
        }
        Ok((scores, ranks))
    }

    fn row(&self, rank: i32, ranked: &Ranked) -> NewScore {
        let index = self.members[ranked.index];
        let label = self.labels[index as usize];
        let value = ranked.standing.map(|standing| standing.score);
        let normalised = match &self.by_class {
            Some(by_class) => by_class
                .normalise(value.into(), label)
                .map_err(NullReason::as_str),
            None => Err("the dataset has no labels"),
        };
        NewScore {
            rank,
            index: index as i32,
            label,
            value,
            value_reason: value.is_none().then_some(self.null_reason),
            normalised: normalised.ok(),
            normalised_reason: normalised.err(),
            percentile: ranked.standing.map(|standing| standing.percentile),
        }
    }
}

impl Rows for RankedRows<'_> {
    fn count(&self) -> usize {
        self.ranking.len()
    }

    fn in_order(&self) -> impl Iterator<Item = NewScore> + Send {
        let ranked = (1..).zip(self.ranking.iter());
        ranked.map(|(rank, ranked)| self.row(rank, &ranked))
    }
}
