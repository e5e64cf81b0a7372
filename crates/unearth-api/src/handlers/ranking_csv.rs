//! A ranking as a file.

use super::{
    archaeology, load, ranking,
    selection::Selection,
    subsets::{self, Choice},
};
use crate::{
    App,
    class_names::ClassNames,
    csv_ranking::{self, Columns, Text},
    extract::{Path, Query},
    problem::Problem,
    view::{archaeology::Categories, score::ScoreInfo},
};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;
use std::fmt::Write as _;
use unearth_audit::{Grouping, Population, Precision, Signal, Subset, Variant};
use unearth_store::{
    StoreError,
    audits::Audit,
    datasets::Dataset,
    scores::{self, RankedRow},
};
use utoipa::IntoParams;
use uuid::Uuid;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CsvQuery {
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
    /// Only of the class with this name.
    label: Option<String>,
    /// Only of this split.
    split: Option<String>,
    /// Only of this group.
    group: Option<String>,
    /// Only of this subset.
    #[param(inline)]
    subset: Option<Subset>,
    /// How much of a ranking the subset's rule takes, above 0 and up to 1, instead of its default.
    share: Option<f64>,
    /// Only of this category of the archaeology.
    category: Option<String>,
    /// Smallest value, included.
    min: Option<f64>,
    /// Largest value, included.
    max: Option<f64>,
    /// Whether text that a spreadsheet would run as a formula stays as it is; by default it gets an
    /// apostrophe in front.
    #[serde(default)]
    raw: bool,
}

/// Streams a ranking as CSV (RFC 4180), hardest first, with the columns `rank`, `index`, `key`,
/// `label`, `split`, `group`, `score`, `score_class_normalised`, `percentile`, `suggested_label` and
/// `suggested_probability`; of an audit with an archaeology also `category`, `category_tied` and a
/// `p_…` of each category.
///
/// The headers `X-Unearth-Dataset`, `-Recipe`, `-Seed`, `-Precision`, `-Device`, `-Versions`,
/// `-Signal` and `-Formula` say what it was made from; what is not ASCII in them is
/// percent-encoded UTF-8.
#[utoipa::path(
    get, path = "/v1/audits/{id}/ranking.csv", tag = "rankings",
    params(("id" = Uuid, Path), CsvQuery),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
pub(crate) async fn download(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<CsvQuery>,
) -> Result<Response, Problem> {
    let selection = Selection::parse(
        query.signal,
        query.window.as_deref(),
        query.variant,
        query.population,
        query.grouping,
    )?;
    let subset = Choice::parse(query.subset, query.share)?;
    let text = if query.raw { Text::Raw } else { Text::Safe };
    let audit = load::audit(&app, id).await?;
    let set = selection.load(&app, &audit).await?;
    let dataset = load::dataset(&app, audit.dataset_id).await?;
    let classes = ClassNames::known_to(&audit, &dataset);
    let mut filter = ranking::filter(
        query.label,
        query.split,
        query.group,
        (query.min, query.max),
        classes,
    )?;
    filter.subset = subsets::members(&app, &audit, selection.key.population, subset).await?;
    filter.category = archaeology::category(&app, &audit, query.category.as_deref()).await?;

    let headers = headers(&audit, &dataset, &ScoreInfo::of(selection.signal, &set)?);
    let rows = scores::stream(&app.db, set.id, dataset.id, &filter);
    let columns = Columns {
        categories: Categories::of(&audit),
        audit,
        dataset,
        text,
    };
    Ok((headers, body(rows, columns)).into_response())
}

/// Rows in pieces as they come; nothing is held but one piece.
fn body(rows: stream::BoxStream<'static, Result<RankedRow, StoreError>>, columns: Columns) -> Body {
    const ROWS_PER_PIECE: usize = 1_000;
    let header = columns.header();
    let pieces = rows
        .try_chunks(ROWS_PER_PIECE)
        .map_err(|stream::TryChunksError(_, error)| error)
        .and_then(move |rows| std::future::ready(columns.rows(&rows)))
        .inspect_err(csv_ranking::log_break);
    let header = stream::once(async { Ok(header) });
    Body::from_stream(header.chain(pieces))
}

fn headers(audit: &Audit, dataset: &Dataset, info: &ScoreInfo) -> HeaderMap {
    let precision = audit.origin.recipe().map(|recipe| match recipe.precision {
        Precision::F32 => "f32".to_owned(),
        Precision::Bf16 => "bf16".to_owned(),
    });
    let result = audit.result.as_ref();
    let environment = result.and_then(|result| result.environment.as_ref());
    let device = environment.map(|on| format!("{} ({})", on.device, on.device_name));
    let versions = environment.map(|on| format!("unearth {}; torch {}", on.unearth, on.torch));
    let metadata = [
        ("x-unearth-dataset", dataset.content_hash.clone()),
        ("x-unearth-recipe", Some(audit.recipe_hash.clone())),
        ("x-unearth-seed", Some(audit.seed.to_string())),
        ("x-unearth-precision", precision),
        ("x-unearth-device", device),
        ("x-unearth-versions", versions),
        (
            "x-unearth-signal",
            Some(format!("{} {}", info.signal.name, info.scoring)),
        ),
        ("x-unearth-formula", Some(info.signal.formula.to_owned())),
    ];
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8"),
    );
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"ranked.csv\""),
    );
    for (name, value) in metadata {
        if let Some(value) = value {
            headers.insert(HeaderName::from_static(name), ascii(&value));
        }
    }
    headers
}

/// Text as a header value: what is not printable ASCII, and the percent sign, percent-encoded.
fn ascii(text: &str) -> HeaderValue {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if matches!(byte, b' '..=b'~') && byte != b'%' {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    HeaderValue::try_from(encoded).expect("printable ASCII is a header value")
}
