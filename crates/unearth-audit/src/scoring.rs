//! What is computed from a finished training: changeable later without training again.

use crate::{FieldError, Level, Signal};
use serde::{Deserialize, Serialize};

/// Which formula of VoG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Variant {
    /// Mean over pixels of the standard deviation over checkpoints: the authors' code.
    #[default]
    Std,
    /// Mean over pixels of `sqrt(1/K)·Σ(S_t − μ)²`: the paper's formula as it is transcribed.
    Paper,
}

impl Variant {
    /// The word used in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Std => "std",
            Self::Paper => "paper",
        }
    }

    /// How VoG is computed.
    pub const fn formula(self) -> &'static str {
        match self {
            Self::Std => {
                "mean over pixels of the standard deviation over checkpoints (ddof 0) of the channel mean of ∂z_p/∂x"
            }
            Self::Paper => {
                "mean over pixels of sqrt(1/K) times the sum over the K checkpoints of (S_t - mean S)^2, S_t the channel mean of ∂z_p/∂x"
            }
        }
    }
}

/// Which checkpoints VoG is taken over.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Window {
    /// Every checkpoint.
    All,
    /// The first three.
    Early,
    /// The three around the middle.
    Middle,
    /// The last three.
    Late,
    /// These positions in the recipe's checkpoint list, counted from 0.
    Checkpoints(Vec<u32>),
}

impl Window {
    /// Width of the early, middle and late windows, as in the authors' code.
    pub const WIDTH: usize = 3;

    /// Positions in the checkpoint list that the window covers when there are `checkpoints`.
    /// With three or fewer checkpoints the named windows are all of them.
    pub fn positions(&self, checkpoints: usize) -> Vec<u32> {
        let width = Self::WIDTH.min(checkpoints);
        let start = match self {
            Self::All => return (0..checkpoints as u32).collect(),
            Self::Checkpoints(list) => return list.clone(),
            Self::Early => 0,
            Self::Middle => (checkpoints - width) / 2,
            Self::Late => checkpoints - width,
        };
        (start as u32..(start + width) as u32).collect()
    }

    /// The name of the window in URLs and file headers: `all`, `early`, … or `0-2-5`.
    pub fn key(&self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Early => "early".to_owned(),
            Self::Middle => "middle".to_owned(),
            Self::Late => "late".to_owned(),
            Self::Checkpoints(list) => list
                .iter()
                .map(u32::to_string)
                .collect::<Vec<_>>()
                .join("-"),
        }
    }

    /// Reads what [`key`](Self::key) writes.
    pub fn from_key(key: &str) -> Option<Self> {
        match key {
            "all" => Some(Self::All),
            "early" => Some(Self::Early),
            "middle" => Some(Self::Middle),
            "late" => Some(Self::Late),
            list => {
                let parsed: Result<Vec<u32>, _> = list.split('-').map(str::parse).collect();
                parsed.ok().map(Self::Checkpoints)
            }
        }
    }
}

/// One VoG scoring: variant and window.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scoring {
    /// Which formula.
    pub variant: Variant,
    /// Which checkpoints.
    pub window: Window,
}

impl Scoring {
    /// The scoring shown when the reader asks for `vog` and nothing else.
    pub const DEFAULT: Self = Self {
        variant: Variant::Std,
        window: Window::All,
    };

    /// `std:all`, `paper:late`, `std:0-2-5`: unique within an audit.
    pub fn key(&self) -> String {
        format!("{}:{}", self.variant.as_str(), self.window.key())
    }
}

/// Which examples a ranking is over. They are never mixed: a model treats what it was trained on
/// and what it was not differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Population {
    /// Examples that were trained on.
    #[default]
    Trained,
    /// The others.
    HeldOut,
}

impl Population {
    /// The populations in which `signal` exists when `trained` of `examples` were trained on:
    /// in-flight records exist only there.
    pub fn of(signal: Signal, trained: usize, examples: usize) -> &'static [Self] {
        if signal.is_in_flight() || trained == examples {
            return &[Self::Trained];
        }
        &[Self::Trained, Self::HeldOut]
    }
}

/// How scores are compared between groups. None of the three is fair by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Grouping {
    /// As they are: a small group that is hard and clean is flooded.
    #[default]
    Global,
    /// Each against the middle of its own group: that a group is noisier than others is hidden.
    WithinGroup,
    /// A group's difference from all taken out as far as the group is large enough to know it.
    Shrunken,
}

