//! How far the models of a population are compressed.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// Share of a tensor's weights that are zero, in thousandths: above 0, below 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sparsity(u16);

impl Sparsity {
    /// A share with at most three decimals, above 0 and below 1; none where it is another.
    pub fn of(share: f64) -> Option<Self> {
        let thousandths = (share * 1_000.0).round();
        let is_exact = (thousandths / 1_000.0 - share).abs() < 1e-9;
        (is_exact && (1.0..=999.0).contains(&thousandths)).then_some(Self(thousandths as u16))
    }

    /// The share.
    pub fn share(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }
}

impl fmt::Display for Sparsity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.share().fmt(f)
    }
}

impl FromStr for Sparsity {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let share = word.parse().ok().and_then(Self::of);
        share.ok_or_else(|| {
            format!("`{word}` is not a share above 0 and below 1 with at most three decimals")
        })
    }
}

impl Serialize for Sparsity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.share().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Sparsity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let share = f64::deserialize(deserializer)?;
        Self::of(share).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "must be above 0 and below 1, with at most three decimals; {share} is not"
            ))
        })
    }
}

/// How the weights of a trained model are rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Quantisation {
    /// Weights of 8 bits with one scale per output channel, symmetric; activations stay in f32.
    Int8,
    /// Parameters in half precision; activations stay in f32.
    Fp16,
}

impl Quantisation {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Int8, Self::Fp16];

    /// The word used in SQL, JSON and on the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::Fp16 => "fp16",
        }
    }
}

/// The compression that the models of a population have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// None: the population that all others are compared with.
    Unpruned,
    /// None either: a second unpruned population, which says how much two populations differ by chance.
    Null,
    /// Pruned while training until this share of each weight tensor is zero.
    Pruned(Sparsity),
    /// The unpruned models, rounded after training.
    Quantised(Quantisation),
}

impl Level {
    /// Whether its models share their trainings with the unpruned ones.
    pub fn shares_trainings(self) -> bool {
        matches!(self, Self::Quantised(_))
    }

    /// What the examples are called on which it disagrees with the unpruned population: `pie@0.5`,
    /// `pie@null`, `cie_int8`. None of the unpruned one.
    pub fn exemplars(self) -> Option<String> {
        match self {
            Self::Unpruned => None,
            Self::Null | Self::Pruned(_) => Some(format!("pie@{self}")),
            Self::Quantised(quantisation) => Some(format!("cie_{}", quantisation.as_str())),
        }
    }

    /// Reads what [`exemplars`](Self::exemplars) writes.
    pub fn of_exemplars(name: &str) -> Option<Self> {
        let word = name
            .strip_prefix("pie@")
            .or_else(|| name.strip_prefix("cie_"))?;
        let level: Self = word.parse().ok()?;
        (level.exemplars().as_deref() == Some(name)).then_some(level)
    }
}

/// `unpruned`, `null`, `0.5`, `int8`: the word used in SQL, JSON and on the page.
impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unpruned => f.write_str("unpruned"),
            Self::Null => f.write_str("null"),
            Self::Pruned(sparsity) => sparsity.fmt(f),
            Self::Quantised(quantisation) => f.write_str(quantisation.as_str()),
        }
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let quantisation = Quantisation::ALL
            .into_iter()
            .find(|known| known.as_str() == word);
        match (word, quantisation) {
            ("unpruned", _) => Ok(Self::Unpruned),
            ("null", _) => Ok(Self::Null),
            (_, Some(quantisation)) => Ok(Self::Quantised(quantisation)),
            _ => word.parse().map(Self::Pruned).map_err(|_| {
                format!(
                    "`{word}` is not a level of compression; it is a sparsity such as 0.5, int8, fp16, null or unpruned"
                )
            }),
        }
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        word.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "openapi")]
mod schema {
    use super::{Level, Sparsity};
    use utoipa::{
        PartialSchema, ToSchema,
        openapi::{ObjectBuilder, RefOr, Schema, Type, schema::SchemaType},
    };

    impl PartialSchema for Level {
        fn schema() -> RefOr<Schema> {
            ObjectBuilder::new()
                .schema_type(SchemaType::Type(Type::String))
                .description(Some(
                    "Compression of a population: `unpruned`, `null` (a second unpruned one), a sparsity such as `0.5`, `int8` or `fp16`.",
                ))
                .examples(["0.5"])
                .into()
        }
    }

    impl ToSchema for Level {}

    impl PartialSchema for Sparsity {
        fn schema() -> RefOr<Schema> {
            ObjectBuilder::new()
                .schema_type(SchemaType::Type(Type::Number))
                .description(Some(
                    "Share of each weight tensor that is zero: above 0, below 1, at most three decimals.",
                ))
                .exclusive_minimum(Some(0.0))
                .exclusive_maximum(Some(1.0))
                .into()
        }
    }

    impl ToSchema for Sparsity {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn levels_and_their_exemplars_are_found_by_their_words() {
        let half = Sparsity::of(0.5).unwrap();
        let named = [
            (Level::Null, "null", "pie@null"),
            (Level::Pruned(half), "0.5", "pie@0.5"),
            (Level::Quantised(Quantisation::Int8), "int8", "cie_int8"),
            (Level::Quantised(Quantisation::Fp16), "fp16", "cie_fp16"),
        ];
        for (level, word, exemplars) in named {
            assert_eq!(level.to_string(), word);
            assert_eq!(word.parse(), Ok(level));
            assert_eq!(level.exemplars().as_deref(), Some(exemplars));
            assert_eq!(Level::of_exemplars(exemplars), Some(level));
            let json = serde_json::to_string(&level).unwrap();
            assert_eq!(serde_json::from_str::<Level>(&json).unwrap(), level);
        }
        assert_eq!(Level::Unpruned.exemplars(), None);
        for wrong in ["pie@unpruned", "pie@int8", "cie_0.5", "pie@0.50", "pie"] {
            assert_eq!(Level::of_exemplars(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_sparsity_is_a_share_of_three_decimals() {
        for wrong in [0.0, 1.0, -0.5, 0.000_1, 0.333_3, f64::NAN, f64::INFINITY] {
            assert_eq!(Sparsity::of(wrong), None, "{wrong}");
        }
        assert!(serde_json::from_str::<Sparsity>("0.12345").is_err());
    }

    proptest! {
        #[test]
        fn every_sparsity_is_read_back(thousandths in 1u16..1_000) {
            let sparsity = Sparsity::of(f64::from(thousandths) / 1_000.0).unwrap();
            prop_assert_eq!(sparsity.to_string().parse(), Ok(sparsity));
            let json = serde_json::to_string(&sparsity).unwrap();
            prop_assert_eq!(serde_json::from_str::<Sparsity>(&json).unwrap(), sparsity);
        }
    }
}
