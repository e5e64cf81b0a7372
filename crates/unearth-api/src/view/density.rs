//! The data map.

use super::score::ScoreInfo;
use serde::Serialize;
use unearth_store::density::{Bounds, Cell};
use utoipa::ToSchema;

/// How many examples lie where between two signals.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DataMap {
    /// From left to right.
    pub(crate) x: DataMapAxis,
    /// From bottom to top.
    pub(crate) y: DataMapAxis,
    /// Cells along either axis.
    pub(crate) side: i32,
    /// Those in which there are examples; examples without one of the scores are in none.
    pub(crate) cells: Vec<DataMapCell>,
}

/// A signal and where its scores lie.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DataMapAxis {
    /// The signal.
    signal: ScoreInfo,
    /// Smallest score; null where no example has both.
    low: Option<f64>,
    /// Largest score.
    high: Option<f64>,
}

/// A part of the map.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DataMapCell {
    /// Column, from 0 at the low end.
    x: i32,
    /// Row, from 0 at the low end.
    y: i32,
    /// How many examples; never 0.
    examples: i64,
}

impl DataMapAxis {
    pub(crate) fn new(signal: ScoreInfo, bounds: Option<Bounds>) -> Self {
        let (low, high) = bounds.unzip();
        Self { signal, low, high }
    }
}

impl From<Cell> for DataMapCell {
    fn from(cell: Cell) -> Self {
        Self {
            x: cell.x,
            y: cell.y,
            examples: cell.examples,
        }
    }
}
