//! An external run as people ask for it.

use super::ExternalRun;
use crate::{CHUNK_EXAMPLES, FieldError, LogitSource};
use std::collections::HashMap;

/// What a request says of an external run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExternalRequest {
    /// Epochs of which records will be posted, counted from 1; none by default.
    pub epochs: u32,
    /// Which logits the records come from: `in_flight` (train mode, augmented, before the update) or
    /// `eval_pass` (eval mode, not augmented). It must be said where there are records.
    pub logits: Option<LogitSource>,
    /// Epochs or steps whose gradients will be posted, ascending; none by default.
    pub checkpoints: Vec<u32>,
    /// Height of the gradient maps in pixels; they are kept at the size they are posted in.
    pub map_height: Option<u32>,
    /// Width of the gradient maps in pixels.
    pub map_width: Option<u32>,
    /// Names of the model's classes in the order of its logits; those of the dataset, in its order, by
    /// default. Each class of the dataset must be among them.
    pub classes: Option<Vec<String>>,
}

const EPOCHS_MAX: u32 = 10_000;
const CHECKPOINTS_MAX: usize = 256;
/// Scoring holds one chunk of examples at every checkpoint of a window.
const WINDOW_BYTES_MAX: u64 = 2 << 30;

impl ExternalRequest {
    /// Fills in the defaults and checks every value against the dataset's classes, in label order.
    ///
    /// # Errors
    /// All that is wrong, each with its field and what would be right.
    pub fn resolve(&self, class_names: &[String]) -> Result<ExternalRun, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut check = |field: &str, ok: bool, detail: String| {
            if !ok {
                errors.push(FieldError::new(field, detail));
            }
        };
        check(
            "epochs",
            self.epochs <= EPOCHS_MAX,
            format!("must be at most {EPOCHS_MAX}"),
        );
        check(
            "epochs",
            self.epochs > 0 || !self.checkpoints.is_empty(),
            "nothing would be posted: give `epochs` for records, `checkpoints` for gradients, or both"
                .into(),
        );
        check(
            "logits",
            self.epochs == 0 || self.logits.is_some(),
            "must say which logits the records come from: in_flight or eval_pass".into(),
        );
        let ascending = self.checkpoints.windows(2).all(|pair| pair[0] < pair[1]);
        let count = self.checkpoints.len();
        check(
            "checkpoints",
            count == 0 || (ascending && (2..=CHECKPOINTS_MAX).contains(&count)),
            format!("must be 2 to {CHECKPOINTS_MAX} epochs or steps, ascending"),
        );
        let (height, width) = (self.map_height.unwrap_or(0), self.map_width.unwrap_or(0));
        for (field, side) in [("map_height", height), ("map_width", width)] {
            check(
                field,
                (side > 0) == (count > 0),
                "must be given where gradients are posted, and only there".into(),
            );
        }
        let window = 2
            * CHUNK_EXAMPLES as u64
            * count as u64
            * u64::from(height).saturating_mul(u64::from(width));
        check(
            "map_height",
            window <= WINDOW_BYTES_MAX,
            format!(
                "{count} maps of {height}×{width} pixels are more than scoring may hold; average them \
                 over areas to a smaller size, or post fewer checkpoints"
            ),
        );
        let classes = class_labels(self.classes.as_deref(), class_names);
        match classes {
            Ok((class_labels, further_classes)) if errors.is_empty() => Ok(ExternalRun {
                epochs: self.epochs,
                logits: self.logits.unwrap_or(LogitSource::EvalPass),
                checkpoints: self.checkpoints.clone(),
                map_height: height,
                map_width: width,
                class_labels,
                further_classes,
                probes: 0,
            }),
            Ok(_) => Err(errors),
            Err(error) => {
                errors.push(error);
                Err(errors)
            }
        }
    }
}

/// The label of each class of the model, and the names of those that the dataset does not have.
fn class_labels(
    model: Option<&[String]>,
    dataset: &[String],
) -> Result<(Vec<i32>, Vec<String>), FieldError> {
    let Some(model) = model else {
        return Ok(((0..dataset.len() as i32).collect(), Vec::new()));
    };
    if dataset.is_empty() {
        let detail = "the dataset has no labels, so classes mean nothing; leave them out";
        return Err(FieldError::new("classes", detail));
    }
    let known: HashMap<&str, i32> = dataset.iter().map(String::as_str).zip(0..).collect();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut further = Vec::new();
    let mut labels = Vec::with_capacity(model.len());
    for (at, name) in model.iter().enumerate() {
        if let Some(first) = seen.insert(name, at) {
            let detail = format!("`{name}` is named at {first} and again");
            return Err(FieldError::new(format!("classes[{at}]"), detail));
        }
        labels.push(known.get(name.as_str()).copied().unwrap_or_else(|| {
            further.push(name.clone());
            (dataset.len() + further.len() - 1) as i32
        }));
    }
    match dataset
        .iter()
        .find(|name| !seen.contains_key(name.as_str()))
    {
        Some(missing) => {
            let detail = format!("the class `{missing}` of the dataset is not among them");
            Err(FieldError::new("classes", detail))
        }
        None => Ok((labels, further)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn fields(request: &ExternalRequest) -> Vec<String> {
        let errors = request.resolve(&names(&["a", "b"])).unwrap_err();
        errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn every_problem_names_its_field() {
        let request = ExternalRequest::default();
        assert_eq!(fields(&request), ["epochs"]);
        let request = ExternalRequest {
            epochs: 3,
            checkpoints: vec![2, 1],
            map_height: Some(4),
            ..request
        };
        assert_eq!(fields(&request), ["logits", "checkpoints", "map_width"]);
        let request = ExternalRequest {
            checkpoints: vec![1, 2],
            map_height: Some(4_000),
            map_width: Some(4_000),
            ..ExternalRequest::default()
        };
        assert_eq!(fields(&request), ["map_height"]);
    }

    #[test]
    fn the_classes_of_the_model_are_found_by_name() {
        let request = |classes: &[&str]| ExternalRequest {
            epochs: 1,
            logits: Some(LogitSource::EvalPass),
            classes: Some(names(classes)),
            ..ExternalRequest::default()
        };
        let dataset = names(&["cat", "dog"]);
        let run = request(&["bird", "dog", "cow", "cat"])
            .resolve(&dataset)
            .unwrap();
        assert_eq!(run.class_labels, [2, 1, 3, 0]);
        assert_eq!(run.further_classes, ["bird", "cow"]);
        let told =
            |classes: &[&str]| request(classes).resolve(&dataset).unwrap_err()[0].to_string();
        assert_eq!(
            told(&["cat", "cow"]),
            "`classes`: the class `dog` of the dataset is not among them"
        );
        assert_eq!(
            told(&["cat", "dog", "cat"]),
            "`classes[2]`: `cat` is named at 0 and again"
        );
    }
}
