//! Rankings in the forms of other tools.

use super::{
    chosen::{Chosen, FilterQuery},
    ranking_files::{CsvQuery, file, provenance},
    selection::SelectionQuery,
};
use crate::{
    App,
    export::{Cleanlab, LabelStudio, Text},
    extract::{Path, Queries},
    problem::Problem,
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use unearth_audit::{Grouping, Population, Signal, Subset, share_of};
use unearth_store::scores::Texts;
use utoipa::IntoParams;
use uuid::Uuid;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LabelIssueQuery {
    /// Whether the examples that were trained on are ranked (the default) or the others.
    #[param(inline)]
    population: Option<Population>,
    /// How groups are compared: `global` (the default), `within_group` or `shrunken`.
    #[param(inline)]
    grouping: Option<Grouping>,
}

/// Streams the ranking by `label_issue` in the columns of cleanlab: `index`, `key`, `is_label_issue`,
/// `label_score`, `given_label` and `suggested_label`, the worst first.
///
/// There a low `label_score` is worse: it is 1 − percentile ÷ 100. `is_label_issue` is the subset `label_issues`,
/// the hardest 5 %.
#[utoipa::path(
    get, path = "/v1/audits/{id}/cleanlab.csv", tag = "rankings", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), LabelIssueQuery, FilterQuery, CsvQuery),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
pub(crate) async fn cleanlab(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Queries(query, filter, text): Queries<LabelIssueQuery, FilterQuery, CsvQuery>,
) -> Result<Response, Problem> {
    let grouping = query.grouping.unwrap_or_default();
    let selection = SelectionQuery::of(Signal::LabelIssue, query.population, grouping);
    let chosen = Chosen::load(&app, id, selection, filter).await?;
    let scored = chosen.set.scored.unwrap_or(0);
    let share = Subset::LabelIssues.default_share().unwrap_or_default();
    let format = Cleanlab {
        audit: chosen.audit.clone(),
        dataset: chosen.dataset.clone(),
        last_issue: share_of(share, scored.unsigned_abs()) as i32,
        text: Text::of(text.raw),
    };
    let mut headers = file(
        "text/csv; charset=utf-8",
        "attachment; filename=\"cleanlab.csv\"",
    );
    headers.extend(provenance(&chosen).headers());
    let body = chosen.file(&app, None, format);
    Ok((headers, body).into_response())
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TasksQuery {
    /// What stands before an example's key to make the address of its image, such as `s3://bucket/folder/` or
    /// `/data/local-files/?d=folder/`; empty by default.
    #[serde(default)]
    image_prefix: String,
}

/// Streams a ranking as tasks for Label Studio, hardest first: the suggestion is a prediction with the share of
/// examples that are no harder as its score, what was decided an annotation.
///
/// The labelling interface has a `Choices` named `label` over an `Image` named `image`, or a `Text` named `text`.
#[utoipa::path(
    get, path = "/v1/audits/{id}/label-studio.json", tag = "rankings", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), SelectionQuery, FilterQuery, TasksQuery),
    responses((status = 200, body = Vec<Object>, content_type = "application/json"))
)]
pub(crate) async fn label_studio(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Queries(selection, filter, query): Queries<SelectionQuery, FilterQuery, TasksQuery>,
) -> Result<Response, Problem> {
    let chosen = Chosen::load(&app, id, selection, filter).await?;
    let format = LabelStudio {
        audit: chosen.audit.clone(),
        dataset: chosen.dataset.clone(),
        signal: chosen.info.signal.name,
        image_prefix: query.image_prefix,
        has_begun: false,
    };
    let mut headers = file(
        "application/json",
        "attachment; filename=\"label-studio.json\"",
    );
    headers.extend(provenance(&chosen).headers());
    let body = chosen.file(&app, Some(Texts::Whole), format);
    Ok((headers, body).into_response())
}
