//! Samples of examples, from which is estimated how many labels are wrong.

use crate::{FieldError, share_of};
use serde::{Deserialize, Serialize};

/// A sample to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleRequest {
    /// How many examples to draw; fewer where there are not so many.
    pub examples: u64,
    /// Where one band of ranks ends and the next begins, as shares of the ranking, ascending, between 0
    /// and 1.
    pub edges: Vec<f64>,
    /// Whether every group is a stratum of its own within each band.
    pub by_group: bool,
    /// Seed of the draw.
    pub seed: u64,
}

impl SampleRequest {
    /// How many examples are drawn by default.
    pub const EXAMPLES: u64 = 200;
    /// Bands by default: the hardest 1 %, 5 % and 20 %, and the rest.
    pub const EDGES: [f64; 3] = [0.01, 0.05, 0.2];
    /// How many examples may be drawn.
    const EXAMPLES_MAX: u64 = 10_000;
    /// Into how many bands ranks may be divided.
    const EDGES_MAX: usize = 20;

    /// What is wrong with it, field by field.
    pub fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if !(1..=Self::EXAMPLES_MAX).contains(&self.examples) {
            let detail = format!("must be between 1 and {}", Self::EXAMPLES_MAX);
            errors.push(FieldError::new("examples", detail));
        }
        let inside = self.edges.iter().all(|&edge| edge > 0.0 && edge < 1.0);
        if !inside || !self.edges.is_sorted_by(|a, b| a < b) {
            let detail = "must be shares above 0 and below 1, each larger than the one before";
            errors.push(FieldError::new("edges", detail));
        }
        if self.edges.len() > Self::EDGES_MAX {
            let detail = format!("must be {} at most", Self::EDGES_MAX);
            errors.push(FieldError::new("edges", detail));
        }
        errors
    }

    /// First and last rank of each band of `total` ranks; bands without ranks are left out.
    pub fn bands(&self, total: u64) -> Vec<(u32, u32)> {
        let ends = self.edges.iter().map(|&edge| share_of(edge, total));
        let mut first = 1;
        let mut bands = Vec::new();
        for last in ends.chain([total]) {
            if last >= first {
                bands.push((first as u32, last as u32));
                first = last + 1;
            }
        }
        bands
    }
}

/// Part of a ranking from which examples are drawn uniformly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SampleStratum {
    /// First rank, 1 being the hardest.
    pub first_rank: u32,
    /// Last rank.
    pub last_rank: u32,
    /// Group; null where the sample is not drawn by group, or for examples without one.
    pub group: Option<String>,
    /// Examples in it.
    pub examples: u64,
    /// How many of them were drawn.
    pub drawn: u64,
}

/// How many examples to draw from strata of these sizes, `total` in all: equally many from each, as far as it
/// has them. Equal numbers tell small strata at the top as well as the large rest.
pub fn allocate(sizes: &[u64], total: u64) -> Vec<u64> {
    let mut drawn = vec![0; sizes.len()];
    let mut left = total.min(sizes.iter().sum());
    while left > 0 {
        let open: Vec<usize> = (0..sizes.len())
            .filter(|&at| drawn[at] < sizes[at])
            .collect();
        let each = (left / open.len() as u64).max(1);
        for at in open {
            let more = each.min(sizes[at] - drawn[at]).min(left);
            drawn[at] += more;
            left -= more;
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn request(edges: Vec<f64>) -> SampleRequest {
        SampleRequest {
            examples: 100,
            edges,
            by_group: false,
            seed: 0,
        }
    }

    #[test]
    fn bands_are_cut_at_their_shares() {
        let bands = request(vec![0.01, 0.05, 0.2]).bands(1_000);
        assert_eq!(bands, [(1, 10), (11, 50), (51, 200), (201, 1_000)]);
        assert_eq!(request(vec![]).bands(3), [(1, 3)]);
        assert_eq!(request(vec![0.5]).bands(0), []);
    }

    #[test]
    fn edges_and_sizes_are_checked() {
        assert_eq!(request(vec![0.1, 0.2]).check(), []);
        for edges in [
            vec![0.2, 0.1],
            vec![0.0],
            vec![1.0],
            vec![f64::NAN],
            vec![0.1, 0.1],
        ] {
            assert_eq!(request(edges).check()[0].field, "edges");
        }
        let none = SampleRequest {
            examples: 0,
            ..request(vec![])
        };
        assert_eq!(none.check()[0].field, "examples");
    }

    proptest! {
        #[test]
        fn bands_cover_every_rank_once(
            total in 0_u64..5_000,
            mut edges in proptest::collection::vec(0.001_f64..0.999, 0..6),
        ) {
            edges.sort_by(f64::total_cmp);
            edges.dedup();
            let mut next = 1;
            for (first, last) in request(edges).bands(total) {
                prop_assert_eq!(first, next);
                prop_assert!(last >= first);
                next = last + 1;
            }
            prop_assert_eq!(u64::from(next) - 1, total);
        }

        #[test]
        fn what_is_drawn_adds_up_and_is_spread_evenly(
            sizes in proptest::collection::vec(0_u64..300, 0..12),
            total in 0_u64..1_000,
        ) {
            let drawn = allocate(&sizes, total);
            prop_assert_eq!(drawn.iter().sum::<u64>(), total.min(sizes.iter().sum()));
            for (&one, &size) in drawn.iter().zip(&sizes) {
                prop_assert!(one <= size);
                let most = drawn.iter().copied().max().unwrap_or_default();
                prop_assert!(one == size || one + 1 >= most);
            }
        }
    }
}
