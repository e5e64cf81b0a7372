//! Samples, and what is estimated from them.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use unearth_audit::SampleStratum;
use unearth_signals::prevalence::{Count, Stratum};
use unearth_store::samples::{self, Found};
use utoipa::ToSchema;
use uuid::Uuid;

use super::example::Example;

/// A sample to draw, from the ranking that the query names.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Draw {
    /// How many examples; 200 by default.
    pub(crate) examples: Option<u64>,
    /// Where bands of ranks end, as shares of the ranking; 0.01, 0.05 and 0.2 by default. As many examples are
    /// drawn from a narrow band at the top as from the wide rest.
    pub(crate) edges: Option<Vec<f64>>,
    /// Whether every group is drawn from by itself; by default it is, where the dataset has groups.
    pub(crate) by_group: Option<bool>,
    /// Seed of the draw; a new one by default.
    pub(crate) seed: Option<u32>,
}

/// The samples of an audit, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Samples {
    /// Samples.
    pub(crate) items: Vec<Sample>,
}

/// A sample, how far its review has come, and what is estimated from it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sample {
    /// Identity.
    id: Uuid,
    /// The signal of the ranking that it was drawn from.
    signal: String,
    /// How that signal is computed.
    scoring: String,
    /// When it was drawn.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// Seed of the draw.
    seed: i64,
    /// Examples in it.
    examples: i64,
    /// Those that were judged in it.
    judged: i64,
    /// Those that were looked at in it and not judged. They are taken to be like the others of their stratum.
    unjudged: i64,
    /// Stratum by stratum, the hardest first.
    strata: Vec<StratumView>,
    /// Wrong labels among all examples of the ranking; null as long as a stratum has none judged.
    wrong: Option<Estimate>,
    /// Those of them that no decision has changed yet, of whatever queue.
    left: Option<Estimate>,
}

/// What a sample says of one stratum.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StratumOfSample)]
pub(crate) struct StratumView {
    #[serde(flatten)]
    stratum: SampleStratum,
    /// How many of those drawn were judged.
    judged: i64,
    /// How many of these were relabelled or excluded.
    wrong: i64,
    /// How many were looked at and not judged.
    unjudged: i64,
    /// Wrong labels in the whole stratum; null as long as none was judged.
    estimate: Option<Estimate>,
}

/// A number of examples with its 95 % interval. Within a stratum: Jeffreys' (Brown, Cai & `DasGupta` 2001),
/// over strata by MOVER (Zou & Donner 2008).
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = WrongLabels)]
pub(crate) struct Estimate {
    /// Estimate.
    examples: f64,
    /// Lower limit.
    low: f64,
    /// Upper limit.
    high: f64,
}

impl From<Count> for Estimate {
    fn from(count: Count) -> Self {
        Self {
            examples: count.estimate,
            low: count.low,
            high: count.high,
        }
    }
}

impl Estimate {
    /// What is left of it when so many are done.
    fn less(self, done: i64) -> Self {
        let less = |count: f64| (count - done as f64).max(0.0);
        Self {
            examples: less(self.examples),
            low: less(self.low),
            high: less(self.high),
        }
    }
}

impl Sample {
    /// With what was found in it, stratum by stratum; `changed` examples of the whole audit were relabelled or
    /// excluded.
    pub(crate) fn new(sample: samples::Sample, found: &[Found], changed: i64) -> Self {
        let counted = |(stratum, found): (&SampleStratum, &Found)| Stratum {
            size: stratum.examples,
            judged: found.judged as u64,
            found: found.wrong as u64,
        };
        let counted: Vec<Stratum> = sample.strata.iter().zip(found).map(counted).collect();
        let wrong = unearth_signals::prevalence::total(&counted).map(Estimate::from);
        let strata = sample.strata.into_iter().zip(found).zip(&counted);
        let strata = strata.map(|((stratum, found), counted)| StratumView {
            stratum,
            judged: found.judged,
            wrong: found.wrong,
            unjudged: found.unjudged,
            estimate: counted.count().map(Estimate::from),
        });
        Self {
            id: sample.id,
            signal: sample.signal,
            scoring: sample.scoring,
            created_at: sample.created_at,
            seed: sample.seed,
            examples: sample.examples,
            judged: found.iter().map(|found| found.judged).sum(),
            unjudged: found.iter().map(|found| found.unjudged).sum(),
            strata: strata.collect(),
            left: wrong.map(|wrong| wrong.less(changed)),
            wrong,
        }
    }
}

/// What is still to be reviewed of a sample. What the audit suggests is not told: it would decide the estimate.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenExamples {
    /// In the order in which they are to be reviewed, at random over all strata.
    pub(crate) items: Vec<OpenExample>,
}

/// An example that is to be reviewed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenExample {
    /// Its place in the sample, from 0.
    pub(crate) position: i32,
    #[serde(flatten)]
    pub(crate) example: Example,
}
