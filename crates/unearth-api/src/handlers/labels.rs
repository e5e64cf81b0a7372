//! The labels of a dataset with an audit's decisions applied.

use super::{load, ranking_files::file};
use crate::{
    App,
    export::{self, FolderMoves, Format as _, Labels, NotInClassFolder},
    extract::Path,
    problem::{self, Problem},
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use unearth_store::labels;
use uuid::Uuid;

/// Streams the labels of the whole dataset with the decisions applied, as CSV in the columns in which a manifest
/// or a table is uploaded: `path` (`key` where there are no image files), `label`, and where the dataset has them
/// `split`, `group`, `difficulty` and `text`.
///
/// Excluded examples are left out; whatever is not agreed on (undecided, in conflict, for a second look) keeps its
/// given label. After them come `given_label`, `standing` and `index`, which an upload ignores. Text stays as it
/// is.
#[utoipa::path(
    get, path = "/v1/audits/{id}/labels.csv", tag = "review", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
pub(crate) async fn csv(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    let audit = load::audit(&app, id).await?;
    let dataset = load::dataset(&app, audit.dataset_id).await?;
    let has_groups = labels::has_groups(&app.db, dataset.id).await?;
    let pieces = labels::stream(&app.db, audit.id, dataset.id, Labels::ROWS);
    let headers = file(
        "text/csv; charset=utf-8",
        "attachment; filename=\"labels.csv\"",
    );
    let body = export::body(&app.exports, pieces, Labels::new(dataset, has_groups));
    Ok((headers, body).into_response())
}

/// Writes the decisions as a shell script that moves files between class folders: relabelled ones into the folder
/// of their class, excluded ones out of the dataset.
///
/// It overwrites and deletes nothing, and can be run again. It is there for datasets whose keys are paths in
/// class folders.
#[utoipa::path(
    get, path = "/v1/audits/{id}/moves.sh", tag = "review", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = String, content_type = "text/x-shellscript"))
)]
pub(crate) async fn moves(
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let audit = load::audit(&app, id).await?;
    let dataset = load::dataset(&app, audit.dataset_id).await?;
    let rows = labels::changed(&app.db, audit.id, dataset.id).await?;
    let moves = FolderMoves::of(rows, &dataset)?.map_err(|NotInClassFolder { key, class }| {
        let detail =
            format!("`{key}` lies in no folder `{class}`, so that moving it changes no label");
        Problem::new(&problem::LABELS_NOT_IN_FOLDERS, detail)
            .hint("GET …/labels.csv has the labels of any dataset, decisions applied")
    })?;
    let headers = file(
        "text/x-shellscript; charset=utf-8",
        "attachment; filename=\"moves.sh\"",
    );
    Ok((headers, moves.to_string()).into_response())
}
