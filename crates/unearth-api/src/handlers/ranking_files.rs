//! A ranking as a file.

use super::{
    chosen::{Chosen, FilterQuery},
    selection::SelectionQuery,
};
use crate::{
    App,
    export::{Csv, Format, JsonLines, Parquet, Provenance, Table, Text},
    extract::{Nothing, Path, Queries},
    problem::Problem,
    view::archaeology::Categories,
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use unearth_store::scores::{RankedRow, Texts};
use utoipa::IntoParams;
use uuid::Uuid;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CsvQuery {
    /// Whether text that a spreadsheet would run as a formula stays as it is; by default it gets an
    /// apostrophe in front.
    #[serde(default)]
    pub(super) raw: bool,
}

/// Streams a ranking as CSV (RFC 4180), hardest first, with the columns `rank`, `index`, `key`,
/// `label`, `split`, `group`, `score`, `score_class_normalised`, `percentile`, `suggested_label` and
/// `suggested_probability`; of an audit of several seeds also `score_low`, `score_high`, `rank_low` and
/// `rank_high`; of an audit with an archaeology also `category`, `category_tied` and a
/// `p_…` of each category.
///
/// The headers `X-Unearth-Dataset`, `-Recipe`, `-Seed`, `-Precision`, `-Device`, `-Versions`,
/// `-Signal` and `-Formula` say what it was made from; what is not ASCII in them is
/// percent-encoded UTF-8.
#[utoipa::path(
    get, path = "/v1/audits/{id}/ranking.csv", tag = "rankings", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), SelectionQuery, FilterQuery, CsvQuery),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
pub(crate) async fn csv(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Queries(selection, filter, query): Queries<SelectionQuery, FilterQuery, CsvQuery>,
) -> Result<Response, Problem> {
    let chosen = Chosen::load(&app, id, selection, filter).await?;
    let format = Csv {
        table: table(&chosen),
        text: Text::of(query.raw),
    };
    let named = file(
        "text/csv; charset=utf-8",
        "attachment; filename=\"ranked.csv\"",
    );
    Ok(download(&app, &chosen, named, None, format))
}

/// Streams a ranking as JSON Lines, hardest first: on each line an object with the fields of a row of
/// `GET …/examples`, reasons of missing values among them.
///
/// The headers are those of the CSV.
#[utoipa::path(
    get, path = "/v1/audits/{id}/ranking.jsonl", tag = "rankings", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), SelectionQuery, FilterQuery),
    responses((status = 200, body = String, content_type = "application/x-ndjson"))
)]
pub(crate) async fn json_lines(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Queries(selection, filter, Nothing {}): Queries<SelectionQuery, FilterQuery>,
) -> Result<Response, Problem> {
    let chosen = Chosen::load(&app, id, selection, filter).await?;
    let format = JsonLines {
        audit: chosen.audit.clone(),
        dataset: chosen.dataset.clone(),
        categories: Categories::of(&chosen.audit),
    };
    let named = file(
        "application/x-ndjson",
        "attachment; filename=\"ranked.jsonl\"",
    );
    Ok(download(&app, &chosen, named, Some(Texts::Excerpt), format))
}

/// Streams a ranking as Apache Parquet, hardest first: the columns of the CSV, typed, with nulls where
/// there is no value.
///
/// The headers are those of the CSV; the file's own metadata say the same under `unearth.dataset`,
/// `unearth.recipe` and so on.
#[utoipa::path(
    get, path = "/v1/audits/{id}/ranking.parquet", tag = "rankings", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), SelectionQuery, FilterQuery),
    responses((status = 200, body = Vec<u8>, content_type = "application/vnd.apache.parquet"))
)]
pub(crate) async fn parquet(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Queries(selection, filter, Nothing {}): Queries<SelectionQuery, FilterQuery>,
) -> Result<Response, Problem> {
    let chosen = Chosen::load(&app, id, selection, filter).await?;
    let format = Parquet::new(table(&chosen), &provenance(&chosen)).map_err(Problem::internal)?;
    let named = file(
        "application/vnd.apache.parquet",
        "attachment; filename=\"ranked.parquet\"",
    );
    Ok(download(&app, &chosen, named, None, format))
}

fn table(chosen: &Chosen) -> Table {
    let (audit, dataset) = (chosen.audit.clone(), chosen.dataset.clone());
    Table::new(audit, dataset, chosen.info.level)
}

/// What the ranking was made from.
pub(super) fn provenance(chosen: &Chosen) -> Provenance {
    Provenance::of(&chosen.audit, &chosen.dataset, &chosen.info)
}

/// What a file is and what it is called.
pub(super) fn file(media_type: &'static str, disposition: &'static str) -> HeaderMap {
    HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static(disposition),
        ),
    ])
}

fn download(
    app: &App,
    chosen: &Chosen,
    mut headers: HeaderMap,
    text: Option<Texts>,
    format: impl Format<Row = RankedRow>,
) -> Response {
    headers.extend(provenance(chosen).headers());
    (headers, chosen.file(app, text, format)).into_response()
}
