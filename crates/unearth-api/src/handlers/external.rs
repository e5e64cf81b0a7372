//! External runs: begin, put batches, complete.

mod batch;
mod complete;

use super::{audits, load};
use crate::{
    App,
    extract::{Path, Query},
    problem::{self, Problem},
    room,
    view::{
        audit::{Audit, StartExternal},
        external::{KeptBatch, Received},
    },
};
use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use unearth_audit::{
    Archaeology, ArchaeologyRequest, DatasetFacts, ExternalRun, Origin, PostedProbe, ProbeRequest,
    Quantity, estimate_external,
};
use unearth_store::{
    audits::Audit as StoredAudit,
    datasets::Dataset,
    examples,
    external::{self, NewExternal, Put},
    probes::{self as stored_probes, Probe},
};
use utoipa::IntoParams;
use uuid::Uuid;

/// Longest key of a probe, as that of an example.
const KEY_BYTES_MAX: usize = 1024;

/// Begins an external audit, which takes batches from then on.
pub(super) async fn begin(app: &App, request: &StartExternal) -> Result<Response, Problem> {
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
        estimate,
    };
    external::insert(&app.db, &new, (app.now)()).await?;
    audits::begun(app, id).await
}

/// Labels and sources of the probes that were named.
async fn probes(
    app: &App,
    dataset: &Dataset,
    run: &ExternalRun,
    asked: &[ProbeRequest],
) -> Result<Vec<PostedProbe>, Problem> {
    for (at, probe) in asked.iter().enumerate() {
        if probe.key.is_empty() || probe.key.len() > KEY_BYTES_MAX || probe.key.contains('\0') {
            let field = format!("probes[{at}].key");
            let detail = format!("must be 1 to {KEY_BYTES_MAX} bytes without a NUL character");
            return Err(Problem::invalid_field(&field, detail));
        }
    }
    let sources = asked.iter().filter_map(|probe| probe.source.as_ref());
    let keys: Vec<String> = asked
        .iter()
        .map(|probe| &probe.key)
        .chain(sources)
        .cloned()
        .collect();
    // A key with a NUL character is none, and Postgres would not take it.
    let keys: Vec<String> = keys.into_iter().filter(|key| !key.contains('\0')).collect();
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
    let custom = super::archaeology::custom_suites(app, request.dataset_id, &asked).await?;
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

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BatchQuery {
    /// Index of the first row, where the batch has neither `index` nor `key` and its rows are examples that
    /// follow one another.
    first: Option<u64>,
}

/// Puts a batch of records of one epoch: `logits`, or any of `loss`, `p_given`, `margin`, `el2n`,
/// `predicted` and `best_other`, with `index` or `key`. The same batch again changes nothing.
#[utoipa::path(
    put, path = "/v1/audits/{id}/records/{epoch}/{chunk}", tag = "external runs",
    params(
        ("id" = Uuid, Path),
        ("epoch" = u32, Path, description = "Epoch, counted from 1."),
        ("chunk" = u32, Path, description = "Number of the batch within the epoch: any, each once."),
        BatchQuery
    ),
    request_body(
        content(
            (Vec<u8> = "application/vnd.apache.arrow.stream"),
            (Vec<u8> = "application/x-npz"),
            (Vec<u8> = "application/jsonl"),
        ),
        description = "An Arrow IPC stream, an npz, or lines as dataset cartography writes them."
    ),
    responses(
        (status = 201, description = "It is kept.", body = KeptBatch),
        (status = 200, description = "It was there already.", body = KeptBatch),
    )
)]
pub(crate) async fn put_records(
    State(app): State<App>,
    Path((id, epoch, chunk)): Path<(Uuid, u32, u32)>,
    Query(query): Query<BatchQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let audit = load::audit(&app, id).await?;
    let run = receiving(&audit)?;
    let epoch = place(epoch.checked_sub(1), run.epochs, "epoch", "counted from 1")?;
    let chunk = number(chunk)?;
    let probes = match run.probes {
        0 => Vec::new(),
        _ => stored_probes::of_external(&app.db, id).await?,
    };
    let posted = batch::Posted::receive(&app, &audit, probes, query.first, request).await?;
    let content_hash = posted.content_hash;
    let batch = posted.records(&app, run).await?;
    let new = external::NewRecords {
        epoch,
        chunk,
        content_hash,
        indices: &batch.indices,
        quantities: &batch.quantities,
        values: &batch.values,
    };
    let put = external::put_records(&app.db, id, &new, (app.now)()).await?;
    let columns = batch.quantities.iter().copied().map(Quantity::as_str);
    answer(&app, id, put, batch.indices.len(), columns.collect()).await
}

