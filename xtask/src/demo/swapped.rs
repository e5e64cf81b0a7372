//! Labels swapped on purpose, always the same ones, and the record of them.

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// One example in so many gets a wrong label.
const ONE_IN: usize = 20;
const CLASSES: u64 = 10;
const SEED: u64 = 20;

/// An example with a wrong label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Swapped {
    /// Its key in the dataset: the path below the image folder.
    pub(super) key: String,
    /// What the image shows.
    pub(super) true_label: u8,
    /// What the dataset says.
    pub(super) given_label: u8,
}

/// How many of `examples` get a wrong label: 5 %, rounded.
pub(super) fn count(examples: usize) -> usize {
    (examples + ONE_IN / 2) / ONE_IN
}

/// Gives 5 % of the examples another label, each of the nine others with equal chance.
pub(super) fn swap(labels: &[u8]) -> Vec<u8> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by_key(|&index| mix(SEED, index as u64));
    let mut given = labels.to_vec();
    for &index in &order[..count(labels.len())] {
        let step = 1 + mix(SEED + 1, index as u64) % (CLASSES - 1);
        given[index] = ((u64::from(labels[index]) + step) % CLASSES) as u8;
    }
    given
}

/// A number that looks random and is always the same: the finaliser of `SplitMix64` (Steele, Lea and Flood, 2014).
fn mix(seed: u64, index: u64) -> u64 {
    let mut z = seed
        .wrapping_shl(32)
        .wrapping_add(index)
        .wrapping_add(1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

pub(super) fn write(path: &Path, record: &[Swapped]) -> Result<()> {
    let mut file =
        csv::Writer::from_path(path).with_context(|| format!("cannot write {}", path.display()))?;
    for swapped in record {
        file.serialize(swapped)?;
    }
    file.flush()?;
    Ok(())
}

pub(super) fn read(path: &Path) -> Result<Vec<Swapped>> {
    let mut file =
        csv::Reader::from_path(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(file.deserialize().collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Vec<u8> {
        (0..1797).map(|index| (index % 10) as u8).collect()
    }

    #[test]
    fn exactly_five_percent_are_wrong_and_stay_so() {
        let labels = labels();
        let given = swap(&labels);
        let wrong = labels
            .iter()
            .zip(&given)
            .filter(|(label, given)| label != given)
            .count();
        assert_eq!(wrong, 90);
        assert!(given.iter().all(|label| *label < 10));
        assert_eq!(swap(&labels), given);
    }

    #[test]
    fn the_wrong_ones_are_spread_over_places_and_classes() {
        let labels = labels();
        let given = swap(&labels);
        let wrong: Vec<usize> = (0..labels.len())
            .filter(|&index| labels[index] != given[index])
            .collect();
        let in_first_half = wrong
            .iter()
            .filter(|&&index| index < labels.len() / 2)
            .count();
        assert!((30..=60).contains(&in_first_half), "{in_first_half} of 90");
        for class in 0..10 {
            assert!(
                wrong.iter().any(|&index| given[index] == class),
                "no swapped label is {class}"
            );
        }
    }

    #[test]
    fn the_record_survives_a_round_trip() {
        let path = std::env::temp_dir().join(format!("xtask-swapped-{}.csv", std::process::id()));
        let record = [Swapped {
            key: "3/0001.png".into(),
            true_label: 8,
            given_label: 3,
        }];
        write(&path, &record).unwrap();
        assert_eq!(read(&path).unwrap(), record);
        std::fs::remove_file(path).unwrap();
    }
}
