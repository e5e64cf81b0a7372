//! Samples: drawn, reviewed, and what is estimated from them.

use super::{
    load,
    selection::{Selection, SelectionQuery},
};
use crate::{
    App,
    class_names::ClassNames,
    extract::{Json, Path, Query},
    paging::PageSize,
    problem::Problem,
    view::{
        example::Example,
        sample::{Draw, OpenExample, OpenExamples, Sample, Samples},
    },
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use std::collections::HashMap;
use unearth_audit::{SampleRequest, Standing};
use unearth_store::{
    examples, reviews,
    samples::{self, Ranking},
};
use utoipa::IntoParams;
use uuid::Uuid;

const OPEN: PageSize = PageSize {
    default: 20,
    max: 200,
};

/// Draws a sample of a ranking to estimate how many labels are wrong: from every band of ranks, and every group,
/// uniformly at random; examples that nothing flags are in it, too.
#[utoipa::path(
    post, path = "/v1/audits/{id}/samples", tag = "review", security(("token" = ["reviewer"])),
    params(("id" = Uuid, Path), SelectionQuery),
    request_body = Draw,
    responses((status = 201, body = Sample))
)]
pub(crate) async fn draw(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<SelectionQuery>,
    Json(wanted): Json<Draw>,
) -> Result<Response, Problem> {
    let selection = Selection::parse(&query)?;
    let audit = load::audit(&app, id).await?;
    let set = selection.load(&app, &audit).await?;
    let sample = Uuid::now_v7();
    let request = SampleRequest {
        examples: wanted.examples.unwrap_or(SampleRequest::EXAMPLES),
        edges: wanted.edges.unwrap_or(SampleRequest::EDGES.into()),
        by_group: wanted.by_group.unwrap_or(true),
        seed: wanted
            .seed
            .map_or_else(|| Uuid::new_v4().as_u64_pair().0, u64::from),
    };
    let errors = request.check();
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let ranking = Ranking {
        audit: id,
        dataset: audit.dataset_id,
        score_set: set.id,
        signal: &set.signal,
        scoring: &set.scoring,
    };
    samples::draw(&app.db, sample, ranking, &request, (app.now)()).await?;
    let view = view(&app, id, load::sample(&app, id, sample).await?).await?;
    Ok((StatusCode::CREATED, axum::Json(view)).into_response())
}

/// Lists the samples of an audit, the latest first.
#[utoipa::path(
    get, path = "/v1/audits/{id}/samples", tag = "review", security(("token" = ["viewer"])), params(("id" = Uuid, Path)),
    responses((status = 200, body = Samples))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<axum::Json<Samples>, Problem> {
    load::audit(&app, id).await?;
    let changed = changed(&app, id).await?;
    let mut items = Vec::new();
    for sample in samples::list(&app.db, id).await? {
        let found = samples::found(&app.db, &sample).await?;
        items.push(Sample::new(sample, &found, changed));
    }
    Ok(axum::Json(Samples { items }))
}

/// Shows how far the review of a sample has come, and what is estimated from it.
#[utoipa::path(
    get, path = "/v1/audits/{id}/samples/{sample}", tag = "review", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), ("sample" = Uuid, Path)),
    responses((status = 200, body = Sample))
)]
pub(crate) async fn get(
    State(app): State<App>,
    Path((id, sample)): Path<(Uuid, Uuid)>,
) -> Result<axum::Json<Sample>, Problem> {
    load::audit(&app, id).await?;
    let sample = load::sample(&app, id, sample).await?;
    Ok(axum::Json(view(&app, id, sample).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OpenQuery {
    /// How many, at most 200; 20 by default.
    limit: Option<i64>,
}

/// Shows the next examples of a sample that nobody has decided on in it, without what the audit makes of them.
#[utoipa::path(
    get, path = "/v1/audits/{id}/samples/{sample}/open", tag = "review", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), ("sample" = Uuid, Path), OpenQuery),
    responses((status = 200, body = OpenExamples))
)]
pub(crate) async fn open(
    State(app): State<App>,
    Path((id, sample)): Path<(Uuid, Uuid)>,
    Query(query): Query<OpenQuery>,
) -> Result<axum::Json<OpenExamples>, Problem> {
    let limit = OPEN.limit(query.limit)?;
    let audit = load::audit(&app, id).await?;
    let dataset = load::dataset(&app, audit.dataset_id).await?;
    load::sample(&app, id, sample).await?;
    let places = samples::open(&app.db, sample, limit).await?;
    let indices: Vec<i32> = places.iter().map(|(_, index)| *index).collect();
    let positions: HashMap<i32, i32> = places.into_iter().map(|(at, index)| (index, at)).collect();
    let rows = examples::of_indices(&app.db, dataset.id, &indices).await?;
    let classes = ClassNames::of(&dataset);
    let mut items = rows
        .into_iter()
        .map(|row| {
            Ok::<_, Problem>(OpenExample {
                position: positions[&row.index],
                example: Example::new(&dataset, classes, row)?,
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    items.sort_by_key(|item| item.position);
    Ok(axum::Json(OpenExamples { items }))
}

async fn view(app: &App, audit: Uuid, sample: samples::Sample) -> Result<Sample, Problem> {
    let found = samples::found(&app.db, &sample).await?;
    Ok(Sample::new(sample, &found, changed(app, audit).await?))
}

/// How many examples of an audit were relabelled or excluded, by decisions of whatever queue.
async fn changed(app: &App, audit: Uuid) -> Result<i64, Problem> {
    let standings = reviews::standings(&app.db, audit).await?;
    let changed = standings
        .iter()
        .filter(|(standing, _)| matches!(standing, Standing::Relabel | Standing::Exclude));
    Ok(changed.map(|(_, examples)| examples).sum())
}
