//! Subsets.

use crate::view;
use serde::Serialize;
use std::borrow::Cow;
use unearth_audit::{Population, Subset};
use utoipa::ToSchema;
use uuid::Uuid;

/// The subsets of an audit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Subsets {
    /// How many examples they are taken from.
    pub(crate) total: i64,
    /// In the order in which they are shown.
    pub(crate) items: Vec<SubsetView>,
}

/// A part of an audit's examples that a rule picks out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubsetOfAudit)]
pub(crate) struct SubsetView {
    /// Name used in the API.
    name: Subset,
    /// Title for people.
    title: Cow<'static, str>,
    /// Which examples it holds, with the threshold in words.
    rule: String,
    /// What it is good for, and what it is not.
    purpose: &'static str,
    /// How much of a ranking the rule takes: what `share=` sets; null where it takes none.
    threshold: Option<f64>,
    /// How many examples it holds; null where that cannot be told.
    count: Option<i64>,
    /// Their share of the examples it is taken from.
    share: Option<f64>,
    /// Why it cannot be told in this audit.
    unavailable: Option<String>,
    /// Its examples in rank order; add a signal to it.
    examples_url: String,
}

impl SubsetView {
    /// A subset with its size, or why that cannot be told.
    pub(crate) fn new(
        audit: Uuid,
        population: Population,
        subset: Subset,
        threshold: Option<f64>,
        count: Result<i64, String>,
        total: i64,
    ) -> Self {
        let info = subset.info();
        let share = threshold
            .filter(|_| threshold != subset.default_share())
            .map_or_else(String::new, |share| format!("&share={share}"));
        let over = match population {
            Population::Trained => "",
            Population::HeldOut => "&population=held_out",
        };
        let own = view::audit::url(audit);
        let examples_url = format!("{own}/examples?subset={}{share}{over}", info.name);
        let (count, unavailable) = match count {
            Ok(count) => (Some(count), None),
            Err(reason) => (None, Some(reason)),
        };
        Self {
            name: subset,
            title: info.title,
            rule: subset.rule(threshold.unwrap_or(1.0)),
            purpose: info.purpose,
            threshold,
            count,
            share: count
                .filter(|_| total > 0)
                .map(|count| count as f64 / total as f64),
            unavailable,
            examples_url,
        }
    }
}
