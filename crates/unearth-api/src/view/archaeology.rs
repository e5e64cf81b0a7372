//! Metadata archaeology.

use serde::Serialize;
use std::collections::BTreeMap;
use unearth_audit::{Archaeology, ArchaeologyReport, State};
use unearth_store::{
    archaeology::{Categorised, votes},
    audits::Audit,
    scores::RankedRow,
};
use utoipa::ToSchema;

/// What the probes of an audit tell apart, and how well.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ArchaeologyOfAudit)]
pub(crate) struct ArchaeologyView {
    /// What was asked for; null where nothing was.
    requested: Option<Archaeology>,
    /// What came of it.
    report: Option<ArchaeologyReport>,
    /// Why there is no report.
    report_reason: Option<String>,
}

impl ArchaeologyView {
    /// The report, or why there is none.
    pub(crate) fn new(audit: &Audit, report: Option<ArchaeologyReport>) -> Self {
        let reason = match (&report, &audit.archaeology, audit.state) {
            (Some(_), ..) => None,
            (None, None, _) if audit.origin.external().is_some() => Some(
                "no probes were posted: `unearth probes` makes them, to be trained on beside the examples and \
                 named when the audit is begun"
                    .to_owned(),
            ),
            (None, None, _) => Some(
                "no archaeology was asked for: POST an audit with `\"archaeology\": {}`, which trains on probes and runs a short pilot"
                    .to_owned(),
            ),
            (None, Some(_), state @ (State::Failed | State::Cancelled)) => {
                Some(format!("the audit {state}"))
            }
            (None, Some(_), _) => Some("it is computed when all runs of the audit are done".to_owned()),
        };
        Self {
            requested: audit.archaeology.clone(),
            report,
            report_reason: reason,
        }
    }
}

/// Of which kind an example is by the vote of the probes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CategoryOfExample {
    /// The category with most votes.
    category: String,
    /// Whether another one had as many.
    tied: bool,
    /// Share of the votes of each category.
    probabilities: BTreeMap<String, f64>,
}

/// The names of an audit's categories, in the order of its votes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Categories(Vec<String>);

impl Categories {
    /// Those of an audit; none where no archaeology was asked for.
    pub(crate) fn of(audit: &Audit) -> Self {
        let asked = audit.archaeology.as_ref();
        Self(asked.map(Archaeology::categories).unwrap_or_default())
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.0
    }

    /// The vote on an example.
    pub(crate) fn vote(&self, vote: &Categorised) -> Option<CategoryOfExample> {
        self.named(vote.category, vote.tied, &vote.votes)
    }

    /// The vote on a row of a ranking; none where it has none.
    pub(crate) fn of_row(&self, row: &RankedRow) -> Option<CategoryOfExample> {
        let votes = votes(row.category_votes.as_deref()?);
        self.named(row.category?, row.category_tied?, &votes)
    }

    fn named(&self, category: i16, tied: bool, votes: &[u16]) -> Option<CategoryOfExample> {
        let total: u32 = votes.iter().map(|&it| u32::from(it)).sum();
        let share = |&votes: &u16| f64::from(votes) / f64::from(total.max(1));
        let shares = votes.iter().map(share);
        Some(CategoryOfExample {
            category: self.0.get(usize::try_from(category).ok()?)?.clone(),
            tied,
            probabilities: self.0.iter().cloned().zip(shares).collect(),
        })
    }
}

impl CategoryOfExample {
    pub(crate) fn category(&self) -> &str {
        &self.category
    }

    pub(crate) fn is_tied(&self) -> bool {
        self.tied
    }

    /// Share of the votes of a category.
    pub(crate) fn probability(&self, name: &str) -> Option<f64> {
        self.probabilities.get(name).copied()
    }
}
