//! Initial weights of one's own.

use crate::{
    App,
    extract::{Path, Query},
    idempotency,
    problem::{self, Problem},
    upload::{self, Received},
};
use axum::{
    Json,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use unearth_store::weights;
use utoipa::{IntoParams, ToSchema};

/// A file of initial weights.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Weights {
    /// BLAKE3 of the file: a recipe names it as `{"init": {"weights": "<hash>"}}`.
    hash: String,
    /// Name of the upload.
    name: String,
    /// Size.
    bytes: i64,
}

impl From<weights::Weights> for Weights {
    fn from(row: weights::Weights) -> Self {
        Self {
            hash: row.hash,
            name: row.name,
            bytes: row.bytes,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadQuery {
    /// Name of the upload, for people.
    name: Option<String>,
}

/// Uploads initial weights: a safetensors file in torchvision's naming.
#[utoipa::path(
    post, path = "/v1/weights", tag = "weights", security(("token" = ["operator"])), params(UploadQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Weights))
)]
pub(crate) async fn upload(
    State(app): State<App>,
    Query(query): Query<UploadQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let key = idempotency::key_of(&parts.headers)?;
    let blob = format!("uploads/{}", (app.new_id)());
    let received =
        upload::receive(&app, &blob, &parts.headers, body, app.limits.weights_bytes).await?;
    let hash = idempotency::request_hash(&parts.method, &parts.uri, received.hash);
    let name = query
        .name
        .unwrap_or_else(|| "weights.safetensors".to_owned());
    let answer = {
        let app = app.clone();
        async move { keep(&app, received, &blob, name).await.into_response() }
    };
    idempotency::answer_once(app, key, hash, answer).await
}

async fn keep(
    app: &App,
    received: Received,
    blob: &str,
    name: String,
) -> Result<Response, Problem> {
    received.upload.finish().await?;
    if let Err(problem) = check(app, blob, received.bytes).await {
        app.blobs.delete(blob).await?;
        return Err(problem);
    }
    let hash = received.hash.to_hex().to_string();
    let weights = weights::Weights {
        blob: format!("weights/{hash}"),
        hash,
        name,
        bytes: received.bytes as i64,
    };
    // The key is the content, so the same file twice ends as one, also where the first time was cut short.
    app.blobs.rename(blob, &weights.blob).await?;
    weights::insert(&app.db, &weights, (app.now)()).await?;
    let location = format!("/v1/weights/{}", weights.hash);
    let view = Weights::from(weights);
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        Json(view),
    )
        .into_response())
}

/// Whether the file begins as safetensors do: the length of a header, and a JSON object that long.
async fn check(app: &App, blob: &str, bytes: u64) -> Result<(), Problem> {
    const HEADER_BYTES_MAX: u64 = 16 << 20;
    const LENGTH_BYTES: u64 = 8;
    let refusal = |detail: &str| {
        Problem::new(&problem::NOT_SAFETENSORS, detail)
            .hint("save them with `safetensors.torch.save_file(model.state_dict(), path)`")
    };
    if bytes < LENGTH_BYTES {
        return Err(refusal("the file is too short to have a header"));
    }
    let length = app.blobs.get_range(blob, 0..LENGTH_BYTES).await?;
    let length = length
        .first_chunk()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes));
    if length > HEADER_BYTES_MAX || LENGTH_BYTES + length > bytes {
        return Err(refusal(
            "the file does not begin with the length of its header",
        ));
    }
    let header = app
        .blobs
        .get_range(blob, LENGTH_BYTES..LENGTH_BYTES + length)
        .await?;
    match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&header) {
        Ok(_) => Ok(()),
        Err(_) => Err(refusal("the file's header is not a JSON object")),
    }
}

/// Shows one file of initial weights.
#[utoipa::path(
    get, path = "/v1/weights/{hash}", tag = "weights", security(("token" = ["viewer"])), params(("hash" = String, Path)),
    responses((status = 200, body = Weights))
)]
pub(crate) async fn get(
    State(app): State<App>,
    Path(hash): Path<String>,
) -> Result<Json<Weights>, Problem> {
    let found = weights::get(&app.db, &hash).await?;
    let found = found.ok_or_else(|| {
        Problem::new(
            &problem::WEIGHTS_NOT_FOUND,
            format!("no weights have the hash `{hash}`"),
        )
    })?;
    Ok(Json(found.into()))
}
