//! What a ranking was made from.

use crate::view::score::ScoreInfo;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use std::fmt::Write as _;
use unearth_audit::Recipe;
use unearth_store::{audits::Audit, datasets::Dataset};

/// Dataset, recipe, seed, precision, device, versions, signal and formula, as far as they are known: what
/// it takes to make the same ranking again.
#[derive(Debug, Clone)]
pub(crate) struct Provenance(Vec<(&'static str, String)>);

impl Provenance {
    pub(crate) fn of(audit: &Audit, dataset: &Dataset, info: &ScoreInfo) -> Self {
        let precision = audit.origin.recipe().map(precision);
        let result = audit.result.as_ref();
        let environment = result.and_then(|result| result.environment.as_ref());
        let device = environment.map(|on| format!("{} ({})", on.device, on.device_name));
        let versions = environment.map(|on| format!("unearth {}; torch {}", on.unearth, on.torch));
        let facts = [
            ("dataset", dataset.content_hash.clone()),
            ("recipe", Some(audit.recipe_hash.clone())),
            ("seed", Some(audit.seed.to_string())),
            ("precision", precision),
            ("device", device),
            ("versions", versions),
            (
                "signal",
                Some(format!("{} {}", info.signal.name, info.scoring)),
            ),
            ("formula", Some(info.signal.formula.to_owned())),
        ];
        let known = facts.into_iter().filter_map(|(name, it)| Some((name, it?)));
        Self(known.collect())
    }

    /// Names and values.
    pub(crate) fn facts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Each as a header `X-Unearth-…`; what is not ASCII is percent-encoded UTF-8.
    pub(crate) fn headers(&self) -> HeaderMap {
        self.facts()
            .map(|(name, value)| {
                let name = HeaderName::try_from(format!("x-unearth-{name}"));
                let name = name.expect("lower-case ASCII is a header name");
                (name, ascii(value))
            })
            .collect()
    }
}

/// Text as a header value: what is not printable ASCII, and the percent sign, percent-encoded.
fn ascii(text: &str) -> HeaderValue {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if matches!(byte, b' '..=b'~') && byte != b'%' {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    HeaderValue::try_from(encoded).expect("printable ASCII is a header value")
}

/// Of the training, and of the sweeps where that is another.
fn precision(recipe: &Recipe) -> String {
    let (training, sweeps) = (recipe.precision, recipe.sweep_precision);
    if training == sweeps || recipe.checkpoints.is_empty() {
        return training.as_str().to_owned();
    }
    format!("{}; sweeps {}", training.as_str(), sweeps.as_str())
}
