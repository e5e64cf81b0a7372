//! Rankings as columns: what is asked about a whole ranking at once, without reading its rows.

use crate::{Database, StoreError, copy::BinaryCopy, score_sets::Rows};
use sqlx::PgConnection;
use std::ops::Range;

/// A score set in rank order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoreColumns {
    /// Examples: the one with rank 1 first.
    pub indices: Vec<i32>,
    /// Their scores, which rise or fall all along; NaN for those without one, which come last.
    pub values: Vec<f64>,
}

impl ScoreColumns {
    /// Those with a score, in rank order.
    pub fn scored(&self) -> impl Iterator<Item = (i32, f64)> {
        let both = self.indices.iter().zip(&self.values);
        both.map(|(&index, &value)| (index, value))
            .take_while(|(_, value)| !value.is_nan())
    }

    /// Where the scores from `low` up to `high` lie, both included; ranks less one. Any score where there is no bound.
    #[must_use]
    pub fn places_within(&self, low: Option<f64>, high: Option<f64>) -> Range<usize> {
        let scored = self.values.partition_point(|value| !value.is_nan());
        let values = &self.values[..scored];
        let too_low = |value: f64| low.is_some_and(|low| value < low);
        let too_high = |value: f64| high.is_some_and(|high| value > high);
        let rises = values.first() <= values.last();
        let (before, after): (&dyn Fn(f64) -> bool, &dyn Fn(f64) -> bool) = if rises {
            (&too_low, &too_high)
        } else {
            (&too_high, &too_low)
        };
        let first = values.partition_point(|&value| before(value));
        let end = values.partition_point(|&value| !after(value));
        first..end.max(first)
    }
}

/// Reads a score set; empty where it is not there.
///
/// # Errors
/// When the database fails.
pub async fn read(db: &Database, score_set: i64) -> Result<ScoreColumns, StoreError> {
    let row = sqlx::query!(
        r#"-- score_columns::read
           select indices, "values" from score_columns where score_set_id = $1"#,
        score_set
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(row.map_or_else(ScoreColumns::default, |row| ScoreColumns {
        indices: in_fours(&row.indices),
        values: (row.values.as_chunks().0.iter())
            .map(|&bytes| f64::from_be_bytes(bytes))
            .collect(),
    }))
}

/// The examples of a score set in rank order; none where it is not there.
pub(crate) async fn indices(db: &Database, score_set: i64) -> Result<Vec<i32>, StoreError> {
    let indices = sqlx::query_scalar!(
        "-- score_columns::indices
         select indices from score_columns where score_set_id = $1",
        score_set
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(in_fours(&indices.unwrap_or_default()))
}

fn in_fours(bytes: &[u8]) -> Vec<i32> {
    let fours = bytes.as_chunks().0.iter();
    fours.map(|&four| i32::from_be_bytes(four)).collect()
}

/// Stores the columns of rows in rank order.
pub(crate) async fn store(
    tx: &mut PgConnection,
    score_set: i64,
    rows: &impl Rows,
) -> Result<(), StoreError> {
    let statement =
        r#"copy score_columns (score_set_id, indices, "values") from stdin (format binary)"#;
    let mut copy = BinaryCopy::begin(tx, statement).await?;
    copy.row(3).i64(score_set);
    let indices = rows.in_order().map(|row| row.index.to_be_bytes());
    copy.column(rows.count(), indices).await?;
    let values = rows.in_order().map(|row| row.value.unwrap_or(f64::NAN));
    copy.column(rows.count(), values.map(f64::to_be_bytes))
        .await?;
    copy.finish().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn places_are_those_of_the_scores_between_the_bounds(
            mut values in proptest::collection::vec((0..9).prop_map(f64::from), 0..40),
            unscored in 0..3usize,
            rises: bool,
            low in proptest::option::of((-1..10).prop_map(f64::from)),
            high in proptest::option::of((-1..10).prop_map(f64::from)),
        ) {
            values.sort_by(f64::total_cmp);
            if !rises { values.reverse(); }
            let fits = |value: f64| low.is_none_or(|it| value >= it) && high.is_none_or(|it| value <= it);
            let expected: Vec<usize> = (0..values.len()).filter(|&at| fits(values[at])).collect();
            values.extend(std::iter::repeat_n(f64::NAN, unscored));
            let columns = ScoreColumns { indices: vec![0; values.len()], values };
            let places: Vec<usize> = columns.places_within(low, high).collect();
            prop_assert_eq!(places, expected);
        }
    }
}
