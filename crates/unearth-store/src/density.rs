//! How many examples lie where between two signals.

use crate::{Database, StoreError};

/// The smallest and the largest score.
pub type Bounds = (f64, f64);

/// Examples with both scores in one cell of the grid between the bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Column, from 0 at the smallest score of the first.
    pub x: i32,
    /// Row, from 0 at the smallest score of the second.
    pub y: i32,
    /// How many; never 0.
    pub examples: i64,
}

/// Bounds of the examples that both score sets score; none where there is no such example.
///
/// # Errors
/// When the database fails.
pub async fn bounds(db: &Database, x: i64, y: i64) -> Result<Option<(Bounds, Bounds)>, StoreError> {
    let row = sqlx::query!(
        r#"-- density::bounds
           select min(a.value) as x_low, max(a.value) as x_high,
                  min(b.value) as y_low, max(b.value) as y_high
           from scores a join scores b on b.score_set_id = $2 and b.index = a.index
           where a.score_set_id = $1 and a.value is not null and b.value is not null"#,
        x,
        y,
    )
    .fetch_one(&db.pool)
    .await?;
    Ok(row.x_low.zip(row.x_high).zip(row.y_low.zip(row.y_high)))
}

/// The cells of a grid of `side` by `side` in which there are examples, in row order. What lies on the upper bound is
/// in the last cell; where a signal has one value, all is in the first.
///
/// # Errors
/// When the database fails.
pub async fn cells(
    db: &Database,
    (x, x_bounds): (i64, Bounds),
    (y, y_bounds): (i64, Bounds),
    side: i32,
) -> Result<Vec<Cell>, StoreError> {
    let cells = sqlx::query_as!(
        Cell,
        r#"-- density::cells
           select (case when $3::float8 < $4::float8
                        then least(width_bucket(a.value, $3, $4, $7), $7) - 1 else 0 end) as "x!",
                  (case when $5::float8 < $6::float8
                        then least(width_bucket(b.value, $5, $6, $7), $7) - 1 else 0 end) as "y!",
                  count(*) as "examples!"
           from scores a join scores b on b.score_set_id = $2 and b.index = a.index
           where a.score_set_id = $1 and a.value is not null and b.value is not null
           group by 2, 1 order by 2, 1"#,
        x,
        y,
        x_bounds.0,
        x_bounds.1,
        y_bounds.0,
        y_bounds.1,
        side,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(cells)
}
