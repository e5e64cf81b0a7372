//! Two rankings side by side.

use super::score::ScoreInfo;
use crate::class_names::ClassNames;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use unearth_signals::stability::spearman;
use unearth_store::{StoreError, comparison::Pair};
use utoipa::ToSchema;

/// A ranking of one audit (here) compared with the same of another (there).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Comparison {
    /// What is ranked.
    signal: ScoreInfo,
    /// By what examples are the same.
    matched_by: MatchedBy,
    /// Examples that both rank.
    both: usize,
    /// Examples that only this audit ranks.
    only_here: usize,
    /// Examples that only the other one ranks.
    only_there: usize,
    /// Spearman's rank correlation over the examples that both score; null where there are fewer than two, or one
    /// ranking says the same of all.
    correlation: Option<f64>,
    /// How many of the hardest are looked at.
    top: i32,
    /// How many of them are in the top of both.
    shared: usize,
    /// Those in the top here and not there, the hardest here first.
    entered: Vec<Moved>,
    /// Those in the top there and not here, the hardest there first.
    left: Vec<Moved>,
    /// Per class, as labelled here (there where it is not here), in the order of their names.
    classes: Vec<ClassComparison>,
}

/// By what examples are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MatchedBy {
    /// The datasets have the same content.
    Index,
    /// Two datasets.
    Key,
}

/// An example that is in one top alone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Moved {
    /// File name or id.
    key: String,
    /// Example here; null where it is not ranked here, as in the three below.
    index: Option<i32>,
    /// Its given label.
    label: Option<String>,
    /// Hardest is 1.
    rank: Option<i32>,
    /// Its score.
    score: Option<f64>,
    /// Example there; null where it is not ranked there, as in the three below.
    other_index: Option<i32>,
    /// Its given label there.
    other_label: Option<String>,
    /// Its rank there.
    other_rank: Option<i32>,
    /// Its score there.
    other_score: Option<f64>,
}

/// How a class fares in both.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClassComparison {
    /// The class; null in a dataset without labels.
    label: Option<String>,
    /// Examples that both rank.
    both: usize,
    /// Spearman's rank correlation within the class; null as above.
    correlation: Option<f64>,
    /// How many are in the top here.
    top_here: usize,
    /// How many are in the top there.
    top_there: usize,
    /// How many are in both.
    shared: usize,
}

/// What is in one top alone.
pub(crate) struct Changes {
    entered: Vec<Pair>,
    left: Vec<Pair>,
}

/// Keys by index, of the examples of [`Changes`].
pub(crate) type Keys = HashMap<i32, String>;

/// Class names and keys of one of the two.
pub(crate) struct Names<'a> {
    pub(crate) classes: ClassNames<'a>,
    pub(crate) keys: Keys,
}

impl Changes {
    pub(crate) fn of(pairs: &[Pair], top: i32) -> Self {
        let in_one = |wanted: fn((bool, bool)) -> bool| {
            let pairs = pairs.iter().copied();
            pairs.filter(move |pair| wanted(tops(pair, top)))
        };
        let mut entered: Vec<Pair> = in_one(|(here, there)| here && !there).collect();
        entered.sort_by_key(|pair| pair.rank);
        let mut left: Vec<Pair> = in_one(|(here, there)| there && !here).collect();
        left.sort_by_key(|pair| pair.other_rank);
        Self { entered, left }
    }

    /// Indices here.
    pub(crate) fn here(&self) -> Vec<i32> {
        self.all().filter_map(|pair| pair.index).collect()
    }

    /// Indices there.
    pub(crate) fn there(&self) -> Vec<i32> {
        self.all().filter_map(|pair| pair.other_index).collect()
    }

    fn all(&self) -> impl Iterator<Item = &Pair> {
        self.entered.iter().chain(&self.left)
    }
}

