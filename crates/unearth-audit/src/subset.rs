//! The subsets: parts of a dataset that a rule over stored scores picks out.

use crate::{Level, Signal, Suite};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{borrow::Cow, fmt};

/// A named part of an audit's examples. Its threshold, where it has one, is applied when it is asked
/// for: nothing is computed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subset {
    /// The hardest by Variance of Gradients.
    TopVog,
    /// The most probable wrong labels.
    LabelIssues,
    /// Never predicted as labelled.
    NeverLearned,
    /// The predictions change most from epoch to epoch.
    Ambiguous,
    /// Learned early and for good.
    Easy,
    /// Equal pixels carry another label elsewhere in the dataset.
    SamePixelsOtherLabel,
    /// Learned as typical probes are.
    Typical,
    /// Learned as atypical probes are.
    Atypical,
    /// Learned as probes with random labels are.
    RandomOutputs,
    /// Learned as noisy probes are.
    Corrupted,
    /// Learned as random pixels are.
    RandomInputsOutputs,
    /// Learned as sketches are.
    OutOfDistribution,
    /// Pruning or compression identified exemplars: a population of models and the unpruned one disagree.
    Exemplars(Level),
}

/// What a reader of a subset must be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubsetInfo {
    /// Name used in the API.
    pub name: Cow<'static, str>,
    /// Title for people.
    pub title: Cow<'static, str>,
    /// What it is good for, and what it is not.
    pub purpose: &'static str,
}

/// One thing that is true of every example of a subset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Condition {
    /// It is among this share of the scored examples, from one end of a signal's ranking: `⌈share·n⌉`
    /// of them, equal scores by index.
    Within {
        /// Whose ranking; VoG over all checkpoints.
        signal: Signal,
        /// From which end.
        end: End,
        /// How much of the ranking, above 0 and up to 1.
        share: f64,
    },
    /// The signal is 0.
    IsZero(Signal),
    /// Another example has equal pixels and another label.
    SamePixelsOtherLabel,
    /// The archaeology's vote puts it in this category.
    Category(Suite),
    /// The modal classes of this population and the unpruned one differ.
    Exemplar(Level),
}

/// An end of a ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Where rank 1 is.
    Hardest,
    /// Where the last scored rank is.
    Easiest,
}

impl Subset {
    /// Every subset that any audit may have, in the order in which they are listed; those of the populations
    /// of an audit come after them.
    pub const ALL: [Self; 12] = [
        Self::LabelIssues,
        Self::TopVog,
        Self::NeverLearned,
        Self::Ambiguous,
        Self::Easy,
        Self::SamePixelsOtherLabel,
        Self::Typical,
        Self::Atypical,
        Self::RandomOutputs,
        Self::Corrupted,
        Self::RandomInputsOutputs,
        Self::OutOfDistribution,
    ];

    /// Name, title and purpose.
    pub fn info(self) -> SubsetInfo {
        let (name, title, purpose) = match self {
            Self::Exemplars(level) => return of_exemplars(level),
            Self::TopVog => (
                "top_vog",
                "Hardest by VoG",
                "difficult and atypical examples; not a list of wrong labels",
            ),
            Self::LabelIssues => (
                "label_issues",
                "Label issues",
                "labels to review first; how many of them are wrong is for a reader to say",
            ),
            Self::NeverLearned => (
                "never_learned",
                "Never learned",
                "wrong labels and examples that the model cannot tell, together",
            ),
            Self::Ambiguous => (
                "ambiguous",
                "Ambiguous",
                "examples near a boundary, from which a model gains most (Dataset Cartography, arXiv 2009.10795)",
            ),
            Self::Easy => (
                "easy",
                "Easy",
                "examples that training could do with fewer of (Dataset Cartography, arXiv 2009.10795)",
            ),
            Self::SamePixelsOtherLabel => (
                "same_pixels_other_label",
                "Same pixels, other label",
                "contradictions: at most one of the labels can be the only right one",
            ),
            Self::Typical => (
                "typical",
                "Learned like typical ones",
                "examples that any model learns first; see how reliable the archaeology is here",
            ),
            Self::Atypical => (
                "atypical",
                "Learned like atypical ones",
                "rare views and minorities with a right label; see how reliable the archaeology is here",
            ),
            Self::RandomOutputs => (
                "random_outputs",
                "Learned like wrong labels",
                "probable wrong labels by the probes' vote; label_issue ranks them better",
            ),
            Self::Corrupted => (
                "corrupted",
                "Learned like noisy images",
                "damaged inputs; on clean data this is a rate of false alarms",
            ),
            Self::RandomInputsOutputs => (
                "random_inputs_outputs",
                "Learned like random pixels",
                "inputs without content",
            ),
            Self::OutOfDistribution => (
                "out_of_distribution",
                "Learned like sketches",
                "inputs of another kind than the rest",
            ),
        };
        SubsetInfo {
            name: name.into(),
            title: title.into(),
            purpose,
        }
    }