/// Puts a batch of gradient maps of one checkpoint: `gradients`, with `index` or `key`. The same batch again
/// changes nothing.
#[utoipa::path(
    put, path = "/v1/audits/{id}/gradients/{checkpoint}/{chunk}", tag = "external runs",
    params(
        ("id" = Uuid, Path),
        ("checkpoint" = u32, Path, description = "Position in the list of checkpoints, from 0."),
        ("chunk" = u32, Path, description = "Number of the batch within the checkpoint: any, each once."),
        BatchQuery
    ),
    request_body(
        content(
            (Vec<u8> = "application/vnd.apache.arrow.stream"),
            (Vec<u8> = "application/x-npz"),
            (Vec<u8> = "application/x-npy"),
        ),
        description = "An Arrow IPC stream, an npz, or the npy of an array [rows, height, width]."
    ),
    responses(
        (status = 201, description = "It is kept.", body = KeptBatch),
        (status = 200, description = "It was there already.", body = KeptBatch),
    )
)]
pub(crate) async fn put_gradients(
    State(app): State<App>,
    Path((id, checkpoint, chunk)): Path<(Uuid, u32, u32)>,
    Query(query): Query<BatchQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let audit = load::audit(&app, id).await?;
    let run = receiving(&audit)?;
    let checkpoints = run.checkpoints.len() as u32;
    let checkpoint = place(
        Some(checkpoint),
        checkpoints,
        "checkpoint",
        "counted from 0",
    )?;
    let chunk = number(chunk)?;
    let posted = batch::Posted::receive(&app, &audit, vec![], query.first, request).await?;
    let content_hash = posted.content_hash;
    let batch = posted.maps(&app, run).await?;
    let new = external::NewMaps {
        checkpoint,
        chunk,
        content_hash,
        indices: &batch.indices,
        scales: &batch.scales,
        maps: &batch.maps,
    };
    let put = external::put_maps(&app.db, id, &new, (app.now)()).await?;
    answer(&app, id, put, batch.indices.len(), vec!["gradients"]).await
}

/// Removes a batch of records, so that another may be put in its place.
#[utoipa::path(
    delete, path = "/v1/audits/{id}/records/{epoch}/{chunk}", tag = "external runs",
    params(("id" = Uuid, Path), ("epoch" = u32, Path), ("chunk" = u32, Path)),
    responses((status = 204, description = "It is gone."))
)]
pub(crate) async fn remove_records(
    State(app): State<App>,
    Path((id, epoch, chunk)): Path<(Uuid, u32, u32)>,
) -> Result<StatusCode, Problem> {
    let audit = load::audit(&app, id).await?;
    let run = receiving(&audit)?;
    let epoch = place(epoch.checked_sub(1), run.epochs, "epoch", "counted from 1")?;
    let removed = external::remove_records(&app.db, id, epoch, number(chunk)?).await?;
    removal(&app, id, removed).await
}

/// Removes a batch of gradients, so that another may be put in its place.
#[utoipa::path(
    delete, path = "/v1/audits/{id}/gradients/{checkpoint}/{chunk}", tag = "external runs",
    params(("id" = Uuid, Path), ("checkpoint" = u32, Path), ("chunk" = u32, Path)),
    responses((status = 204, description = "It is gone."))
)]
pub(crate) async fn remove_gradients(
    State(app): State<App>,
    Path((id, checkpoint, chunk)): Path<(Uuid, u32, u32)>,
) -> Result<StatusCode, Problem> {
    let audit = load::audit(&app, id).await?;
    let run = receiving(&audit)?;
    let checkpoints = run.checkpoints.len() as u32;
    let checkpoint = place(
        Some(checkpoint),
        checkpoints,
        "checkpoint",
        "counted from 0",
    )?;
    let removed = external::remove_maps(&app.db, id, checkpoint, number(chunk)?).await?;
    removal(&app, id, removed).await
}

