//! Whether the batches of an epoch or checkpoint hold each example exactly once.

/// Which examples the batches seen so far hold.
#[derive(Debug)]
pub struct Coverage {
    /// The batch that holds each example, in index order.
    batch: Vec<Option<u32>>,
    repeated: Repeated,
}

#[derive(Debug, Default)]
struct Repeated {
    count: usize,
    first: Option<(u32, u32, u32)>,
}

/// Why batches are not all examples once each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// Some examples are in two batches.
    Repeated {
        /// One of them, by index.
        example: u32,
        /// The batches it is in.
        batches: [u32; 2],
        /// How many there are.
        count: usize,
    },
    /// Some examples are in none.
    Missing {
        /// The first few of them, by index.
        first: Vec<u32>,
        /// How many there are.
        count: usize,
    },
}

impl Coverage {
    /// Nothing seen yet of `examples` examples.
    pub fn new(examples: usize) -> Self {
        Self {
            batch: vec![None; examples],
            repeated: Repeated::default(),
        }
    }

    /// Notes the examples of a batch; those beyond the dataset, which no batch has, are left out.
    pub fn add(&mut self, batch: u32, indices: impl Iterator<Item = u32>) {
        for index in indices {
            let Some(place) = self.batch.get_mut(index as usize) else {
                continue;
            };
            match *place {
                None => *place = Some(batch),
                Some(other) => {
                    self.repeated.count += 1;
                    self.repeated.first.get_or_insert((index, other, batch));
                }
            }
        }
    }

    /// What is wrong, if something is.
    ///
    /// # Errors
    /// Examples that are there twice, or else those that are missing.
    pub fn check(&self) -> Result<(), Flaw> {
        const LISTED: usize = 5;
        if let Some((example, one, other)) = self.repeated.first {
            return Err(Flaw::Repeated {
                example,
                batches: [one, other],
                count: self.repeated.count,
            });
        }
        let missing = || {
            let places = self.batch.iter().zip(0_u32..);
            places.filter_map(|(batch, index)| batch.is_none().then_some(index))
        };
        match missing().count() {
            0 => Ok(()),
            count => Err(Flaw::Missing {
                first: missing().take(LISTED).collect(),
                count,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_example_must_be_there_once() {
        let mut coverage = Coverage::new(5);
        coverage.add(7, [0, 2].into_iter());
        assert_eq!(
            coverage.check(),
            Err(Flaw::Missing {
                first: vec![1, 3, 4],
                count: 3
            })
        );
        coverage.add(9, [1, 4, 3].into_iter());
        assert_eq!(coverage.check(), Ok(()));
        coverage.add(11, [3, 2].into_iter());
        assert_eq!(
            coverage.check(),
            Err(Flaw::Repeated {
                example: 3,
                batches: [9, 11],
                count: 2
            })
        );
    }
}