impl Comparison {
    pub(crate) fn new(
        signal: ScoreInfo,
        matched_by: MatchedBy,
        (pairs, top): (&[Pair], i32),
        changes: Changes,
        (here, there): (&Names<'_>, &Names<'_>),
    ) -> Result<Self, StoreError> {
        let count = |wanted: fn(&Pair) -> bool| pairs.iter().filter(|pair| wanted(pair)).count();
        let moved = |pairs: Vec<Pair>| -> Result<Vec<Moved>, StoreError> {
            let moved = pairs.into_iter().map(|pair| Moved::new(pair, here, there));
            moved.collect()
        };
        Ok(Self {
            signal,
            matched_by,
            both: count(|pair| pair.index.is_some() && pair.other_index.is_some()),
            only_here: count(|pair| pair.other_index.is_none()),
            only_there: count(|pair| pair.index.is_none()),
            correlation: correlation(pairs.iter()),
            top,
            shared: shared(pairs.iter(), top),
            entered: moved(changes.entered)?,
            left: moved(changes.left)?,
            classes: classes(pairs, top, here.classes, there.classes)?,
        })
    }
}

impl Moved {
    fn new(pair: Pair, here: &Names<'_>, there: &Names<'_>) -> Result<Self, StoreError> {
        let key = |keys: &Keys, index: Option<i32>| keys.get(&index?).cloned();
        let key = key(&here.keys, pair.index).or_else(|| key(&there.keys, pair.other_index));
        Ok(Self {
            key: key.unwrap_or_default(),
            index: pair.index,
            label: named(here.classes, pair.label)?,
            rank: pair.rank,
            score: pair.value,
            other_index: pair.other_index,
            other_label: named(there.classes, pair.other_label)?,
            other_rank: pair.other_rank,
            other_score: pair.other_value,
        })
    }
}

fn named(classes: ClassNames<'_>, label: Option<i32>) -> Result<Option<String>, StoreError> {
    Ok(label
        .map(|label| classes.given(label))
        .transpose()?
        .flatten())
}

/// Whether it is in the top here and there. What has no score is in none.
fn tops(pair: &Pair, top: i32) -> (bool, bool) {
    let is_top = |rank: Option<i32>, value: Option<f64>| {
        value.is_some() && rank.is_some_and(|rank| rank <= top)
    };
    (
        is_top(pair.rank, pair.value),
        is_top(pair.other_rank, pair.other_value),
    )
}

fn shared<'p>(pairs: impl Iterator<Item = &'p Pair>, top: i32) -> usize {
    pairs.filter(|pair| tops(pair, top) == (true, true)).count()
}

fn correlation<'p>(pairs: impl Iterator<Item = &'p Pair>) -> Option<f64> {
    let (here, there): (Vec<_>, Vec<_>) = pairs.map(|pair| (pair.value, pair.other_value)).unzip();
    spearman(&here, &there)
}

fn classes(
    pairs: &[Pair],
    top: i32,
    here: ClassNames<'_>,
    there: ClassNames<'_>,
) -> Result<Vec<ClassComparison>, StoreError> {
    let mut by_class: BTreeMap<Option<String>, Vec<&Pair>> = BTreeMap::new();
    for pair in pairs {
        let class = match pair.label {
            Some(label) => named(here, Some(label))?,
            None => named(there, pair.other_label)?,
        };
        by_class.entry(class).or_default().push(pair);
    }
    let compared = by_class.into_iter().map(|(label, pairs)| {
        let of_class = || pairs.iter().copied();
        let both = |pair: &&Pair| pair.index.is_some() && pair.other_index.is_some();
        ClassComparison {
            label,
            both: of_class().filter(both).count(),
            correlation: correlation(of_class()),
            top_here: of_class().filter(|pair| tops(pair, top).0).count(),
            top_there: of_class().filter(|pair| tops(pair, top).1).count(),
            shared: shared(of_class(), top),
        }
    });
    Ok(compared.collect())
}
