//! What held-out probes were called.

/// Counts of held-out probes by what they are and what the vote called them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    /// `[true][called]`.
    counts: Vec<Vec<u32>>,
}

/// Rounds of the prevalence estimate: it moves less than a thousandth well before.
const ROUNDS: usize = 1_000;

impl Confusion {
    /// Nothing counted yet among `categories`.
    pub fn new(categories: usize) -> Self {
        Self {
            counts: vec![vec![0; categories]; categories],
        }
    }

    /// Counts a probe of category `is` that was called `called`.
    ///
    /// # Panics
    /// When one of them is no category.
    pub fn add(&mut self, is: usize, called: usize) {
        self.counts[is][called] += 1;
    }

    /// `[true][called]`.
    pub fn counts(&self) -> &[Vec<u32>] {
        &self.counts
    }

    /// How many probes of a category were counted.
    pub fn total(&self, category: usize) -> u32 {
        self.counts[category].iter().sum()
    }

    /// Share of a category's probes that were called so; none without any.
    pub fn recall(&self, category: usize) -> Option<f64> {
        self.rate(category, category)
    }

    /// Share of those called so that are, were all categories equally frequent; none where nothing was
    /// called so.
    pub fn precision(&self, category: usize) -> Option<f64> {
        let called: f64 = (0..self.counts.len())
            .filter_map(|is| self.rate(is, category))
            .sum();
        (called > 0.0).then(|| self.rate(category, category).unwrap_or(0.0) / called)
    }

    /// Mean recall of the categories that have probes; none without any.
    pub fn balanced_accuracy(&self) -> Option<f64> {
        let recalls: Vec<f64> = (0..self.counts.len())
            .filter_map(|category| self.recall(category))
            .collect();
        (!recalls.is_empty()).then(|| recalls.iter().sum::<f64>() / recalls.len() as f64)
    }

    /// Share of the probes of `of` that were called `called`; none where `of` has none.
    pub fn rate(&self, of: usize, called: usize) -> Option<f64> {
        let total = self.total(of);
        (total > 0).then(|| f64::from(self.counts[of][called]) / f64::from(total))
    }

    /// How frequent each category is among examples of which `called[c]` were called `c`, given how the
    /// vote errs on probes: the shares p on the simplex under which the observed calls are most likely,
    /// by expectation maximisation over calls with known error rates (Saerens, Latinne & Decaestecker
    /// 2002, with the confusion matrix for a classifier's posterior). None where a category has no
    /// held-out probe or nothing was called.
    pub fn prevalence(&self, called: &[u64]) -> Option<Vec<f64>> {
        let categories = self.counts.len();
        let total: u64 = called.iter().sum();
        let rates: Vec<Vec<f64>> = (0..categories)
            .map(|is| (0..categories).map(|to| self.rate(is, to)).collect())
            .collect::<Option<_>>()?;
        if total == 0 || called.len() != categories {
            return None;
        }
        let observed: Vec<f64> = called.iter().map(|&n| n as f64 / total as f64).collect();
        let mut shares = vec![1.0 / categories as f64; categories];
        for _ in 0..ROUNDS {
            let expected: Vec<f64> = (0..categories)
                .map(|to| (0..categories).map(|is| shares[is] * rates[is][to]).sum())
                .collect();
            let update = |is: usize| -> f64 {
                let likely = (0..categories).filter(|&to| expected[to] > 0.0);
                likely
                    .map(|to| rates[is][to] * observed[to] / expected[to])
                    .sum()
            };
            let next: Vec<f64> = (0..categories).map(|is| shares[is] * update(is)).collect();
            // Calls that no probe of any category got are explained by none: what is left is shared.
            let sum: f64 = next.iter().sum();
            if sum <= 0.0 {
                return None;
            }
            shares = next.iter().map(|share| share / sum).collect();
        }
        Some(shares)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn confusion(counts: &[[u32; 2]; 2]) -> Confusion {
        Confusion {
            counts: counts.iter().map(|row| row.to_vec()).collect(),
        }
    }

    #[test]
    fn recall_and_precision_do_not_depend_on_the_sizes_of_suites() {
        let even = confusion(&[[8, 2], [4, 6]]);
        let uneven = confusion(&[[80, 20], [4, 6]]);
        for confusion in [&even, &uneven] {
            assert!((confusion.recall(0).unwrap() - 0.8).abs() < 1e-12);
            assert!((confusion.precision(0).unwrap() - 0.8 / 1.2).abs() < 1e-12);
            assert!((confusion.precision(1).unwrap() - 0.6 / 0.8).abs() < 1e-12);
            assert!((confusion.balanced_accuracy().unwrap() - 0.7).abs() < 1e-12);
        }
    }

    #[test]
    fn nothing_counted_is_nothing_said() {
        let empty = Confusion::new(2);
        assert_eq!(empty.recall(0), None);
        assert_eq!(empty.precision(0), None);
        assert_eq!(empty.balanced_accuracy(), None);
        assert_eq!(empty.prevalence(&[1, 1]), None);
        assert_eq!(confusion(&[[1, 0], [0, 1]]).prevalence(&[0, 0]), None);
    }

    #[test]
    fn calls_that_errors_alone_explain_are_no_prevalence() {
        // A tenth of everything is called 1, and so is a tenth of what is 0.
        let shares = confusion(&[[90, 10], [5, 95]])
            .prevalence(&[900, 100])
            .unwrap();
        assert!(shares[1] < 0.01, "{shares:?}");
    }

    proptest! {
        #[test]
        fn it_finds_the_shares_that_made_the_calls(
            share in 0.0f64..=1.0, right in 60u32..=100, also_right in 60u32..=100,
        ) {
            let confusion = confusion(&[[right, 100 - right], [100 - also_right, also_right]]);
            let called = share * confusion.rate(0, 0).unwrap()
                + (1.0 - share) * confusion.rate(1, 0).unwrap();
            let total = 1e6;
            let calls = [(called * total).round() as u64, ((1.0 - called) * total).round() as u64];
            let found = confusion.prevalence(&calls).unwrap();
            prop_assert!((found[0] - share).abs() < 0.02, "{found:?} {share}");
            prop_assert!((found[0] + found[1] - 1.0).abs() < 1e-9);
        }
    }
}
