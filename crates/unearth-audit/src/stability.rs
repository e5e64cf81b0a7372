//! How far the rankings of several seeds agree.

use serde::{Deserialize, Serialize};

/// Agreement of a signal's rankings under all seeds of an audit, pair by pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stability {
    /// How many seeds were trained.
    pub seeds: u32,
    /// Spearman's rank correlation.
    pub correlation: Option<Spread>,
    /// Share of the hardest examples of one seed that are among the hardest of another.
    pub overlap: Vec<Overlap>,
}

/// Agreement about the hardest examples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Overlap {
    /// `50`, `100`, `1 %`, …
    pub top: String,
    /// How many that are.
    pub k: u64,
    /// Share that is common.
    pub share: Spread,
}

/// A figure over several seeds, or pairs of them. The range is of those that were tried, and no interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Smallest.
    pub min: f64,
    /// Largest.
    pub max: f64,
}

impl Spread {
    /// Of these figures; none where there is none.
    pub fn of(figures: &[f64]) -> Option<Self> {
        let min = figures.iter().copied().min_by(f64::total_cmp)?;
        let max = figures.iter().copied().max_by(f64::total_cmp)?;
        Some(Self {
            mean: figures.iter().sum::<f64>() / figures.len() as f64,
            min,
            max,
        })
    }
}
