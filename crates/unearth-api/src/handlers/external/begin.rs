//! The beginning of an external audit.

use crate::{
    App,
    handlers::{accepted::begun, archaeology::custom_suites, load},
    problem::Problem,
    room,
    view::audit::StartExternal,
};
use axum::response::Response;
use unearth_audit::{
    Archaeology, ArchaeologyRequest, DatasetFacts, ExternalRun, PostedProbe, ProbeRequest,
    estimate_external,
};
use unearth_store::{
    datasets::Dataset,
    examples,
    external::{self, NewExternal},
    probes::Probe,
};

/// Begins an external audit, which takes batches from then on.
pub(in crate::handlers) async fn begin(
    app: &App,
    request: &StartExternal,
) -> Result<Response, Problem> {
    let (dataset, facts) = load::ready_dataset(app, request.dataset_id).await?;
    let class_names = dataset.class_names.as_deref().unwrap_or_default();
    let run = request.run();
    let mut run = run.resolve(class_names).map_err(Problem::invalid)?;
    let probes = probes(app, &dataset, &run, &request.probes).await?;
    run.probes = probes.len() as u32;
    let archaeology = archaeology(app, request, &facts, &run, &probes).await?;
    let scorings = if run.checkpoints.is_empty() {
        Vec::new()
    } else {
        let checkpoints = run.checkpoints.len();
        request
            .scoring
            .resolve(checkpoints)
            .map_err(Problem::invalid)?
    };
    let estimate = estimate_external(&run, &facts);
    room::check(app, &estimate).await?;
    let id = (app.new_id)();
    let new = NewExternal {
        id,
        dataset_id: dataset.id,
        run,
        probes: probes.into_iter().map(stored).collect(),
        archaeology,
        scorings,
        keep_snapshots: request.keep_snapshots.unwrap_or(true),
        estimate,
    };
    external::insert(&app.db, &new, (app.now)()).await?;
    begun(app, id).await
}

/// Labels and sources of the probes that were named.
async fn probes(
    app: &App,
    dataset: &Dataset,
    run: &ExternalRun,
    asked: &[ProbeRequest],
) -> Result<Vec<PostedProbe>, Problem> {
    let sources = asked.iter().filter_map(|probe| probe.source.as_ref());
    let keys = asked.iter().map(|probe| &probe.key).chain(sources);
    // A key with a NUL character is none, and Postgres would not take it.
    let keys = keys.filter(|key| !key.contains('\0'));
    let keys: Vec<String> = keys.cloned().collect();
    let found = examples::by_key(&app.db, dataset.id, &keys).await?;
    let class_names = dataset.class_names.as_deref().unwrap_or_default();
    run.probes(asked, class_names, &found)
        .map_err(Problem::invalid)
}

/// The archaeology that was asked for; probes ask for one, too.
async fn archaeology(
    app: &App,
    request: &StartExternal,
    facts: &DatasetFacts,
    run: &ExternalRun,
    probes: &[PostedProbe],
) -> Result<Option<Archaeology>, Problem> {
    let default = (!probes.is_empty()).then(ArchaeologyRequest::default);
    let Some(asked) = request.archaeology.clone().or(default) else {
        return Ok(None);
    };
    let custom = custom_suites(app, request.dataset_id, &asked).await?;
    asked
        .resolve_external(facts, run.epochs, probes, custom)
        .map(Some)
        .map_err(Problem::invalid)
}

fn stored(probe: PostedProbe) -> Probe {
    Probe {
        key: Some(probe.key),
        suite: probe.suite.to_string(),
        label: probe.label,
        source: probe.source,
    }
}
