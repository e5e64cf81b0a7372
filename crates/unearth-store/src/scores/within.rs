//! Examples whose scores lie between bounds.

use crate::{Database, StoreError, score_columns};
use sqlx::{Postgres, QueryBuilder};

/// A score set with the smallest and the largest score that are wanted, both included; open where there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Its score set.
    pub score_set: i64,
    /// Smallest score.
    pub low: Option<f64>,
    /// Largest score.
    pub high: Option<f64>,
}

/// Those rows of a ranking whose scores, in it or in others, lie between bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within {
    /// First and last rank among them; the last is the smaller where there are none.
    ranks: (i32, i32),
    /// One bit per example, where the ranks alone do not tell them.
    examples: Option<Bits>,
}

impl Within {
    /// Finds the rows of `ranking` that fit all of the bounds; none where there are no bounds.
    ///
    /// Found here rather than by Postgres, which takes two signals for independent: where they agree it looks at
    /// hundreds of thousands of rows in rank order before it meets the first that fits.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find(
        db: &Database,
        ranking: i64,
        bounds: &[Bounds],
    ) -> Result<Option<Self>, StoreError> {
        if bounds.is_empty() {
            return Ok(None);
        }
        let mut ranks = (1, i32::MAX);
        let mut examples: Option<Bits> = None;
        for bound in bounds {
            let columns = score_columns::read(db, bound.score_set).await?;
            let places = columns.places_within(bound.low, bound.high);
            if bound.score_set == ranking {
                ranks.0 = ranks.0.max(places.start as i32 + 1);
                ranks.1 = ranks.1.min(places.end as i32);
            } else {
                let fitting = Bits::of(&columns.indices[places]);
                examples = Some(match examples {
                    None => fitting,
                    Some(others) => others.and(&fitting),
                });
            }
        }
        if let Some(examples) = &examples {
            let order = score_columns::indices(db, ranking).await?;
            let fits = |&index: &i32| examples.holds(index);
            let first = order.iter().position(fits).unwrap_or(order.len());
            let end = order.iter().rposition(fits).map_or(0, |last| last + 1);
            ranks.0 = ranks.0.max(first as i32 + 1);
            ranks.1 = ranks.1.min(end as i32);
        }
        Ok(Some(Self { ranks, examples }))
    }

    pub(super) fn push_to(&self, query: &mut QueryBuilder<Postgres>) {
        query
            .push(" and scores.rank between ")
            .push_bind(self.ranks.0)
            .push(" and ")
            .push_bind(self.ranks.1);
        if let Some(Bits(bytes)) = &self.examples {
            // Postgres refuses to look behind the last bit.
            query
                .push(" and case when scores.index < ")
                .push_bind(8 * bytes.len() as i32)
                .push(" then get_bit(")
                .push_bind(bytes.clone())
                .push(", scores.index) = 1 else false end");
        }
    }
}

/// A set of examples, as Postgres counts bits: the first is the lowest of the first byte.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bits(Vec<u8>);

impl Bits {
    fn of(indices: &[i32]) -> Self {
        let last = indices.iter().max().map_or(0, |&last| last as usize + 1);
        let mut bytes = vec![0; last.div_ceil(8)];
        for &index in indices {
            let index = index as usize;
            bytes[index / 8] |= 1 << (index % 8);
        }
        Self(bytes)
    }

    fn holds(&self, index: i32) -> bool {
        let index = index as usize;
        (self.0.get(index / 8)).is_some_and(|byte| byte >> (index % 8) & 1 == 1)
    }

    fn and(mut self, other: &Self) -> Self {
        self.0.truncate(other.0.len());
        for (byte, other) in self.0.iter_mut().zip(&other.0) {
            *byte &= other;
        }
        self
    }
}
