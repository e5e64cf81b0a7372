//! What the populations of an audit disagree on.

use super::load;
use crate::{
    App,
    extract::{Path, Query},
    problem::{self, Problem},
    view::pie::PieView,
};
use axum::{Json, extract::State};
use serde::Deserialize;
use unearth_audit::{Level, LevelReport, Population};
use unearth_store::exemplars;
use utoipa::IntoParams;
use uuid::Uuid;

/// Shows what the populations of an audit disagree on: over the models so far while they are trained.
///
/// `recalls` are left out here; `…/pie/{level}` has them.
#[utoipa::path(
    get, path = "/v1/audits/{id}/pie", tag = "rankings", security(("token" = ["viewer"])), params(("id" = Uuid, Path)),
    responses((status = 200, body = PieView))
)]
pub(crate) async fn get(
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<Json<PieView>, Problem> {
    let audit = load::audit(&app, id).await?;
    let report = exemplars::report(&app.db, id).await?;
    Ok(Json(PieView::new(&audit, report)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LevelQuery {
    /// Over the examples that were trained on (the default) or over the others.
    #[param(inline)]
    population: Option<Population>,
}

/// Shows one population of an audit, with recall by class and by group.
#[utoipa::path(
    get, path = "/v1/audits/{id}/pie/{level}", tag = "rankings", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), ("level" = Level, Path), LevelQuery),
    responses((status = 200, body = LevelReport))
)]
pub(crate) async fn level(
    State(app): State<App>,
    Path((id, level)): Path<(Uuid, String)>,
    Query(query): Query<LevelQuery>,
) -> Result<Json<LevelReport>, Problem> {
    let level: Level = level
        .parse()
        .map_err(|detail| Problem::invalid_field("level", detail))?;
    let audit = load::audit(&app, id).await?;
    let report = exemplars::report(&app.db, id).await?;
    let table = report.and_then(|report| match query.population.unwrap_or_default() {
        Population::Trained => Some(report.trained),
        Population::HeldOut => report.held_out,
    });
    let found = table
        .into_iter()
        .flat_map(|table| table.levels)
        .find(|report| report.level == level);
    found.map(Json).ok_or_else(|| {
        let detail = format!("there is no report on the population `{level}`, or not yet");
        let problem = Problem::new(&problem::LEVEL_NOT_FOUND, detail);
        match &audit.pie {
            None => problem.hint("no populations were asked for in this audit"),
            Some(_) => problem.hint("GET …/pie lists those that there are"),
        }
    })
}
