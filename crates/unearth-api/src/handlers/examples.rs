//! Examples of a dataset, and their images.

use super::load;
use crate::{
    App,
    class_names::ClassNames,
    extract::{Path, Query},
    paging::{self, PageSize},
    pixels,
    problem::{self, Problem},
    view::example::{Example, ExamplePage, has_images},
};
use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::Deserialize;
use unearth_store::{StoreError, datasets::Dataset, examples};
use utoipa::IntoParams;
use uuid::Uuid;

const PAGE: PageSize = PageSize {
    default: 100,
    max: 1_000,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// `next` of the page before.
    after: Option<String>,
    /// How many, at most 1,000; 100 by default.
    limit: Option<i64>,
    /// Only of the class with this name.
    label: Option<String>,
    /// Only of this split.
    split: Option<String>,
}

/// Lists the examples of a dataset by index.
#[utoipa::path(
    get, path = "/v1/datasets/{id}/examples", tag = "datasets", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), ListQuery),
    responses((status = 200, body = ExamplePage))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<ListQuery>,
) -> Result<Json<ExamplePage>, Problem> {
    let limit = PAGE.limit(query.limit)?;
    let after: Option<i32> = paging::cursor(query.after.as_deref())?;
    let (dataset, _) = load::ready_dataset(&app, id).await?;
    let classes = ClassNames::of(&dataset);
    let label = query.label.map(|name| classes.label(&name)).transpose()?;

    let split = query.split.as_deref();
    let rows = examples::page(&app.db, id, label, split, after.unwrap_or(-1), limit + 1).await?;
    let (rows, next) = paging::split(rows, limit, |row| row.index);
    let items = rows
        .into_iter()
        .map(|row| Example::new(&dataset, classes, row))
        .collect::<Result<_, _>>()?;
    Ok(Json(ExamplePage { items, next }))
}

/// Shows one example.
#[utoipa::path(
    get, path = "/v1/datasets/{id}/examples/{index}", tag = "datasets", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), ("index" = i32, Path)),
    responses((status = 200, body = Example))
)]
pub(crate) async fn get(
    State(app): State<App>,
    Path((id, index)): Path<(Uuid, i32)>,
) -> Result<Json<Example>, Problem> {
    let dataset = load::dataset(&app, id).await?;
    let row = load::example(&app, &dataset, index).await?;
    Ok(Json(Example::new(&dataset, ClassNames::of(&dataset), row)?))
}

/// An example's image: the file that was uploaded, or, where that was no image file, a PNG of its
/// pixels.
#[utoipa::path(
    get, path = "/v1/datasets/{id}/examples/{index}/image", tag = "datasets", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), ("index" = i32, Path)),
    responses((status = 200, content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/webp"))))
)]
pub(crate) async fn image(
    State(app): State<App>,
    Path((id, index)): Path<(Uuid, i32)>,
) -> Result<Response, Problem> {
    let dataset = load::dataset(&app, id).await?;
    let example = load::example(&app, &dataset, index).await?;
    if !has_images(&dataset) {
        let detail = format!("the examples of `{}` are rows of a table", dataset.name);
        return Err(Problem::new(&problem::EXAMPLE_HAS_NO_IMAGE, detail));
    }
    let (media_type, file) = match original(&app, &dataset, &example).await? {
        Some(original) => original,
        None => ("image/png", packed(&app, &dataset, index).await?),
    };
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (
            header::CACHE_CONTROL,
            "private, max-age=31536000, immutable",
        ),
        // The bytes are a stranger's: nothing in them may run.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ];
    Ok((headers, file).into_response())
}

/// The uploaded file, if there is one of a type that browsers may be given.
async fn original(
    app: &App,
    dataset: &Dataset,
    example: &examples::Example,
) -> Result<Option<(&'static str, Bytes)>, Problem> {
    let media_type = match example.media_type.as_deref() {
        Some("image/png") => "image/png",
        Some("image/jpeg") => "image/jpeg",
        Some("image/webp") => "image/webp",
        _ => return Ok(None),
    };
    let (Some(blob), Some(offset), Some(bytes)) = (
        &dataset.originals_blob,
        example.original_offset,
        example.original_bytes,
    ) else {
        return Ok(None);
    };
    let range = offset as u64..(offset + bytes) as u64;
    Ok(Some((media_type, app.blobs.get_range(blob, range).await?)))
}

/// The example's pixels in the pack, as a PNG.
async fn packed(app: &App, dataset: &Dataset, index: i32) -> Result<Bytes, Problem> {
    let (Some(facts), Some(blob), Some(offset)) =
        (&dataset.facts, &dataset.pack_blob, dataset.pack_offset)
    else {
        return Err(Problem::internal(StoreError::Inconsistent {
            table: "datasets",
            column: "pack_blob",
            row: dataset.id.to_string(),
            detail: "has examples but no pack".into(),
        }));
    };
    let bytes = (facts.height * facts.width * facts.channels) as u64;
    let start = offset as u64 + index as u64 * bytes;
    let pixels = app.blobs.get_range(blob, start..start + bytes).await?;
    let png = pixels::png(facts.height, facts.width, facts.channels, &pixels)?;
    Ok(Bytes::from(png))
}
