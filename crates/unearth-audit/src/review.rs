//! What people decide on examples, and what their decisions come to.

use serde::{Deserialize, Serialize};

/// What a reviewer holds of an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Verdict {
    /// The given label is right.
    Keep,
    /// Another class is right.
    Relabel,
    /// It does not belong in the dataset.
    Exclude,
    /// Somebody else should look at it.
    SecondLook,
    /// The reviewer cannot tell: a language or a field that they do not know.
    CannotJudge,
}

impl Verdict {
    /// The word used in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Relabel => "relabel",
            Self::Exclude => "exclude",
            Self::SecondLook => "second_look",
            Self::CannotJudge => "cannot_judge",
        }
    }

    /// What a word of the database means.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Keep,
        Self::Relabel,
        Self::Exclude,
        Self::SecondLook,
        Self::CannotJudge,
    ];
}

/// What all decisions on an example come to: of each reviewer the last one that was not undone, and none
/// older than the last one that settles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Standing {
    /// Nobody has decided.
    Undecided,
    /// All who judge say that the label is right.
    Keep,
    /// All who judge give it the same other class.
    Relabel,
    /// All who judge want it out of the dataset.
    Exclude,
    /// Nobody judges, and somebody wants another to look.
    SecondLook,
    /// Nobody who looked could judge.
    CannotJudge,
    /// Two judge differently.
    Conflict,
}

impl Standing {
    /// The word used in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Undecided => "undecided",
            Self::Keep => "keep",
            Self::Relabel => "relabel",
            Self::Exclude => "exclude",
            Self::SecondLook => "second_look",
            Self::CannotJudge => "cannot_judge",
            Self::Conflict => "conflict",
        }
    }

    /// What a word of the database means.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Undecided,
        Self::Keep,
        Self::Relabel,
        Self::Exclude,
        Self::SecondLook,
        Self::CannotJudge,
        Self::Conflict,
    ];
}