impl Grouping {
    /// Those that need groups.
    pub const ADJUSTED: [Self; 2] = [Self::WithinGroup, Self::Shrunken];

    /// The word used in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::WithinGroup => "within_group",
            Self::Shrunken => "shrunken",
        }
    }

    /// How the score is made of the signal's; none where it is the same.
    pub fn formula(self) -> Option<&'static str> {
        match self {
            Self::Global => None,
            Self::WithinGroup => Some(
                "(x - median of its group) / (1.4826 times the median absolute deviation of its group)",
            ),
            Self::Shrunken => Some(
                "x - w (median of its group - median of all), w = n / (n + 20), n examples in the group",
            ),
        }
    }

    /// Whether `signal` is also ranked this way where a dataset has groups.
    pub fn is_of(signal: Signal) -> bool {
        matches!(signal, Signal::LabelIssue | Signal::FinalLoss | Signal::Vog)
    }
}

/// One way of computing a signal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Computation {
    /// The only one.
    Default,
    /// Variant and window of VoG.
    Vog(Scoring),
    /// The population whose disagreement with the unpruned one is scored.
    Level(Level),
}

impl Computation {
    /// Of VoG.
    pub fn scoring(&self) -> Option<&Scoring> {
        match self {
            Self::Vog(scoring) => Some(scoring),
            Self::Default | Self::Level(_) => None,
        }
    }

    /// `default`, `std:late`, `0.5`: as stored.
    fn key(&self) -> String {
        match self {
            Self::Default => "default".to_owned(),
            Self::Vog(scoring) => scoring.key(),
            Self::Level(level) => level.to_string(),
        }
    }

    /// Reads what [`key`](Self::key) writes.
    fn from_key(key: &str) -> Option<Self> {
        if key == "default" {
            return Some(Self::Default);
        }
        let Some((variant, window)) = key.split_once(':') else {
            return key.parse().ok().map(Self::Level);
        };
        let variant = [Variant::Std, Variant::Paper]
            .into_iter()
            .find(|known| known.as_str() == variant)?;
        let window = Window::from_key(window)?;
        Some(Self::Vog(Scoring { variant, window }))
    }
}

/// What identifies a score set within an audit, beside its signal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScoreKey {
    /// How it is computed.
    pub computation: Computation,
    /// Which examples are ranked.
    pub population: Population,
    /// How groups are compared.
    pub grouping: Grouping,
}

impl ScoreKey {
    /// `std:all`, `default`, `std:late@held_out`, `default@shrunken`, `0.5`: as stored.
    pub fn key(&self) -> String {
        let scoring = self.computation.key();
        let scoring = match self.grouping {
            Grouping::Global => scoring,
            adjusted => format!("{scoring}@{}", adjusted.as_str()),
        };
        match self.population {
            Population::Trained => scoring,
            Population::HeldOut => format!("{scoring}@held_out"),
        }
    }

    /// Reads what [`key`](Self::key) writes.
    pub fn from_key(key: &str) -> Option<Self> {
        let (scoring, population) = match key.strip_suffix("@held_out") {
            Some(scoring) => (scoring, Population::HeldOut),
            None => (key, Population::Trained),
        };
        let (scoring, grouping) = match scoring.split_once('@') {
            None => (scoring, Grouping::Global),
            Some((scoring, word)) => {
                let mut adjusted = Grouping::ADJUSTED.into_iter();
                (
                    scoring,
                    adjusted.find(|grouping| grouping.as_str() == word)?,
                )
            }
        };
        Some(Self {
            computation: Computation::from_key(scoring)?,
            population,
            grouping,
        })
    }
}

/// Scorings as asked for in a request; each combination of variant and window is computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScoringRequest {
    /// Formulas; the authors' code by default.
    pub variant: Variant,
    /// Windows: `early`, `middle`, `late`, `all`, or a list of positions in the checkpoint list.
    pub windows: Vec<WindowRequest>,
}

/// A window by name or by positions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "must be early, middle, late, all, or a list of checkpoint positions"
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum WindowRequest {
    /// `early`, `middle`, `late` or `all`.
    Named(String),
    /// Positions in the recipe's checkpoint list, counted from 0.
    Positions(Vec<u32>),
}

