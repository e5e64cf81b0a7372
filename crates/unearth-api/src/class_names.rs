//! Classes by name: people never see an index.

use crate::problem::Problem;
use unearth_audit::UNLABELLED;
use unearth_store::{StoreError, audits::Audit, datasets::Dataset};

/// The class names of a dataset in label order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClassNames<'d> {
    names: &'d [String],
    /// Classes that only the model of an external run knows.
    further: &'d [String],
}

impl<'d> ClassNames<'d> {
    /// Those of a dataset; none before it is ready.
    pub(crate) fn of(dataset: &'d Dataset) -> Self {
        Self {
            names: dataset.class_names.as_deref().unwrap_or_default(),
            further: &[],
        }
    }

    /// Those that the model of an audit may name: of its dataset, and of its own.
    pub(crate) fn known_to(audit: &'d Audit, dataset: &'d Dataset) -> Self {
        let run = audit.origin.external();
        Self {
            further: run.map_or(&[], |run| &run.further_classes),
            ..Self::of(dataset)
        }
    }

    /// The name of a given label; none in a dataset without labels.
    pub(crate) fn given(&self, label: i32) -> Result<Option<String>, StoreError> {
        Ok(self.given_str(label)?.map(str::to_owned))
    }

    /// The name of a label.
    pub(crate) fn name(&self, label: i32) -> Result<String, StoreError> {
        self.name_str(label).map(str::to_owned)
    }

    /// As [`given`](Self::given), borrowed.
    pub(crate) fn given_str(&self, label: i32) -> Result<Option<&'d str>, StoreError> {
        match label {
            UNLABELLED => Ok(None),
            label => self.name_str(label).map(Some),
        }
    }

    /// As [`name`](Self::name), borrowed.
    pub(crate) fn name_str(&self, label: i32) -> Result<&'d str, StoreError> {
        usize::try_from(label)
            .ok()
            .and_then(|label| match label.checked_sub(self.names.len()) {
                None => self.names.get(label),
                Some(label) => self.further.get(label),
            })
            .map(String::as_str)
            .ok_or_else(|| StoreError::Inconsistent {
                table: "datasets",
                column: "class_names",
                row: label.to_string(),
                detail: "a label has no class name".into(),
            })
    }

    /// The label with this name.
    pub(crate) fn label(&self, name: &str) -> Result<i32, Problem> {
        const LISTED: usize = 12;
        if let Some(label) = self.names.iter().position(|known| known == name) {
            return Ok(label as i32);
        }
        let listed: Vec<String> = self
            .names
            .iter()
            .take(LISTED)
            .map(|n| format!("`{n}`"))
            .collect();
        let more = match self.names.len().saturating_sub(LISTED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        if self.names.is_empty() {
            return Err(Problem::invalid_field("label", "the dataset has no labels"));
        }
        let detail = format!(
            "there is no class `{name}`; the classes are {}{more}",
            listed.join(", ")
        );
        let problem = Problem::invalid_field("label", detail);
        Err(match self.nearest(name) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        })
    }

    /// The class whose name is a slip of the pen away.
    fn nearest(&self, name: &str) -> Option<&'d str> {
        let (distance, near) = self
            .names
            .iter()
            .map(|known| {
                (
                    edit_distance(&known.to_lowercase(), &name.to_lowercase()),
                    known,
                )
            })
            .min()?;
        (distance <= 2 && distance < name.chars().count()).then_some(near.as_str())
    }
}

/// How many characters must be inserted, removed or replaced to get from one word to the other.
fn edit_distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_distances() {
        assert_eq!(edit_distance("cat", "cat"), 0);
        assert_eq!(edit_distance("cat", "cta"), 2);
        assert_eq!(edit_distance("", "cat"), 3);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
    }
}
