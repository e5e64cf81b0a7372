//! How a signal is distributed.

use super::{
    load,
    selection::{Selection, SelectionQuery},
};
use crate::{
    App,
    class_names::ClassNames,
    extract::{Path, Query},
    problem::Problem,
    view::{score::ScoreInfo, statistics::Statistics},
};
use axum::{Json, extract::State};
use unearth_audit::{Population, ScoreKey};
use unearth_store::score_sets;
use uuid::Uuid;

/// Shows how the scores of a ranking are distributed.
#[utoipa::path(
    get, path = "/v1/audits/{id}/statistics", tag = "rankings", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), SelectionQuery),
    responses((status = 200, body = Statistics))
)]
pub(crate) async fn get(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<SelectionQuery>,
) -> Result<Json<Statistics>, Problem> {
    let selection = Selection::parse(&query)?;
    let audit = load::audit(&app, id).await?;
    let set = selection.load(&app, &audit).await?;
    let dataset = load::dataset(&app, audit.dataset_id).await?;

    let info = ScoreInfo::of(selection.signal, &set)?;
    let stored = score_sets::statistics(&app.db, set.id).await?;
    let mut statistics = Statistics::new(info, &set, stored, ClassNames::of(&dataset))?;
    // The error on held-out examples is a fact about the signal, so both populations tell it.
    if selection.key.population == Population::Trained {
        let held_out = ScoreKey {
            population: Population::HeldOut,
            ..selection.key
        };
        let name = selection.signal.info().name;
        if let Some(set) = score_sets::get(&app.db, id, name, &held_out.key()).await? {
            let stored = score_sets::statistics(&app.db, set.id).await?;
            statistics.take_held_out_error(&set, stored)?;
        }
    }
    Ok(Json(statistics))
}
