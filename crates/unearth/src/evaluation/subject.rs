//! What is taken of a dataset.

use super::random::{Purpose, stream};
use crate::{
    exit::{Failure, WRONG_ARGUMENTS},
    reading::read,
};
use anyhow::{Result, bail, ensure};
use rand::seq::SliceRandom as _;
use serde::Serialize;
use std::path::Path;
use unearth_dataset::{Pack, Packed};

/// Which examples to take.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// Of which split; by default of `train` where there are several.
    pub(crate) split: Option<String>,
    /// How many at most.
    pub(crate) limit: Option<usize>,
    /// Whether images that cannot be decoded are left out instead of refused.
    pub(crate) skip_bad_examples: bool,
}

/// The examples of an evaluation, as the dataset gives them.
#[derive(Debug)]
pub(crate) struct Subject {
    /// Where it comes from.
    pub(super) source: Source,
    pub(super) pack: Pack,
    /// In index order.
    pub(super) examples: Vec<Example>,
    /// Names of all classes of the dataset.
    pub(super) class_names: Vec<String>,
    /// Those that an example has, ascending.
    pub(super) classes: Vec<usize>,
}

/// The dataset that examples were taken of.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Source {
    /// Name of its file or folder, without its ending.
    pub(super) name: String,
    /// BLAKE3 of its content.
    pub(super) content_hash: String,
    /// All its examples.
    pub(super) examples: usize,
    /// The split that examples were taken of; none where they were taken of all.
    pub(super) split: Option<String>,
    /// Its examples.
    pub(super) examples_in_split: usize,
}

/// One example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Example {
    /// Its index in the dataset.
    pub(super) index: usize,
    /// Which one of its split it is, from 0.
    pub(super) place: usize,
    pub(super) key: String,
    /// Position in the class names.
    pub(super) label: usize,
}

impl Subject {
    /// Reads a dataset, for which `work_dir` has room, and takes some of it.
    pub(crate) fn read(path: &Path, choice: &Choice, work_dir: &Path) -> Result<Self, Failure> {
        let packed = read(path, choice.skip_bad_examples, work_dir)?;
        let wrong_choice = |error| Failure::with_code(WRONG_ARGUMENTS, error);
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Self::taken(packed, &name, choice).map_err(wrong_choice)
    }

    fn taken(packed: Packed, name: &str, choice: &Choice) -> Result<Self> {
        let split = match &choice.split {
            Some(split) => Some(known(&packed, split)?),
            None => packed.facts.default_split(),
        };
        let in_split = packed.examples.iter().enumerate();
        let in_split = in_split.filter(|(_, example)| split.is_none() || example.split == split);
        let mut examples: Vec<Example> = in_split
            .enumerate()
            .map(|(place, (index, example))| Example {
                index,
                place,
                key: example.key.clone(),
                label: example.label as usize,
            })
            .collect();
        let source = Source {
            name: name.to_owned(),
            content_hash: packed.content_hash,
            examples: packed.examples.len(),
            split,
            examples_in_split: examples.len(),
        };
        if let Some(limit) = choice.limit {
            examples = balanced(examples, limit);
        }
        let mut classes: Vec<usize> = examples.iter().map(|example| example.label).collect();
        classes.sort_unstable();
        let counts: Vec<usize> = classes.chunk_by(|a, b| a == b).map(<[_]>::len).collect();
        classes.dedup();
        ensure!(
            classes.len() >= 2,
            "{} examples of one class were taken; training needs two classes",
            examples.len()
        );
        if let Some(limit) = choice.limit {
            ensure!(
                counts.iter().all(|&count| count >= 2),
                "`--limit {limit}` leaves a class with a single example; take at least {}",
                2 * classes.len()
            );
        }
        Ok(Self {
            source,
            pack: Pack::open(&packed.pack)?,
            examples,
            class_names: packed.class_names,
            classes,
        })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.examples.len()
    }

    /// Labels as the dataset gives them, by position.
    pub(super) fn labels(&self) -> Vec<usize> {
        self.examples.iter().map(|example| example.label).collect()
    }
}

fn known(packed: &Packed, split: &str) -> Result<String> {
    let splits = &packed.facts.splits;
    if splits.iter().any(|known| known.name == split) {
        return Ok(split.to_owned());
    }
    let names: Vec<&str> = splits.iter().map(|known| known.name.as_str()).collect();
    match names[..] {
        [] => bail!("`--split {split}`: the dataset has no splits"),
        _ => bail!("`--split {split}`: the splits are {}", names.join(", ")),
    }
}

/// At most `limit` of the examples, drawn at random: the same number of each class as far as there are so many.
/// They stay in their order.
fn balanced(examples: Vec<Example>, limit: usize) -> Vec<Example> {
    let mut order: Vec<usize> = (0..examples.len()).collect();
    order.shuffle(&mut stream(0, Purpose::Choice));
    // The first of every class, then the second of every class, and so on.
    let classes = examples.iter().map(|example| example.label + 1).max();
    let mut seen = vec![0_usize; classes.unwrap_or(0)];
    let mut rounds: Vec<(usize, usize, usize)> = order
        .into_iter()
        .map(|position| {
            let class = examples[position].label;
            seen[class] += 1;
            (seen[class], class, position)
        })
        .collect();
    rounds.sort_unstable();
    let mut taken: Vec<usize> = rounds
        .into_iter()
        .take(limit)
        .map(|(_, _, position)| position)
        .collect();
    taken.sort_unstable();
    let mut examples: Vec<Option<Example>> = examples.into_iter().map(Some).collect();
    taken
        .into_iter()
        .filter_map(|position| examples[position].take())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(index: usize, label: usize) -> Example {
        Example {
            index,
            place: index,
            key: index.to_string(),
            label,
        }
    }

    #[test]
    fn a_limit_takes_the_same_number_of_each_class_as_far_as_there_are_so_many() {
        let labels = [0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 3, 3, 3];
        let examples: Vec<Example> = labels
            .iter()
            .enumerate()
            .map(|(i, &l)| example(i, l))
            .collect();
        let taken = balanced(examples.clone(), 9);
        let count = |class| taken.iter().filter(|e| e.label == class).count();
        assert_eq!([0, 1, 2, 3].map(count), [3, 3, 1, 2]);
        assert!(taken.windows(2).all(|pair| pair[0].index < pair[1].index));
        assert!(
            taken
                .iter()
                .all(|example| labels[example.index] == example.label)
        );
        assert_eq!(balanced(examples.clone(), 9), taken);
        assert_eq!(balanced(examples.clone(), 100), examples);
    }
}