impl Default for ScoringRequest {
    fn default() -> Self {
        let windows = ["all", "early", "middle", "late"]
            .map(|name| WindowRequest::Named(name.to_owned()))
            .to_vec();
        Self {
            variant: Variant::default(),
            windows,
        }
    }
}

/// Windows that one request may name.
const WINDOWS_MAX: usize = 16;

impl ScoringRequest {
    /// Checks the windows against the number of `checkpoints`.
    ///
    /// # Errors
    /// One [`FieldError`] per window that names no checkpoints of the run.
    pub fn resolve(&self, checkpoints: usize) -> Result<Vec<Scoring>, Vec<FieldError>> {
        let checkpoints = checkpoints as u32;
        let mut scorings: Vec<Scoring> = Vec::new();
        let mut errors = Vec::new();
        if self.windows.len() > WINDOWS_MAX {
            let detail = format!("names more than {WINDOWS_MAX} windows");
            return Err(vec![FieldError::new("scoring.windows", detail)]);
        }
        for (at, request) in self.windows.iter().enumerate() {
            match resolve_window(request, checkpoints) {
                Ok(window) => {
                    let scoring = Scoring {
                        variant: self.variant,
                        window,
                    };
                    if !scorings.contains(&scoring) {
                        scorings.push(scoring);
                    }
                }
                Err(detail) => {
                    errors.push(FieldError::new(format!("scoring.windows[{at}]"), detail));
                }
            }
        }
        if self.windows.is_empty() {
            errors.push(FieldError::new(
                "scoring.windows",
                "names no window; leave it out for all four",
            ));
        }
        if errors.is_empty() {
            Ok(scorings)
        } else {
            Err(errors)
        }
    }
}

fn resolve_window(request: &WindowRequest, checkpoints: u32) -> Result<Window, String> {
    match request {
        WindowRequest::Named(name) => match Window::from_key(name) {
            Some(window) if !matches!(window, Window::Checkpoints(_)) => Ok(window),
            _ => Err(format!(
                "`{name}` is not a window; it is one of early, middle, late, all, or a list of checkpoint positions"
            )),
        },
        WindowRequest::Positions(list) => {
            let ascending = list.windows(2).all(|pair| pair[0] < pair[1]);
            let in_range = list.iter().all(|&position| position < checkpoints);
            if list.len() < 2 || !ascending || !in_range {
                return Err(format!(
                    "must hold at least two different positions, ascending, each from 0 to {}",
                    checkpoints - 1
                ));
            }
            Ok(Window::Checkpoints(list.clone()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_windows_are_three_checkpoints_wide() {
        assert_eq!(Window::Early.positions(9), [0, 1, 2]);
        assert_eq!(Window::Middle.positions(9), [3, 4, 5]);
        assert_eq!(Window::Late.positions(9), [6, 7, 8]);
        assert_eq!(Window::All.positions(4), [0, 1, 2, 3]);
    }

    #[test]
    fn few_checkpoints_are_all_in_every_window() {
        for window in [Window::Early, Window::Middle, Window::Late] {
            assert_eq!(window.positions(2), [0, 1]);
        }
    }

    #[test]
    fn keys_round_trip() {
        for window in [
            Window::All,
            Window::Early,
            Window::Middle,
            Window::Late,
            Window::Checkpoints(vec![0, 4]),
        ] {
            assert_eq!(Window::from_key(&window.key()), Some(window));
        }
        assert_eq!(Window::from_key("latest"), None);
    }

    #[test]
    fn score_keys_round_trip() {
        for population in [Population::Trained, Population::HeldOut] {
            let level = Level::Quantised(crate::Quantisation::Int8);
            for computation in [
                Computation::Default,
                Computation::Vog(Scoring::DEFAULT),
                Computation::Level(level),
            ] {
                for grouping in [Grouping::Global, Grouping::WithinGroup, Grouping::Shrunken] {
                    let key = ScoreKey {
                        computation: computation.clone(),
                        population,
                        grouping,
                    };
                    assert_eq!(ScoreKey::from_key(&key.key()), Some(key));
                }
            }
        }
        assert_eq!(ScoreKey::from_key("std"), None);
        assert_eq!(ScoreKey::from_key("std:all@fair"), None);
    }
}
