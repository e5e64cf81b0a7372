//! Bounds of other signals that a ranking is filtered by.

use super::selection::{Selection, SelectionQuery};
use crate::{App, problem::Problem};
use unearth_audit::{Grouping, Population, Signal};
use unearth_store::{audits::Audit, scores};

/// A signal with the smallest and the largest score that are wanted; open where there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    signal: Signal,
    low: Option<f64>,
    high: Option<f64>,
}

/// Reads `confidence:0.2..0.5,variability:..0.3`; no bounds where there is no list.
pub(super) fn parse(list: Option<&str>) -> Result<Vec<Bounds>, Problem> {
    list.into_iter()
        .flat_map(|list| list.split(','))
        .map(one)
        .collect()
}

fn one(text: &str) -> Result<Bounds, Problem> {
    let wrong = |reason: &str| {
        let detail =
            format!("`{text}` {reason}; write SIGNAL:LOW..HIGH, such as confidence:0.2..0.5");
        Problem::invalid_field("within", detail)
    };
    let (signal, range) = text
        .split_once(':')
        .ok_or_else(|| wrong("names no signal with its bounds"))?;
    let signal = Signal::from_name(signal).ok_or_else(|| wrong("names no signal"))?;
    if signal == Signal::Pie {
        return Err(wrong("is of several populations"));
    }
    let (low, high) = range
        .split_once("..")
        .ok_or_else(|| wrong("has no two ends"))?;
    let end = |end: &str| match end {
        "" => Ok(None),
        number => match number.parse::<f64>() {
            Ok(number) if !number.is_nan() => Ok(Some(number)),
            _ => Err(wrong("has an end that is no number")),
        },
    };
    Ok(Bounds {
        signal,
        low: end(low)?,
        high: end(high)?,
    })
}

/// Finds the score sets that the bounds are about.
pub(super) async fn find(
    app: &App,
    audit: &Audit,
    population: Population,
    bounds: Vec<Bounds>,
) -> Result<Vec<scores::Bounds>, Problem> {
    let mut found = Vec::with_capacity(bounds.len());
    for Bounds { signal, low, high } in bounds {
        let query = SelectionQuery::of(signal, Some(population), Grouping::Global);
        let set = Selection::parse(&query)?.load(app, audit).await?;
        found.push(scores::Bounds {
            score_set: set.id,
            low,
            high,
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_end_may_be_open() {
        let bounds = |signal, low, high| Bounds { signal, low, high };
        assert_eq!(
            parse(Some("confidence:0.2..0.5,variability:..-1e3,vog:0..")).unwrap(),
            [
                bounds(Signal::Confidence, Some(0.2), Some(0.5)),
                bounds(Signal::Variability, None, Some(-1e3)),
                bounds(Signal::Vog, Some(0.0), None),
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        for text in [
            "",
            "confidence",
            "sureness:0..1",
            "confidence:0.5",
            "confidence:a..1",
            "confidence:..NaN",
            "pie:0..1",
            "confidence:0..1,",
        ] {
            assert!(parse(Some(text)).is_err(), "{text}");
        }
    }
}
