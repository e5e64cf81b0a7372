//! An archaeology set against the truth.

use super::{
    column::{self, whole},
    copies::Copies,
    labels::Labels,
};
use crate::client::audits;
use anyhow::{Context as _, Result};
use serde::Serialize;
use serde_json::Value;
use std::collections::HashMap;
use unearth_audit::{ArchaeologyReport, Population, Signal};

/// What the archaeology of one audit says.
#[derive(Debug)]
pub(super) struct Archaeology {
    /// Share of the votes for random outputs, by position.
    pub(super) random_outputs: Vec<Option<f64>>,
    pub(super) record: ArchaeologyRecord,
}

/// The report, and what is true.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ArchaeologyRecord {
    report: ArchaeologyReport,
    pub(super) categories: Vec<CategoryTruth>,
}

/// One category by the truth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct CategoryTruth {
    pub(super) name: String,
    /// Share of the examples with a right label that are called so.
    pub(super) of_right: f64,
    /// Share of the examples with a wrong label that are called so.
    pub(super) of_wrong: f64,
    /// Share of wrong labels among the dataset's own examples in its suite; null where it has none.
    pub(super) contamination: Option<f64>,
    /// The same as the audit estimated it.
    pub(super) estimated_contamination: Option<f64>,
    pub(super) recall: Option<f64>,
    pub(super) precision: Option<f64>,
}

impl Archaeology {
    pub(super) async fn of(copies: Copies<'_>, audit: &Value, labels: &Labels) -> Result<Self> {
        let (client, subject) = (copies.client, copies.subject);
        let id = audits::id(audit)?;
        let mut shown: Value = client.get(&format!("/v1/audits/{id}/archaeology")).await?;
        let report: ArchaeologyReport = serde_json::from_value(shown["report"].take())
            .with_context(|| format!("the audit {id} has no archaeology"))?;
        let ranking = (Signal::FinalLoss, Population::Trained);
        let rows = column::rows(client, id, ranking, subject, &labels.given).await?;
        let called: HashMap<usize, String> = rows
            .iter()
            .filter_map(|row| Some((row.index, row.category.clone()?)))
            .collect();
        let random_outputs = rows.iter().map(|row| (row.index, row.p_random_outputs));
        Ok(Self {
            random_outputs: whole(random_outputs.collect(), subject.examples.len())?,
            record: ArchaeologyRecord {
                categories: truths(&report, &called, &labels.are_wrong()),
                report,
            },
        })
    }
}

fn truths(
    report: &ArchaeologyReport,
    called: &HashMap<usize, String>,
    are_wrong: &[bool],
) -> Vec<CategoryTruth> {
    let share_called = |name: &str, wrong: bool| {
        let of = (0..are_wrong.len()).filter(|&at| are_wrong[at] == wrong);
        let total = of.clone().count().max(1);
        let so = of
            .filter(|at| called.get(at).is_some_and(|it| it == name))
            .count();
        so as f64 / total as f64
    };
    let categories = report.categories.iter();
    categories
        .map(|category| {
            let members = category.examples.len();
            let wrong = category
                .examples
                .iter()
                .filter(|&&it| are_wrong[it as usize]);
            CategoryTruth {
                name: category.name.clone(),
                of_right: share_called(&category.name, false),
                of_wrong: share_called(&category.name, true),
                contamination: (members > 0).then(|| wrong.count() as f64 / members as f64),
                estimated_contamination: category.contamination,
                recall: category.recall,
                precision: category.precision,
            }
        })
        .collect()
}