    /// The subset with this name, those of populations included.
    pub fn from_name(name: &str) -> Option<Self> {
        let exemplars = Level::of_exemplars(name).map(Self::Exemplars);
        let mut known = Self::ALL.into_iter();
        exemplars.or_else(|| known.find(|subset| subset.info().name == name))
    }

    /// The share of a ranking that its rule takes unless told otherwise; none where it takes none.
    pub fn default_share(self) -> Option<f64> {
        match self {
            Self::TopVog | Self::LabelIssues => Some(0.05),
            // The third of Dataset Cartography.
            Self::Ambiguous | Self::Easy => Some(0.33),
            _ => None,
        }
    }

    /// What is true of its examples, all of it together; `share` means something only where there is
    /// a [default](Self::default_share).
    pub fn conditions(self, share: f64) -> Vec<Condition> {
        let within = |signal, end| Condition::Within { signal, end, share };
        match self {
            Self::TopVog => vec![within(Signal::Vog, End::Hardest)],
            Self::LabelIssues => vec![within(Signal::LabelIssue, End::Hardest)],
            Self::NeverLearned => vec![Condition::IsZero(Signal::Correctness)],
            Self::Ambiguous => vec![within(Signal::Variability, End::Hardest)],
            Self::Easy => vec![
                within(Signal::Confidence, End::Easiest),
                within(Signal::Variability, End::Easiest),
            ],
            Self::SamePixelsOtherLabel => vec![Condition::SamePixelsOtherLabel],
            Self::Typical
            | Self::Atypical
            | Self::RandomOutputs
            | Self::Corrupted
            | Self::RandomInputsOutputs
            | Self::OutOfDistribution => {
                self.suite().map(Condition::Category).into_iter().collect()
            }
            Self::Exemplars(level) => vec![Condition::Exemplar(level)],
        }
    }

    /// The suite whose category it is.
    pub fn suite(self) -> Option<Suite> {
        Suite::from_name(&self.info().name)
    }

    /// Its rule in words, with the threshold in it.
    pub fn rule(self, share: f64) -> String {
        let percent = percent(share);
        match self {
            Self::TopVog => {
                format!("the hardest {percent} by Variance of Gradients over all checkpoints")
            }
            Self::LabelIssues => format!("the top {percent} of label_issue"),
            Self::NeverLearned => {
                "no epoch of training predicted the given label, so that nothing could be forgotten"
                    .to_owned()
            }
            Self::Ambiguous => format!(
                "the {percent} whose probability of the given label varied most over the epochs"
            ),
            Self::Easy => format!(
                "among the {percent} with the highest confidence and the {percent} with the lowest variability"
            ),
            Self::SamePixelsOtherLabel => {
                "another example of the dataset has the same pixels, byte for byte, and another label"
                    .to_owned()
            }
            Self::Typical
            | Self::Atypical
            | Self::RandomOutputs
            | Self::Corrupted
            | Self::RandomInputsOutputs
            | Self::OutOfDistribution => format!(
                "most of the probes whose losses run nearest to its own are {}",
                self.info().name
            ),
            Self::Exemplars(level) => rule_of_exemplars(level),
        }
    }
}

