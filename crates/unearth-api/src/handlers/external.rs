//! External runs: begin, put batches, complete.

mod batch;
mod begin;
mod complete;
mod row_space;

pub(super) use begin::begin;

use super::{accepted::accepted, load};
use crate::{
    App,
    extract::{Path, Query},
    problem::{self, Problem},
    view::{
        audit::Audit,
        external::{KeptBatch, Received},
    },
};
use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use row_space::RowSpace;
use serde::Deserialize;
use unearth_audit::{ExternalRun, Origin, Quantity};
use unearth_store::{
    audits::Audit as StoredAudit,
    external::{self, Put},
};
use utoipa::IntoParams;
use uuid::Uuid;

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
    put, path = "/v1/audits/{id}/records/{epoch}/{chunk}", tag = "external runs", security(("token" = ["operator"])),
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
    let (_, facts) = load::ready_dataset(&app, audit.dataset_id).await?;
    let space = RowSpace::of_records(&app, &audit, run, facts.examples).await?;
    let posted = batch::Posted::receive(&app, space, query.first, request).await?;
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
    put, path = "/v1/audits/{id}/gradients/{checkpoint}/{chunk}", tag = "external runs", security(("token" = ["operator"])),
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
    let (_, facts) = load::ready_dataset(&app, audit.dataset_id).await?;
    let space = RowSpace::of_gradients(&audit, facts.examples);
    let posted = batch::Posted::receive(&app, space, query.first, request).await?;
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
    delete, path = "/v1/audits/{id}/records/{epoch}/{chunk}", tag = "external runs", security(("token" = ["operator"])),
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
    delete, path = "/v1/audits/{id}/gradients/{checkpoint}/{chunk}", tag = "external runs", security(("token" = ["operator"])),
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
    get, path = "/v1/audits/{id}/received", tag = "external runs", security(("token" = ["viewer"])), params(("id" = Uuid, Path)),
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
    post, path = "/v1/audits/{id}/complete", tag = "external runs", security(("token" = ["operator"])), params(("id" = Uuid, Path)),
    responses((status = 202, body = Audit))
)]
pub(crate) async fn complete(
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let audit = load::audit(&app, id).await?;
    let run = external_run(&audit)?;
    complete::complete(&app, &audit, run).await?;
    accepted(&app, id).await
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
