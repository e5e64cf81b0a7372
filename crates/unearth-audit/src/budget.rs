//! How much of a ranking people review.

/// `⌈share·examples⌉`: how many a share takes. A product that is whole but for its rounding counts as
/// whole: 7 % of 100 are 7.
pub fn share_of(share: f64, examples: u64) -> u64 {
    (share * examples as f64 - 1e-9).ceil() as u64
}

/// A part of a ranking from its hard end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Budget {
    /// So many examples.
    Count(u64),
    /// This share of the scored examples, rounded up.
    Percent(f64),
}

impl Budget {
    /// Those that are reported.
    pub const ALL: [Self; 6] = [
        Self::Count(50),
        Self::Count(100),
        Self::Percent(1.0),
        Self::Percent(5.0),
        Self::Percent(10.0),
        Self::Percent(20.0),
    ];

    /// How many of `examples` that are; never more than there are.
    pub fn of(self, examples: u64) -> u64 {
        let wanted = match self {
            Self::Count(count) => count,
            Self::Percent(percent) => share_of(percent / 100.0, examples),
        };
        wanted.min(examples)
    }

    /// `50`, `1 %`, …
    pub fn name(self) -> String {
        match self {
            Self::Count(count) => count.to_string(),
            Self::Percent(percent) => format!("{percent} %"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_never_more_than_there_is() {
        let of = |examples| Budget::ALL.map(|budget| budget.of(examples));
        assert_eq!(of(10_000), [50, 100, 100, 500, 1_000, 2_000]);
        assert_eq!(of(101), [50, 100, 2, 6, 11, 21]);
        assert_eq!(of(30), [30, 30, 1, 2, 3, 6]);
        assert_eq!(Budget::Percent(5.0).name(), "5 %");
    }
}
