//! Probes that an external run trained on beside the dataset's examples.

use super::ExternalRun;
use crate::{FieldError, Suite};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Longest key of a probe, as that of an example.
const KEY_BYTES_MAX: usize = 1024;

/// A probe as a request names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProbeRequest {
    /// Its key, under which its records are posted; no example has it.
    pub key: String,
    /// Of which kind it is: one of the synthesised suites.
    pub suite: Suite,
    /// Class under which it was trained on, by name.
    pub label: String,
    /// Key of the example it was made from.
    pub source: Option<String>,
}

/// A probe of an external run; its position in the list is its index among the probes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedProbe {
    /// Its key.
    pub key: String,
    /// Of which kind it is.
    pub suite: Suite,
    /// Label under which it was trained on.
    pub label: i32,
    /// The example it was made from, by index.
    pub source: Option<u32>,
}

impl ExternalRun {
    /// Finds labels and sources of probes; `class_names` are the dataset's, `keys` the indices of the examples
    /// that have the key of a probe or of its source.
    ///
    /// # Errors
    /// All probes that are wrong, each with its field.
    pub fn probes(
        &self,
        asked: &[ProbeRequest],
        class_names: &[String],
        keys: &HashMap<String, u32>,
    ) -> Result<Vec<PostedProbe>, Vec<FieldError>> {
        let names = class_names.iter().chain(&self.further_classes);
        let labels: HashMap<&str, i32> = names.map(String::as_str).zip(0..).collect();
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let mut errors = Vec::new();
        let mut probes = Vec::with_capacity(asked.len());
        for (at, probe) in asked.iter().enumerate() {
            let mut wrong = |field: &str, detail: String| {
                errors.push(FieldError::new(format!("probes[{at}].{field}"), detail));
            };
            let bytes = 1..=KEY_BYTES_MAX;
            if !bytes.contains(&probe.key.len()) || probe.key.contains('\0') {
                let detail = format!("must be 1 to {KEY_BYTES_MAX} bytes without a NUL character");
                wrong("key", detail);
            }
            if let Some(first) = seen.insert(&probe.key, at) {
                wrong(
                    "key",
                    format!("`{}` is that of probe {first}, too", probe.key),
                );
            }
            if keys.contains_key(&probe.key) {
                wrong("key", format!("`{}` is the key of an example", probe.key));
            }
            if !probe.suite.is_synthesised() {
                let detail = format!(
                    "{} examples are the dataset's own: give the dataset a column `difficulty` instead",
                    probe.suite
                );
                wrong("suite", detail);
            }
            let label = labels.get(probe.label.as_str()).copied();
            if label.is_none() {
                wrong(
                    "label",
                    format!("`{}` is none of the model's classes", probe.label),
                );
            }
            let source = probe.source.as_ref().map(|key| keys.get(key).copied());
            if source == Some(None) {
                let key = probe.source.as_deref().unwrap_or_default();
                wrong("source", format!("the dataset has no example `{key}`"));
            }
            probes.push(PostedProbe {
                key: probe.key.clone(),
                suite: probe.suite,
                label: label.unwrap_or_default(),
                source: source.flatten(),
            });
        }
        if errors.is_empty() {
            Ok(probes)
        } else {
            Err(errors)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LogitSource;

    fn probe(key: &str, suite: Suite, label: &str, source: Option<&str>) -> ProbeRequest {
        ProbeRequest {
            key: key.into(),
            suite,
            label: label.into(),
            source: source.map(str::to_owned),
        }
    }

    #[test]
    fn labels_and_sources_are_found_and_what_is_wrong_names_its_probe() {
        let run = ExternalRun {
            epochs: 3,
            logits: LogitSource::InFlight,
            checkpoints: vec![],
            map_height: 0,
            map_width: 0,
            class_labels: vec![0, 2, 1],
            further_classes: vec!["cow".into()],
            probes: 0,
        };
        let classes = ["cat".to_owned(), "dog".to_owned()];
        let keys = HashMap::from([("a".to_owned(), 7)]);
        let asked = [
            probe("p0", Suite::RandomOutputs, "cow", Some("a")),
            probe("p1", Suite::Corrupted, "dog", None),
        ];
        let found = run.probes(&asked, &classes, &keys).unwrap();
        assert_eq!((found[0].label, found[0].source), (2, Some(7)));
        assert_eq!((found[1].label, found[1].source), (1, None));

        let wrong = [
            probe("a", Suite::Typical, "bird", Some("b")),
            probe("a", Suite::Corrupted, "cat", None),
        ];
        let errors = run.probes(&wrong, &classes, &keys).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "probes[0].key",
                "probes[0].suite",
                "probes[0].label",
                "probes[0].source",
                "probes[1].key",
                "probes[1].key"
            ]
        );
    }
}
