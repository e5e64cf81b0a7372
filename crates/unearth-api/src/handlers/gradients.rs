//! Gradient maps as pictures.

use super::{example, load};
use crate::{
    App,
    extract::{Path, Query},
    gradient_map::GradientMap,
    pixels,
    problem::{self, Problem},
};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use unearth_audit::State as AuditState;
use utoipa::IntoParams;
use uuid::Uuid;

const SCALE_MAX: usize = 32;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PictureQuery {
    /// Side of the square that a pixel of the map becomes; 4 by default.
    #[param(minimum = 1, maximum = 32)]
    scale: Option<usize>,
}

/// Draws the gradient of one example at one checkpoint: blue is negative, white is zero, red is
/// positive, on one symmetric scale over all checkpoints of the example.
#[utoipa::path(
    get, path = "/v1/audits/{id}/examples/{index}/gradients/{checkpoint}", tag = "rankings", security(("token" = ["viewer"])),
    params(
        ("id" = Uuid, Path), ("index" = i32, Path),
        ("checkpoint" = String, Path, description = "Position in the recipe's checkpoint list, from 0, and `.png`.", example = "0.png"),
        PictureQuery
    ),
    responses((status = 200, body = Vec<u8>, content_type = "image/png"))
)]
pub(crate) async fn picture(
    State(app): State<App>,
    Path((id, index, file)): Path<(Uuid, i32, String)>,
    Query(query): Query<PictureQuery>,
) -> Result<Response, Problem> {
    let scale = query.scale.unwrap_or(4);
    if !(1..=SCALE_MAX).contains(&scale) {
        return Err(Problem::invalid_field(
            "scale",
            format!("must lie between 1 and {SCALE_MAX}"),
        ));
    }
    let checkpoint: Option<i32> = file.strip_suffix(".png").and_then(|at| at.parse().ok());
    let audit = load::audit(&app, id).await?;
    let dataset = load::dataset(&app, audit.dataset_id).await?;
    load::example(&app, &dataset, index).await?;
    let run = example::source_run(&app, &audit).await?;
    let shape = audit.origin.shape();
    let maps = example::maps(&app, run, index, &shape).await?;
    let map = maps.iter().find(|map| Some(map.checkpoint) == checkpoint);
    let Some(map) = map else {
        let detail = format!(
            "`{file}` is not one of the {} maps of this example, counted from 0",
            maps.len()
        );
        return Err(Problem::new(&problem::CHECKPOINT_NOT_FOUND, detail));
    };

    let (height, width) = (shape.map_height as usize, shape.map_width as usize);
    let limit = maps.iter().map(GradientMap::max_abs).fold(0.0, f32::max);
    let picture = map.picture(width, limit, scale);
    let png = pixels::png(height * scale, width * scale, 3, &picture)?;
    // Until the last checkpoint the common scale of the colours may still grow.
    let caching = if audit.state == AuditState::Succeeded {
        "private, max-age=31536000, immutable"
    } else {
        "no-store"
    };
    let headers = [
        (header::CONTENT_TYPE, "image/png"),
        (header::CACHE_CONTROL, caching),
    ];
    Ok((headers, png).into_response())
}