/// Lists what was posted so far, so that an interrupted client can go on.
#[utoipa::path(
    get, path = "/v1/audits/{id}/received", tag = "external runs", params(("id" = Uuid, Path)),
    responses((status = 200, body = Received))
)]
pub(crate) async fn received(
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<Json<Received>, Problem> {
    let audit = load::audit(&app, id).await?;
    external_run(&audit)?;
    Ok(Json(external::received(&app.db, id).await?.into()))
}

/// Ends the posting: everything must be there, each example once at every epoch and checkpoint. A worker
/// then puts it in order and scores it. Asked again, it changes nothing.
#[utoipa::path(
    post, path = "/v1/audits/{id}/complete", tag = "external runs", params(("id" = Uuid, Path)),
    responses((status = 202, body = Audit))
)]
pub(crate) async fn complete(
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let audit = load::audit(&app, id).await?;
    let run = external_run(&audit)?;
    complete::complete(&app, &audit, run).await?;
    audits::accepted(&app, id).await
}

fn external_run(audit: &StoredAudit) -> Result<&ExternalRun, Problem> {
    match &audit.origin {
        Origin::External(run) => Ok(run),
        Origin::Trained(_) => {
            let detail = "its records come from a training of ours";
            Err(Problem::new(&problem::AUDIT_NOT_EXTERNAL, detail)
                .hint("begin one with `kind` `external`"))
        }
    }
}

/// The run of an audit that takes batches.
fn receiving(audit: &StoredAudit) -> Result<&ExternalRun, Problem> {
    let run = external_run(audit)?;
    if audit.state == unearth_audit::State::Receiving {
        return Ok(run);
    }
    Err(not_receiving(audit))
}

pub(super) fn not_receiving(audit: &StoredAudit) -> Problem {
    let problem = Problem::new(
        &problem::AUDIT_NOT_RECEIVING,
        format!("it is {}", audit.state),
    );
    match audit.state {
        unearth_audit::State::Cancelled | unearth_audit::State::Failed => {
            problem.hint("POST …/retry to go on with it")
        }
        _ => problem.hint("begin another audit to post something else"),
    }
}

/// An epoch or checkpoint that the run has.
fn place(at: Option<u32>, count: u32, what: &str, counted: &str) -> Result<u32, Problem> {
    at.filter(|&at| at < count).ok_or_else(|| {
        let detail = format!("the run has {count} of them, {counted}");
        Problem::invalid_field(what, detail).hint("they are said when the audit is begun")
    })
}

fn number(chunk: u32) -> Result<u32, Problem> {
    match i32::try_from(chunk) {
        Ok(_) => Ok(chunk),
        Err(_) => Err(Problem::invalid_field(
            "chunk",
            format!("must be at most {}", i32::MAX),
        )),
    }
}

async fn answer(
    app: &App,
    audit: Uuid,
    put: Put,
    examples: usize,
    columns: Vec<&'static str>,
) -> Result<Response, Problem> {
    let status = match put {
        Put::New => StatusCode::CREATED,
        Put::Same => StatusCode::OK,
        Put::Differs => {
            let detail = "another batch is there under this number, and it stays";
            return Err(Problem::new(&problem::BATCH_DIFFERS, detail)
                .hint("DELETE it first, or put this one under another number"));
        }
        Put::NotReceiving => return Err(not_receiving(&load::audit(app, audit).await?)),
    };
    Ok((status, Json(KeptBatch { examples, columns })).into_response())
}

async fn removal(app: &App, audit: Uuid, removed: Option<bool>) -> Result<StatusCode, Problem> {
    match removed {
        Some(true) => Ok(StatusCode::NO_CONTENT),
        Some(false) => Err(
            Problem::new(&problem::BATCH_NOT_FOUND, "no batch has this number")
                .hint("GET …/received lists them"),
        ),
        None => Err(not_receiving(&load::audit(app, audit).await?)),
    }
}
