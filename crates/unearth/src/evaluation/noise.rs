//! Wrong labels, planted.

use super::random::{Purpose, stream};
use rand::{RngExt as _, seq::SliceRandom as _};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::{fmt, str::FromStr};

/// Which labels become wrong, and which ones they become.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Noise {
    /// This share of all labels becomes any of the other classes, with equal chance.
    Uniform { share: f64 },
    /// This share of each class's labels becomes one other class, the same for all of them; each class
    /// gets the labels of one other class.
    Class { share: f64 },
}

impl Noise {
    /// The labels with wrong ones among them: never the label that was there before. `classes` are those to
    /// choose from, two at least; every label is one of them.
    pub(super) fn plant(self, labels: &[usize], classes: &[usize], seed: u64) -> Vec<usize> {
        let mut random = stream(seed, Purpose::Noise);
        match self {
            Self::Uniform { share } => uniform(labels, classes, share, &mut random),
            Self::Class { share } => by_class(labels, classes, share, &mut random),
        }
    }
}

fn uniform(labels: &[usize], classes: &[usize], share: f64, random: &mut ChaCha8Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.shuffle(random);
    let mut given = labels.to_vec();
    for &position in &order[..count(share, labels.len())] {
        let drawn = random.random_range(0..classes.len() - 1);
        // The last class stands in for the label itself, which is not among those to draw.
        given[position] = match classes[drawn] {
            class if class == labels[position] => classes[classes.len() - 1],
            class => class,
        };
    }
    given
}

fn by_class(
    labels: &[usize],
    classes: &[usize],
    share: f64,
    random: &mut ChaCha8Rng,
) -> Vec<usize> {
    // Each class becomes the next one of a cycle through all of them, so that none becomes itself.
    let mut cycle = classes.to_vec();
    cycle.shuffle(random);
    let mut given = labels.to_vec();
    for (at, &class) in cycle.iter().enumerate() {
        let mut members: Vec<usize> = (0..labels.len())
            .filter(|&position| labels[position] == class)
            .collect();
        members.shuffle(random);
        for &position in &members[..count(share, members.len())] {
            given[position] = cycle[(at + 1) % cycle.len()];
        }
    }
    given
}

/// How many of `examples` a share is, rounded.
fn count(share: f64, examples: usize) -> usize {
    (share * examples as f64).round() as usize
}

impl FromStr for Noise {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "must be `uniform:SHARE` or `class:SHARE`, the share above 0 and below 1";
        let (kind, share) = text.split_once(':').ok_or(wanted)?;
        let share: f64 = share.parse().map_err(|_| wanted)?;
        if !(share > 0.0 && share < 1.0) {
            return Err(wanted.to_owned());
        }
        match kind {
            "uniform" => Ok(Self::Uniform { share }),
            "class" => Ok(Self::Class { share }),
            _ => Err(wanted.to_owned()),
        }
    }
}

/// For people: `10 %, uniform`.
impl fmt::Display for Noise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (share, kind) = match self {
            Self::Uniform { share } => (share, "uniform"),
            Self::Class { share } => (share, "class-dependent"),
        };
        write!(f, "{} %, {kind}", (share * 1e4).round() / 1e2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASSES: [usize; 4] = [0, 2, 3, 7];

    /// 30, 20, 20 and 10 of the classes.
    fn labels() -> Vec<usize> {
        [0, 2, 3, 7, 0, 2, 3, 0].repeat(10)
    }

    fn wrong(labels: &[usize], given: &[usize]) -> Vec<usize> {
        let positions = 0..labels.len();
        positions.filter(|&at| labels[at] != given[at]).collect()
    }

    fn planted(noise: &str, seed: u64) -> Vec<usize> {
        let noise: Noise = noise.parse().unwrap();
        noise.plant(&labels(), &CLASSES, seed)
    }

    #[test]
    fn exactly_the_share_is_wrong_whatever_the_seed() {
        for seed in 0..50 {
            assert_eq!(wrong(&labels(), &planted("uniform:0.1", seed)).len(), 8);
            let given = planted("class:0.2", seed);
            let wrong = wrong(&labels(), &given);
            let of = |class| wrong.iter().filter(|&&at| labels()[at] == class).count();
            assert_eq!(CLASSES.map(of), [6, 4, 4, 2]);
        }
    }

    #[test]
    fn a_seed_plants_the_same_and_another_seed_others() {
        for noise in ["uniform:0.3", "class:0.3"] {
            assert_eq!(planted(noise, 5), planted(noise, 5));
            assert_ne!(planted(noise, 5), planted(noise, 6));
        }
        // Published figures were made with this generator: with another one they are others.
        let given = planted("uniform:0.05", 0);
        assert_eq!(wrong(&labels(), &given), [4, 7, 53, 68]);
    }

    #[test]
    fn uniform_noise_reaches_every_other_class_evenly() {
        let mut reached = std::collections::BTreeMap::new();
        for seed in 0..300 {
            let given = planted("uniform:0.9", seed);
            for at in wrong(&labels(), &given) {
                *reached.entry((labels()[at], given[at])).or_insert(0) += 1;
            }
        }
        assert_eq!(reached.len(), 12, "{reached:?}");
        for ((from, _), count) in reached {
            let of_class = labels().iter().filter(|&&label| label == from).count();
            // 300 seeds, nine tenths, three classes to go to; within a tenth of what is expected.
            let expected = 300.0 * 0.9 * of_class as f64 / 3.0;
            assert!((f64::from(count) / expected - 1.0).abs() < 0.1);
        }
    }

    #[test]
    fn class_noise_sends_each_class_to_one_other_and_no_two_to_the_same() {
        for seed in 0..50 {
            let given = planted("class:0.5", seed);
            let mut to = std::collections::BTreeMap::new();
            for at in wrong(&labels(), &given) {
                assert_eq!(*to.entry(labels()[at]).or_insert(given[at]), given[at]);
            }
            let mut targets: Vec<usize> = to.into_values().collect();
            targets.sort_unstable();
            assert_eq!(targets, CLASSES);
        }
    }

    #[test]
    fn what_is_no_noise_is_refused() {
        for text in [
            "uniform",
            "uniform:0",
            "uniform:1",
            "class:NaN",
            "pairs:0.1",
            "uniform:0,1",
        ] {
            assert!(text.parse::<Noise>().is_err(), "{text}");
        }
        assert_eq!(
            "class:0.125".parse::<Noise>().unwrap().to_string(),
            "12.5 %, class-dependent"
        );
    }
}
