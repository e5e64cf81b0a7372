//! Audits: begin, look, cancel, retry, delete.

use super::{
    accepted::{accepted, begun},
    external, health, load,
};
use crate::{
    App,
    extract::{Json, JsonBody, Path, Query},
    paging::{self, PageSize},
    problem::{self, Problem},
    room,
    view::audit::{
        Audit, AuditKind, AuditPage, EstimatedAudit, StartAnyAudit, StartAudit, StartKind,
    },
};
use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use unearth_audit::{
    Archaeology, DatasetFacts, Estimate, FieldError, Init, Modality, ModelPace, Pie, PieRequest,
    Recipe, Scoring, Signal, Wanted, estimate, plan,
};
use unearth_store::{
    audits::{self, Changed, NewAudit},
    retention::{self, GivenUp},
    weights,
};
use utoipa::IntoParams;
use uuid::Uuid;

const PAGE: PageSize = PageSize {
    default: 50,
    max: 200,
};

/// More say little more, and each is a training.
const SEEDS_MAX: u32 = 20;

/// A request that was checked against its dataset.
struct Resolved {
    signals: Vec<Signal>,
    recipe: Recipe,
    scorings: Vec<Scoring>,
    seeds: u32,
    archaeology: Option<Archaeology>,
    pie: Option<Pie>,
    estimate: Estimate,
}

/// Begins an audit: a training of ours, or an external run to which records and gradients are put.
#[utoipa::path(
    post, path = "/v1/audits", tag = "audits", security(("token" = ["operator"])), request_body = StartAnyAudit,
    responses((status = 202, description = "It waits for a worker, or for what is posted to it.", body = Audit,
               headers(("Location" = String, description = "Its address."))))
)]
pub(crate) async fn start(State(app): State<App>, body: JsonBody) -> Result<Response, Problem> {
    let request: StartAudit = match body.read::<StartKind>()?.kind {
        AuditKind::Trained => body.read()?,
        AuditKind::External => return external::begin(&app, &body.read()?).await,
    };
    let resolved = resolve(&app, &request).await?;
    room::check(&app, &resolved.estimate).await?;
    let id = (app.new_id)();
    let runs = plan(&Wanted {
        signals: &resolved.signals,
        recipe: &resolved.recipe,
        seed: request.seed,
        seeds: resolved.seeds,
        archaeology: resolved.archaeology.as_ref(),
        pie: resolved.pie.as_ref(),
    });
    let new = NewAudit {
        id,
        dataset_id: request.dataset_id,
        runs,
        archaeology: resolved.archaeology,
        pie: resolved.pie,
        signals: resolved.signals,
        recipe: resolved.recipe,
        scorings: resolved.scorings,
        seed: request.seed as i64,
        seeds: resolved.seeds,
        keep_snapshots: request.keep_snapshots.unwrap_or(true),
        estimate: resolved.estimate,
    };
    audits::insert(&app.db, &new, (app.now)()).await?;
    begun(&app, id).await
}

/// Says what an audit would be and cost, without beginning it.
#[utoipa::path(
    post, path = "/v1/audits/estimate", tag = "audits", security(("token" = ["viewer"])), request_body = StartAudit,
    responses((status = 200, body = EstimatedAudit))
)]
pub(crate) async fn estimate_only(
    State(app): State<App>,
    Json(request): Json<StartAudit>,
) -> Result<axum::Json<EstimatedAudit>, Problem> {
    let Resolved {
        recipe, estimate, ..
    } = resolve(&app, &request).await?;
    Ok(axum::Json(EstimatedAudit { recipe, estimate }))
}

/// Fills in the defaults and checks everything; what is wrong is told all at once.
async fn resolve(app: &App, request: &StartAudit) -> Result<Resolved, Problem> {
    let (dataset, facts) = load::ready_dataset(app, request.dataset_id).await?;
    if facts.modality != Modality::Image {
        let detail = format!("the examples of `{}` are rows of a table", dataset.name);
        return Err(Problem::new(&problem::DATASET_HAS_NO_IMAGES, detail)
            .hint("train elsewhere and post the records and gradients, with `kind` `external`"));
    }
    let mut recipe = request.recipe.resolve(&facts).map_err(Problem::invalid)?;
    let mut scorings = request
        .scoring
        .resolve(recipe.checkpoints.len())
        .map_err(Problem::invalid)?;
    let mut errors = Vec::new();
    let mut signals = request
        .signals
        .clone()
        .unwrap_or_else(|| Signal::of_one_training().collect());
    if signals.is_empty() {
        errors.push(FieldError::new(
            "signals",
            "names no signal; leave it out for all of them",
        ));
    }
    let seeds = request.seeds.unwrap_or(1);
    if !(1..=SEEDS_MAX).contains(&seeds) {
        errors.push(FieldError::new(
            "seeds",
            format!("must be 1 to {SEEDS_MAX}"),
        ));
    }
    if i64::try_from(request.seed).is_err() {
        errors.push(FieldError::new(
            "seed",
            format!("must be at most {}", i64::MAX),
        ));
    }
    if let Init::Weights(hash) = &recipe.init
        && weights::get(&app.db, hash).await?.is_none()
    {
        let detail = format!(
            "no weights with the hash `{hash}` were uploaded; POST them to /v1/weights first"
        );
        errors.push(FieldError::new("recipe.init.weights", detail));
    }
    let pie = populations(request, &facts, &mut signals).unwrap_or_else(|wrong| {
        errors.extend(wrong);
        None
    });
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let mut seen = Vec::new();
    signals.retain(|signal| {
        !seen.contains(signal) && {
            seen.push(*signal);
            true
        }
    });
    if !signals.contains(&Signal::Vog) {
        // Nothing else is made of gradients, so none are taken.
        recipe.checkpoints.clear();
        scorings.clear();
    }
    let archaeology = match &request.archaeology {
        Some(asked) => Some(
            super::archaeology::resolve(app, request.dataset_id, asked, &facts, &recipe).await?,
        ),
        None => None,
    };
    if let Some(archaeology) = &archaeology {
        archaeology.add_to(&mut recipe);
    }
    let workers = health::alive(app).await?;
    let paces: Vec<ModelPace> = workers.into_iter().flat_map(|it| it.paces).collect();
    let mut cost = estimate(&recipe, archaeology.as_ref(), &facts, &paces).times(seeds);
    if let Some(pie) = &pie {
        cost = cost.with_populations(pie, &recipe, &facts, &paces);
    }
    Ok(Resolved {
        signals,
        estimate: cost,
        seeds,
        archaeology,
        pie,
        recipe,
        scorings,
    })
}

