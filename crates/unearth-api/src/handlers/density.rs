//! The data map: how many examples lie where between two signals.

use super::{
    load,
    selection::{Selection, SelectionQuery},
};
use crate::{
    App,
    extract::{Path, Query},
    problem::Problem,
    view::{
        density::{DataMap, DataMapAxis},
        score::ScoreInfo,
    },
};
use axum::{Json, extract::State};
use serde::Deserialize;
use unearth_audit::{Grouping, Population, Signal};
use unearth_store::{
    density::{self, Density},
    score_columns,
};
use utoipa::IntoParams;
use uuid::Uuid;

/// Cells along an axis: fine enough to see clusters, few enough for one answer.
const SIDE: i32 = 48;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DataMapQuery {
    /// The signal from left to right; `variability` by default.
    #[param(inline)]
    x: Option<Signal>,
    /// The signal from bottom to top; `confidence` by default.
    #[param(inline)]
    y: Option<Signal>,
    /// Whether the examples that were trained on are shown (the default) or the others.
    #[param(inline)]
    population: Option<Population>,
}

/// Shows how many examples lie where between two signals: the data map of Dataset Cartography
/// (arXiv 2009.10795) unless other signals are named.
///
/// `within=` filters rankings by a part of it.
#[utoipa::path(
    get, path = "/v1/audits/{id}/map", tag = "rankings", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), DataMapQuery),
    responses((status = 200, body = DataMap))
)]
pub(crate) async fn get(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<DataMapQuery>,
) -> Result<Json<DataMap>, Problem> {
    let selection = |signal, default| {
        let signal = Option::unwrap_or(signal, default);
        Selection::parse(&SelectionQuery::of(
            signal,
            query.population,
            Grouping::Global,
        ))
    };
    let (x, y) = (
        selection(query.x, Signal::Variability)?,
        selection(query.y, Signal::Confidence)?,
    );
    let audit = load::audit(&app, id).await?;
    let (x_set, y_set) = (x.load(&app, &audit).await?, y.load(&app, &audit).await?);
    let (x_scores, y_scores) = (
        score_columns::read(&app.db, x_set.id).await?,
        score_columns::read(&app.db, y_set.id).await?,
    );
    let Density { bounds, cells } = density::density(&x_scores, &y_scores, SIDE);
    let (x_bounds, y_bounds) = bounds.unzip();
    Ok(Json(DataMap {
        x: DataMapAxis::new(ScoreInfo::of(x.signal, &x_set)?, x_bounds),
        y: DataMapAxis::new(ScoreInfo::of(y.signal, &y_set)?, y_bounds),
        side: SIDE,
        cells: cells.into_iter().map(Into::into).collect(),
    }))
}
