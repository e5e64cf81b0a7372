//! How many examples lie where between two signals.

use crate::score_columns::ScoreColumns;
use std::collections::BTreeMap;

/// The smallest and the largest score.
pub type Bounds = (f64, f64);

/// Examples with both scores in one cell of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Column, from 0 at the smallest score of the first.
    pub x: i32,
    /// Row, from 0 at the smallest score of the second.
    pub y: i32,
    /// How many; never 0.
    pub examples: i64,
}

/// The examples that two score sets score, counted in the cells of a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Density {
    /// Between which scores of the first and of the second the grid lies; none where no example has both.
    pub bounds: Option<(Bounds, Bounds)>,
    /// The cells in which there are examples, in row order.
    pub cells: Vec<Cell>,
}

/// Counts on a grid of `side` by `side` between the smallest and the largest scores. What lies on the upper bound is in
/// the last cell; where a signal has one value, all is in the first.
#[must_use]
pub fn density(x: &ScoreColumns, y: &ScoreColumns, side: i32) -> Density {
    let mut of_example = vec![f64::NAN; x.indices.iter().max().map_or(0, |&it| it as usize + 1)];
    for (index, value) in x.scored() {
        of_example[index as usize] = value;
    }
    let points: Vec<(f64, f64)> = (y.scored())
        .filter_map(|(index, y)| Some((*of_example.get(index as usize)?, y)))
        .filter(|(x, _)| !x.is_nan())
        .collect();
    let bounds =
        bounds(points.iter().map(|point| point.0)).zip(bounds(points.iter().map(|point| point.1)));
    let mut counts = BTreeMap::<(i32, i32), i64>::new();
    if let Some((x_bounds, y_bounds)) = bounds {
        for (x, y) in points {
            let cell = (place(y, y_bounds, side), place(x, x_bounds, side));
            *counts.entry(cell).or_default() += 1;
        }
    }
    let cell = |((y, x), examples)| Cell { x, y, examples };
    Density {
        bounds,
        cells: counts.into_iter().map(cell).collect(),
    }
}

fn bounds(mut values: impl Iterator<Item = f64>) -> Option<Bounds> {
    let first = values.next()?;
    Some(values.fold((first, first), |(low, high), value| {
        (low.min(value), high.max(value))
    }))
}

fn place(value: f64, (low, high): Bounds, side: i32) -> i32 {
    if low < high {
        let share = (value - low) / (high - low);
        ((share * f64::from(side)) as i32).min(side - 1)
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(values: &[(i32, f64)]) -> ScoreColumns {
        let (indices, values) = values.iter().copied().unzip();
        ScoreColumns { indices, values }
    }

    #[test]
    fn examples_with_both_scores_are_counted_where_they_lie() {
        let x = columns(&[(0, 0.0), (3, 0.5), (1, 1.0), (7, 2.0), (2, f64::NAN)]);
        let y = columns(&[(3, 8.0), (0, 4.0), (1, 0.0), (2, -9.0), (9, -10.0)]);
        let Density { bounds, cells } = density(&x, &y, 2);
        assert_eq!(bounds, Some(((0.0, 1.0), (0.0, 8.0))));
        let cells: Vec<_> = cells.iter().map(|it| (it.x, it.y, it.examples)).collect();
        assert_eq!(cells, [(1, 0, 1), (0, 1, 1), (1, 1, 1)]);
    }

    #[test]
    fn one_value_has_one_cell_and_no_example_none() {
        let one = columns(&[(0, 3.0), (1, 3.0)]);
        let found = density(&one, &one, 48);
        assert_eq!(
            (found.bounds, found.cells.len(), found.cells[0].examples),
            (Some(((3.0, 3.0), (3.0, 3.0))), 1, 2)
        );
        let none = density(&one, &columns(&[(5, 1.0)]), 48);
        assert_eq!((none.bounds, none.cells), (None, Vec::new()));
    }
}