/// The populations that are asked for, by the signal or by what is said of them: either brings the other.
fn populations(
    request: &StartAudit,
    facts: &DatasetFacts,
    signals: &mut Vec<Signal>,
) -> Result<Option<Pie>, Vec<FieldError>> {
    let is_wanted = signals.contains(&Signal::Pie);
    let asked = match &request.pie {
        None if !is_wanted => return Ok(None),
        None => PieRequest::default(),
        Some(asked) => asked.clone(),
    };
    if !is_wanted {
        signals.push(Signal::Pie);
    }
    asked.resolve(facts).map(Some)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// `next` of the page before.
    after: Option<String>,
    /// How many, at most 200; 50 by default.
    limit: Option<i64>,
    /// Only of this dataset.
    dataset_id: Option<Uuid>,
}

/// Lists the audits, newest first.
#[utoipa::path(
    get, path = "/v1/audits", tag = "audits", security(("token" = ["viewer"])), params(ListQuery),
    responses((status = 200, body = AuditPage))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<AuditPage>, Problem> {
    let limit = PAGE.limit(query.limit)?;
    let after = paging::cursor(query.after.as_deref())?;
    let rows = audits::list(&app.db, query.dataset_id, after, limit + 1).await?;
    let (rows, next) = paging::split(rows, limit, |row| row.id);
    let items = rows.into_iter().map(Audit::from).collect();
    Ok(axum::Json(AuditPage { items, next }))
}

/// Shows one audit.
#[utoipa::path(
    get, path = "/v1/audits/{id}", tag = "audits", security(("token" = ["viewer"])), params(("id" = Uuid, Path)),
    responses((status = 200, body = Audit))
)]
pub(crate) async fn get(
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<axum::Json<Audit>, Problem> {
    Ok(axum::Json(load::audit(&app, id).await?.into()))
}

/// Cancels an audit: a queued one at once, a running one at its next batch.
#[utoipa::path(
    post, path = "/v1/audits/{id}/cancel", tag = "audits", security(("token" = ["operator"])), params(("id" = Uuid, Path)),
    responses((status = 202, body = Audit))
)]
pub(crate) async fn cancel(
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    match audits::cancel(&app.db, id, (app.now)()).await? {
        Changed::Yes => accepted(&app, id).await,
        Changed::NotFound => Err(load::no_such_audit(id)),
        Changed::No(state) => Err(Problem::new(
            &problem::AUDIT_IS_FINISHED,
            format!("it is {state} already"),
        )),
    }
}

/// Tries a failed or cancelled audit again, from its last resume point.
#[utoipa::path(
    post, path = "/v1/audits/{id}/retry", tag = "audits", security(("token" = ["operator"])), params(("id" = Uuid, Path)),
    responses((status = 202, body = Audit))
)]
pub(crate) async fn retry(
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    match audits::retry(&app.db, id, (app.now)()).await? {
        Changed::Yes => accepted(&app, id).await,
        Changed::NotFound => Err(load::no_such_audit(id)),
        Changed::No(state) => {
            let detail =
                format!("it is {state}; only failed and cancelled audits can be tried again");
            Err(Problem::new(&problem::AUDIT_NOT_RETRIABLE, detail))
        }
    }
}

/// Deletes an audit with everything made for it.
#[utoipa::path(
    delete, path = "/v1/audits/{id}", tag = "audits", security(("token" = ["operator"])), params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is gone."))
)]
pub(crate) async fn delete(
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    let audit = load::audit(&app, id).await?;
    let Some(blobs) = audits::delete(&app.db, id).await? else {
        let detail = format!("it is {}", audit.state);
        return Err(Problem::new(&problem::AUDIT_IS_RUNNING, detail).hint("cancel it first"));
    };
    for blob in blobs {
        app.blobs.delete(&blob).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Gives up the gradient maps of an audit that succeeded, by far the most of what it takes. Its rankings, records and
/// decisions stay; further windows cannot be scored, and its maps not be looked at any more.
#[utoipa::path(
    delete, path = "/v1/audits/{id}/snapshots", tag = "audits", security(("token" = ["operator"])), params(("id" = Uuid, Path)),
    responses((status = 204, description = "They are gone, and their space is returned."))
)]
pub(crate) async fn delete_snapshots(
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    match retention::give_up(&app.db, id, (app.now)()).await? {
        GivenUp::Yes => Ok(StatusCode::NO_CONTENT),
        GivenUp::NotFound => Err(load::no_such_audit(id)),
        GivenUp::InUse => Err(Problem::new(
            &problem::SNAPSHOTS_IN_USE,
            "further windows are being scored from them",
        )
        .hint("try again when they are scored")),
        GivenUp::No(state) => Err(Problem::new(
            &problem::AUDIT_NOT_FINISHED,
            format!("it is {state}"),
        )
        .hint("only audits that succeeded can do without their maps; others can be deleted")),
    }
}
