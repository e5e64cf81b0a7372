//! The trainings of an audit.

use super::load;
use crate::{
    App,
    extract::Path,
    problem::Problem,
    view::run::{Run, Runs},
};
use axum::{Json, extract::State};
use unearth_store::runs;
use uuid::Uuid;

/// Lists the trainings of an audit: where each stands, and which worker has it.
#[utoipa::path(
    get, path = "/v1/audits/{id}/runs", tag = "audits", security(("token" = ["viewer"])), params(("id" = Uuid, Path)),
    responses((status = 200, body = Runs))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<Json<Runs>, Problem> {
    load::audit(&app, id).await?;
    let runs = runs::list(&app.db, id).await?;
    Ok(Json(Runs {
        items: runs.into_iter().map(Run::from).collect(),
    }))
}
