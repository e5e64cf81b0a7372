//! What a path names, or the problem that it names nothing.

use crate::{
    App,
    problem::{self, Problem},
};
use unearth_audit::{DatasetFacts, DatasetState};
use unearth_store::{
    audits::{self, Audit},
    datasets::{self, Dataset},
    examples::{self, Example},
    samples::{self, Sample},
};
use uuid::Uuid;

pub(super) async fn dataset(app: &App, id: Uuid) -> Result<Dataset, Problem> {
    datasets::get(&app.db, id).await?.ok_or_else(|| {
        Problem::new(
            &problem::DATASET_NOT_FOUND,
            format!("no dataset has the id {id}"),
        )
        .hint("GET /v1/datasets lists them")
    })
}

/// A dataset that is ready, with its facts.
pub(super) async fn ready_dataset(app: &App, id: Uuid) -> Result<(Dataset, DatasetFacts), Problem> {
    let dataset = dataset(app, id).await?;
    if let (DatasetState::Ready, Some(facts)) = (dataset.state, dataset.facts.clone()) {
        return Ok((dataset, facts));
    }
    let detail = format!(
        "the dataset `{}` is {}",
        dataset.name,
        dataset.state.as_str()
    );
    let hint = match dataset.state {
        DatasetState::Failed => "its `error` says what to mend; then upload it again",
        _ => "wait until its `state` is `ready`",
    };
    Err(Problem::new(&problem::DATASET_NOT_READY, detail).hint(hint))
}

pub(super) async fn example(app: &App, dataset: &Dataset, index: i32) -> Result<Example, Problem> {
    let found = examples::get(&app.db, dataset.id, index).await?;
    found.ok_or_else(|| {
        let detail = match dataset.facts.as_ref().map(|facts| facts.examples) {
            Some(examples) => {
                format!("no example has the index {index}; there are {examples}, counted from 0")
            }
            None => "the dataset is not ready, so it has no examples yet".to_owned(),
        };
        Problem::new(&problem::EXAMPLE_NOT_FOUND, detail)
    })
}

pub(super) async fn audit(app: &App, id: Uuid) -> Result<Audit, Problem> {
    let found = audits::get(&app.db, id).await?;
    found.ok_or_else(|| no_such_audit(id))
}

pub(super) fn no_such_audit(id: Uuid) -> Problem {
    Problem::new(
        &problem::AUDIT_NOT_FOUND,
        format!("no audit has the id {id}"),
    )
    .hint("GET /v1/audits lists them")
}

pub(super) async fn sample(app: &App, audit: Uuid, id: Uuid) -> Result<Sample, Problem> {
    let found = samples::get(&app.db, audit, id).await?;
    found.ok_or_else(|| {
        let detail = format!("no sample of this audit has the id {id}");
        Problem::new(&problem::SAMPLE_NOT_FOUND, detail).hint("GET …/samples lists them")
    })
}
