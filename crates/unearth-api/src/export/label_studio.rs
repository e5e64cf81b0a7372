//! A ranking as tasks for Label Studio.

use super::{ExportError, Format};
use crate::class_names::ClassNames;
use serde_json::{Value, json};
use unearth_audit::{Modality, Standing};
use unearth_store::{audits::Audit, datasets::Dataset, decisions, scores::RankedRow};

/// A JSON array of tasks: the suggestion as a prediction whose score is the percentile's share, and what was
/// decided as an annotation. The labelling interface has a `Choices` named `label` over an object named `image`
/// (or `text`).
pub(crate) struct LabelStudio {
    pub(crate) audit: Audit,
    pub(crate) dataset: Dataset,
    /// The signal by its name.
    pub(crate) signal: &'static str,
    /// What stands before a key to make the address of an image.
    pub(crate) image_prefix: String,
    /// Whether a task was written before.
    pub(crate) has_begun: bool,
}

impl Format for LabelStudio {
    type Row = RankedRow;

    const ROWS: usize = 1_000;

    fn start(&mut self) -> Vec<u8> {
        b"[".to_vec()
    }

    fn rows(&mut self, rows: Vec<RankedRow>) -> Result<Vec<u8>, ExportError> {
        let mut tasks = Vec::new();
        for row in rows {
            if self.has_begun {
                tasks.push(b',');
            }
            self.has_begun = true;
            tasks.push(b'\n');
            serde_json::to_writer(&mut tasks, &self.task(&row)?)?;
        }
        Ok(tasks)
    }

    fn end(self) -> Result<Vec<u8>, ExportError> {
        Ok(b"\n]\n".to_vec())
    }
}

impl LabelStudio {
    fn task(&self, row: &RankedRow) -> Result<Value, ExportError> {
        let classes = ClassNames::known_to(&self.audit, &self.dataset);
        let given = classes.given(row.label)?;
        let suggested = row.suggested.map(|label| classes.name(label)).transpose()?;
        let standing = decisions::standing_of(row)?;
        let decided = match standing {
            Standing::Keep => given.clone(),
            Standing::Relabel => row
                .decided_label
                .map(|label| classes.name(label))
                .transpose()?,
            _ => None,
        };
        let facts = self.dataset.facts.as_ref();
        let (object, shown) = match facts.map(|facts| facts.modality) {
            Some(Modality::Text) => ("text", row.text.clone().unwrap_or_default()),
            _ => ("image", format!("{}{}", self.image_prefix, row.key)),
        };
        let choice = |class: &str| {
            json!([{
                "from_name": "label", "to_name": object, "type": "choices",
                "value": {"choices": [class]},
            }])
        };
        let prediction = suggested.map(|class| {
            json!({
                "model_version": format!("unearth {}", self.signal),
                "score": row.percentile.map(|percentile| percentile / 100.0),
                "result": choice(&class),
            })
        });
        let annotation = decided.map(|class| json!({"result": choice(&class)}));
        Ok(json!({
            "data": {
                object: shown,
                "key": row.key,
                "index": row.index,
                "given_label": given,
                "rank": row.rank,
                "standing": standing,
            },
            "predictions": Vec::from_iter(prediction),
            "annotations": Vec::from_iter(annotation),
        }))
    }
}
