//! Area-averaging: bringing a gradient map down to the size at which it is kept.

use tch::{Device, Kind, Tensor};

/// Averages maps down along both sides. A pixel of the result is the mean of the area it covers;
/// source pixels that it covers in part count in part.
pub(crate) struct AreaAverage {
    /// f32 `[map_height, height]`; none where the sides are equal.
    rows: Option<Tensor>,
    /// f32 `[width, map_width]`.
    columns: Option<Tensor>,
}

impl AreaAverage {
    /// From `(height, width)` to `(map_height, map_width)`.
    pub(crate) fn new(from: (i64, i64), to: (i64, i64), device: Device) -> Self {
        Self {
            rows: matrix(from.0, to.0, device),
            columns: matrix(from.1, to.1, device).map(|m| m.transpose(0, 1)),
        }
    }

    /// f32 `[m, height, width]` to f32 `[m, map_height, map_width]`.
    pub(crate) fn apply(&self, maps: &Tensor) -> Tensor {
        let maps = match &self.rows {
            Some(rows) => rows.matmul(maps),
            None => maps.shallow_clone(),
        };
        match &self.columns {
            Some(columns) => maps.matmul(columns),
            None => maps,
        }
    }
}

fn matrix(from: i64, to: i64, device: Device) -> Option<Tensor> {
    if from == to {
        return None;
    }
    let weights = weights(from as usize, to as usize);
    Some(
        Tensor::from_slice(&weights)
            .view([to, from])
            .to_kind(Kind::Float)
            .to_device(device),
    )
}

/// `[to, from]`, row-major: the share of target pixel `t` that source pixel `s` makes up.
fn weights(from: usize, to: usize) -> Vec<f64> {
    let span = from as f64 / to as f64;
    let mut weights = Vec::with_capacity(from * to);
    for target in 0..to {
        let (start, end) = (target as f64 * span, (target + 1) as f64 * span);
        weights.extend((0..from).map(|source| {
            let source = source as f64;
            let covered = end.min(source + 1.0) - start.max(source);
            covered.max(0.0) / span
        }));
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_target_is_a_mean_and_every_source_counts_alike(to in 1usize..20, more in 0usize..30) {
            let from = to + more;
            let weights = weights(from, to);
            for row in weights.chunks(from) {
                prop_assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            }
            for source in 0..from {
                let column: f64 = (0..to).map(|t| weights[t * from + source]).sum();
                prop_assert!((column - to as f64 / from as f64).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn whole_blocks_are_averaged() {
        let map = Tensor::arange(16, (Kind::Float, Device::Cpu)).view([1, 4, 4]);
        let down = AreaAverage::new((4, 4), (2, 2), Device::Cpu).apply(&map);
        assert_eq!(host::f32s(&down), [2.5, 4.5, 10.5, 12.5]);
        let same = AreaAverage::new((4, 4), (4, 4), Device::Cpu).apply(&map);
        assert_eq!(same, map);
    }
}