fn of_exemplars(level: Level) -> SubsetInfo {
    let (title, purpose) = match level {
        Level::Unpruned | Level::Null => (
            "Changed by chance".to_owned(),
            "what two unpruned populations disagree on: the ruler for what pruning changes",
        ),
        Level::Pruned(sparsity) => (
            format!("Changed by pruning {} %", sparsity.share() * 100.0),
            "rare, atypical and ambiguous examples that pruned models forget; some of them would differ by chance",
        ),
        Level::Quantised(quantisation) => (
            format!("Changed by {}", quantisation.as_str()),
            "examples whose label rounding the weights changes",
        ),
    };
    SubsetInfo {
        name: level.exemplars().unwrap_or_default().into(),
        title: title.into(),
        purpose,
    }
}

fn rule_of_exemplars(level: Level) -> String {
    let models = match level {
        Level::Unpruned | Level::Null => "a second unpruned population".to_owned(),
        Level::Pruned(sparsity) => format!("models pruned to a sparsity of {sparsity}"),
        Level::Quantised(quantisation) => {
            format!("the same models rounded to {}", quantisation.as_str())
        }
    };
    format!(
        "the class that most models predict is another among {models} than among the unpruned ones"
    )
}

impl Serialize for Subset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Subset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| {
            let names = Self::ALL.map(|subset| subset.info().name).join(", ");
            serde::de::Error::custom(format!(
                "there is no subset `{name}`; the subsets are {names}, and those of the populations of an audit, such as pie@0.5 and cie_int8"
            ))
        })
    }
}

#[cfg(feature = "openapi")]
mod schema {
    use super::Subset;
    use utoipa::{
        PartialSchema, ToSchema,
        openapi::{ObjectBuilder, RefOr, Schema, Type, schema::SchemaType},
    };

    impl PartialSchema for Subset {
        fn schema() -> RefOr<Schema> {
            let names = Subset::ALL.map(|subset| subset.info().name).join("`, `");
            ObjectBuilder::new()
                .schema_type(SchemaType::Type(Type::String))
                .description(Some(format!(
                    "A subset: `{names}`, or the exemplars of a population, such as `pie@0.5`, `pie@null` and `cie_int8`."
                )))
                .examples(["label_issues"])
                .into()
        }
    }

    impl ToSchema for Subset {}
}

/// A share as people write it: `5 %`, `0.25 %`.
fn percent(share: f64) -> String {
    let hundredths = (share * 10_000.0).round() / 100.0;
    format!("{hundredths} %")
}

impl fmt::Display for Subset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.info().name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subset_is_found_by_its_name() {
        let of_a_level = Subset::Exemplars("0.5".parse().unwrap());
        for subset in Subset::ALL.into_iter().chain([of_a_level]) {
            assert_eq!(Subset::from_name(&subset.info().name), Some(subset));
            let word = serde_json::to_value(subset).unwrap();
            assert_eq!(word, *subset.info().name);
            assert_eq!(serde_json::from_value::<Subset>(word).unwrap(), subset);
        }
        assert_eq!(of_a_level.to_string(), "pie@0.5");
    }

    #[test]
    fn every_category_of_an_archaeology_is_a_subset() {
        let of_subsets: Vec<Suite> = Subset::ALL.into_iter().filter_map(Subset::suite).collect();
        assert_eq!(of_subsets, Suite::ALL);
        assert_eq!(
            Subset::Corrupted.conditions(1.0),
            [Condition::Category(Suite::Corrupted)]
        );
    }

    #[test]
    fn a_rule_says_its_threshold() {
        assert_eq!(Subset::LabelIssues.rule(0.05), "the top 5 % of label_issue");
        assert_eq!(
            Subset::Ambiguous.rule(0.002_5),
            "the 0.25 % whose probability of the given label varied most over the epochs"
        );
        for subset in Subset::ALL {
            let says = subset.rule(0.17).contains("17 %");
            assert_eq!(says, subset.default_share().is_some(), "{subset}");
        }
    }
}
