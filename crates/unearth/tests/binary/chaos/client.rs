//! Somebody who goes on working while everything around fails, and remembers what was accepted.

use super::faults::Machine;
use crate::real::{Image, blobs, home, http, runtime};
use rand::{RngExt as _, rngs::StdRng};
use serde_json::{Value, json};
use std::{cell::RefCell, fmt, fs, path::Path, time::Duration};

/// What the server said it had taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct Accepted {
    pub(crate) datasets: Vec<String>,
    pub(crate) audits: Vec<String>,
    /// Ids of decisions.
    pub(crate) decisions: Vec<String>,
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} datasets, {} audits and {} decisions accepted, all there",
            self.datasets.len(),
            self.audits.len(),
            self.decisions.len()
        )
    }
}

pub(crate) struct Client {
    url: String,
    token: String,
    /// The dataset that audits are made of, and its first audit, which decisions are about.
    pub(crate) dataset: String,
    pub(crate) reviewed: String,
    accepted: RefCell<Accepted>,
}

impl Client {
    /// Uploads the dataset and begins the audit that nobody disturbs.
    pub(crate) fn new(machine: &Machine, file: &Path) -> Self {
        let unearth = machine.unearth();
        let reviewed = unearth.begin(file, audit_of(None));
        let audit = unearth.get(&format!("/v1/audits/{reviewed}"));
        let dataset = audit["dataset_id"]
            .as_str()
            .expect("an audit has a dataset");
        Self {
            url: unearth.url.clone(),
            token: unearth.token.clone(),
            dataset: dataset.to_owned(),
            reviewed,
            accepted: RefCell::default(),
        }
    }

    /// The rankings that every later audit must come to.
    pub(crate) fn undisturbed(&self, machine: &Machine) -> Vec<String> {
        rankings(machine, &self.reviewed)
    }

    pub(crate) fn accepted(&self) -> Accepted {
        self.accepted.borrow().clone()
    }

    /// An upload, an audit or some decisions; whatever fails is not tried again.
    pub(crate) fn something(&mut self, rng: &mut StdRng, unfinished_max: usize) {
        if self.unfinished() < unfinished_max {
            let body = audit_of(Some(&self.dataset)).to_string();
            let audit = self.post("/v1/audits", "application/json", body.into());
            self.accepted.borrow_mut().audits.extend(id_of(audit));
        }
        if rng.random_bool(0.3) {
            let folder = home();
            let file = blobs(folder.path(), rng.random_range(8..400), Image::GREY);
            let bytes = fs::read(file).expect("it was just made");
            let dataset = self.post(
                "/v1/datasets?name=more.npz",
                "application/octet-stream",
                bytes,
            );
            self.accepted.borrow_mut().datasets.extend(id_of(dataset));
        }
        for _ in 0..rng.random_range(0..4) {
            let id = uuid::Uuid::from_u128(rng.random()).to_string();
            let body = json!({
                "id": id,
                "reviewer": "Ada",
                "decision": "exclude",
                "examples": [rng.random_range(0..600)],
            });
            let path = format!("/v1/audits/{}/decisions", self.reviewed);
            if self
                .post(&path, "application/json", body.to_string().into())
                .is_some()
            {
                self.accepted.borrow_mut().decisions.push(id);
            }
        }
    }

    /// How many of the accepted audits have not ended; as many as may be where nobody answers.
    fn unfinished(&self) -> usize {
        let audits = self.accepted.borrow().audits.clone();
        let is_final = |audit: &String| {
            let state = self.get(&format!("/v1/audits/{audit}"))?["state"].clone();
            Some(matches!(
                state.as_str(),
                Some("succeeded" | "failed" | "cancelled")
            ))
        };
        let ended: Option<Vec<bool>> = audits.iter().map(is_final).collect();
        ended.map_or(usize::MAX, |ended| ended.iter().filter(|&&it| !it).count())
    }

    fn get(&self, path: &str) -> Option<Value> {
        let request = http().get(format!("{}{path}", self.url));
        self.answer(request)
    }

    fn post(&self, path: &str, media_type: &str, body: Vec<u8>) -> Option<Value> {
        let request = http()
            .post(format!("{}{path}", self.url))
            .header("content-type", media_type)
            .body(body);
        self.answer(request)
    }

    /// The body of a success; none where it failed or was not answered. A refusal would be a fault of the test.
    fn answer(&self, request: reqwest::RequestBuilder) -> Option<Value> {
        let request = request
            .bearer_auth(&self.token)
            .timeout(Duration::from_secs(20));
        runtime().block_on(async {
            let answer = request.send().await.ok()?;
            let status = answer.status();
            let body = answer.text().await.ok()?;
            assert!(!status.is_client_error(), "{status} {body}");
            assert!(status != 500, "{body}");
            status.is_success().then(|| body.parse().ok())?
        })
    }
}

/// The rankings of an audit, once it has succeeded.
pub(crate) fn rankings(machine: &Machine, audit: &str) -> Vec<String> {
    let each = ["vog", "label_issue", "forgetting"].iter();
    each.map(|signal| machine.unearth().ranking(audit, signal))
        .collect()
}

fn audit_of(dataset: Option<&str>) -> Value {
    let mut body = json!({
        "recipe": {"model": "cnn-s", "epochs": 5, "checkpoints": [1, 3, 5], "augment": "crop"},
        "signals": ["vog", "label_issue", "forgetting"],
        "seed": 7,
    });
    if let Some(dataset) = dataset {
        body["dataset_id"] = dataset.into();
    }
    body
}

fn id_of(body: Option<Value>) -> Option<String> {
    Some(
        body?["id"]
            .as_str()
            .expect("what is accepted has an id")
            .to_owned(),
    )
}
