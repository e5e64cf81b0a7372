//! How a signal is distributed.

use super::{load, selection::Selection};
use crate::{
    App,
    class_names::ClassNames,
    extract::{Path, Query},
    problem::Problem,
    view::{score::ScoreInfo, statistics::Statistics},
};
use axum::{Json, extract::State};
use serde::Deserialize;
use unearth_audit::{Grouping, Population, ScoreKey, Signal, Variant};
use unearth_store::score_sets;
use utoipa::IntoParams;
use uuid::Uuid;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatisticsQuery {
    /// The signal; `vog` by default.
    #[param(inline)]
    signal: Option<Signal>,
    /// Window of VoG: `all` (the default), `early`, `middle`, `late`, or positions such as `0-2-5`.
    window: Option<String>,
    /// Formula of VoG: `std` (the default) or `paper`.
    #[param(inline)]
    variant: Option<Variant>,
    /// Whether the examples that were trained on are ranked (the default) or the others.
    #[param(inline)]
    population: Option<Population>,
    /// How groups are compared: `global` (the default), `within_group` or `shrunken`; in datasets with groups,
    /// of `label_issue`, `final_loss` and `vog`.
    #[param(inline)]
    grouping: Option<Grouping>,
}

/// Shows how the scores of a ranking are distributed.
#[utoipa::path(
    get, path = "/v1/audits/{id}/statistics", tag = "rankings",
    params(("id" = Uuid, Path), StatisticsQuery),
    responses((status = 200, body = Statistics))
)]
pub(crate) async fn get(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<StatisticsQuery>,
) -> Result<Json<Statistics>, Problem> {
    let selection = Selection::parse(
        query.signal,
        query.window.as_deref(),
        query.variant,
        query.population,
        query.grouping,
    )?;
    let audit = load::audit(&app, id).await?;
    let set = selection.load(&app, &audit).await?;
    let dataset = load::dataset(&app, audit.dataset_id).await?;

    let info = ScoreInfo::of(selection.signal, &set)?;
    let mut statistics = Statistics::new(info, &set, ClassNames::of(&dataset))?;
    // The error on held-out examples is a fact about the signal, so both populations tell it.
    if selection.key.population == Population::Trained {
        let held_out = ScoreKey {
            population: Population::HeldOut,
            ..selection.key
        };
        let name = selection.signal.info().name;
        if let Some(set) = score_sets::get(&app.db, id, name, &held_out.key()).await? {
            statistics.take_held_out_error(&set)?;
        }
    }
    Ok(Json(statistics))
}
