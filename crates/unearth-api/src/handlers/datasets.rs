//! Datasets: upload, look, delete.

use super::load;
use crate::{
    App,
    detached::to_the_end,
    extract::{Path, Query},
    idempotency,
    paging::{self, PageSize},
    problem::{self, Problem},
    upload::{self, Received},
    view::dataset::{self, Dataset, DatasetPage, Deleted, DeletedDataset},
};
use axum::{
    Json,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use unearth_audit::{FieldError, OnBadExample, PackOptions};
use unearth_store::{
    audits,
    datasets::{self, Again, Holdings, Inserted, NewDataset},
};
use utoipa::IntoParams;
use uuid::Uuid;

const PAGE: PageSize = PageSize {
    default: 50,
    max: 200,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadQuery {
    /// Name of the upload, for people.
    name: Option<String>,
    /// What to do about examples that cannot be used.
    #[serde(default)]
    #[param(inline)]
    on_bad_example: OnBadExample,
    /// Side of the packed images in pixels; chosen from the data when absent.
    #[param(minimum = 8, maximum = 1024)]
    image_size: Option<u32>,
    /// Path of the CSV manifest inside the upload; found by its columns when absent.
    manifest: Option<String>,
    /// Column of the manifest that holds the label; `label` when absent.
    label_column: Option<String>,
}

impl UploadQuery {
    fn parse(self) -> Result<(String, PackOptions), Problem> {
        let mut errors = Vec::new();
        let name = self.name.unwrap_or_else(|| "upload".to_owned());
        if name.is_empty() || name.len() > 255 || name.chars().any(char::is_control) {
            errors.push(FieldError::new(
                "name",
                "must be 1 to 255 bytes of plain text",
            ));
        }
        let options = PackOptions {
            on_bad_example: self.on_bad_example,
            image_size: self.image_size,
            manifest: self.manifest,
            label_column: self.label_column,
        };
        errors.extend(options.validate().err());
        if errors.is_empty() {
            Ok((name, options))
        } else {
            Err(Problem::invalid(errors))
        }
    }
}

/// Uploads a dataset: an image folder as zip, tar or tar.gz, a CSV manifest with its images, IDX
/// files, or an npz. The same bytes with the same options are one dataset.
#[utoipa::path(
    post, path = "/v1/datasets", tag = "datasets", security(("token" = ["operator"])), params(UploadQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 202, description = "It waits for validation.", body = Dataset,
         headers(("Location" = String, description = "Its address."))),
        (status = 200, description = "It was there already.", body = Dataset),
    )
)]
pub(crate) async fn upload(
    State(app): State<App>,
    Query(query): Query<UploadQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let (name, options) = query.parse()?;
    let (parts, body) = request.into_parts();
    let key = idempotency::key_of(&parts.headers)?;
    let blob = format!("uploads/{}", (app.new_id)());
    let received =
        upload::receive(&app, &blob, &parts.headers, body, app.limits.dataset_bytes).await?;
    let hash = idempotency::request_hash(&parts.method, &parts.uri, received.hash);
    let answer = {
        let app = app.clone();
        async move {
            keep(&app, received, blob, name, options)
                .await
                .into_response()
        }
    };
    idempotency::answer_once(app, key, hash, answer).await
}

/// Makes a dataset of a complete upload, unless it is one already.
async fn keep(
    app: &App,
    received: Received,
    blob: String,
    name: String,
    options: PackOptions,
) -> Result<Response, Problem> {
    let options = serde_json::to_value(options).map_err(Problem::internal)?;
    let new = NewDataset {
        id: (app.new_id)(),
        name,
        source_hash: source_hash(received.hash.as_bytes(), &options),
        upload_hash: *received.hash.as_bytes(),
        options,
        upload_blob: blob,
        upload_bytes: received.bytes as i64,
    };
    received.upload.finish().await?;
    // Should this fail, the upload stays: the row may have been written all the same.
    let inserted = datasets::insert(&app.db, &new, (app.now)()).await?;
    let (status, id) = match inserted {
        Inserted::New => (StatusCode::ACCEPTED, new.id),
        Inserted::Existing(id) => {
            app.blobs.delete(&new.upload_blob).await?;
            (StatusCode::OK, id)
        }
    };
    let view = Dataset::try_from(load::dataset(app, id).await?)?;
    Ok((status, [(header::LOCATION, dataset::url(id))], Json(view)).into_response())
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ValidateQuery {
    /// What to do about examples that cannot be used.
    #[param(inline)]
    on_bad_example: OnBadExample,
}

/// Validates an upload again that was refused for its bad examples, without another upload.
#[utoipa::path(
    post, path = "/v1/datasets/{id}/validate", tag = "datasets", security(("token" = ["operator"])),
    params(("id" = Uuid, Path), ValidateQuery),
    responses(
        (status = 202, description = "It waits for validation.", body = Dataset),
        (status = 200, description = "There is such a dataset already.", body = Dataset),
    )
)]
pub(crate) async fn validate(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<ValidateQuery>,
) -> Result<Response, Problem> {
    let stored = load::dataset(&app, id).await?;
    let mut options = stored.options;
    options["on_bad_example"] =
        serde_json::to_value(query.on_bad_example).map_err(Problem::internal)?;
    let hash = source_hash(&stored.upload_hash, &options);
    let now = (app.now)();
    let (status, id) = match datasets::validate_again(&app.db, id, &options, hash, now).await? {
        Again::Begun => (StatusCode::ACCEPTED, id),
        Again::Existing(other) => (StatusCode::OK, other),
        Again::No => {
            let detail = "only an upload that was refused for its bad examples is kept";
            return Err(Problem::new(&problem::DATASET_NOT_REFUSED, detail));
        }
    };
    let view = Dataset::try_from(load::dataset(&app, id).await?)?;
    Ok((status, [(header::LOCATION, dataset::url(id))], Json(view)).into_response())
}

fn source_hash(bytes: &[u8], options: &serde_json::Value) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(bytes);
    hasher.update(options.to_string().as_bytes());
    *hasher.finalize().as_bytes()
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// `next` of the page before.
    after: Option<String>,
    /// How many, at most 200; 50 by default.
    limit: Option<i64>,
}

/// Lists the datasets, newest first.
#[utoipa::path(
    get, path = "/v1/datasets", tag = "datasets", security(("token" = ["viewer"])), params(ListQuery),
    responses((status = 200, body = DatasetPage))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<DatasetPage>, Problem> {
    let limit = PAGE.limit(query.limit)?;
    let after = paging::cursor(query.after.as_deref())?;
    let rows = datasets::list(&app.db, after, limit + 1).await?;
    let (rows, next) = paging::split(rows, limit, |row| row.id);
    let items = rows
        .into_iter()
        .map(Dataset::try_from)
        .collect::<Result<_, _>>()?;
    Ok(Json(DatasetPage { items, next }))
}

/// Shows one dataset.
#[utoipa::path(
    get, path = "/v1/datasets/{id}", tag = "datasets", security(("token" = ["viewer"])), params(("id" = Uuid, Path)),
    responses((status = 200, body = Dataset))
)]
pub(crate) async fn get(
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<Json<Dataset>, Problem> {
    let row = load::dataset(&app, id).await?;
    Ok(Json(Dataset::try_from(row)?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeleteQuery {
    /// Whether audits made from it go too; without it a dataset with audits stays.
    #[serde(default)]
    with_audits: bool,
}

/// Deletes a dataset with everything made from it, and says what that was.
///
/// Once begun it is carried out to its end, also when the answer is not waited for.
#[utoipa::path(
    delete, path = "/v1/datasets/{id}", tag = "datasets", security(("token" = ["operator"])),
    params(("id" = Uuid, Path), DeleteQuery),
    responses((status = 200, body = Deleted))
)]
pub(crate) async fn delete(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<DeleteQuery>,
) -> Result<Json<Deleted>, Problem> {
    let row = load::dataset(&app, id).await?;
    let holdings = datasets::holdings(&app.db, id).await?;
    if holdings.active {
        let detail = format!("an audit of `{}` is queued or running", row.name);
        return Err(Problem::new(&problem::AUDIT_IS_RUNNING, detail).hint("cancel it first"));
    }
    if !holdings.audits.is_empty() && !query.with_audits {
        return Err(in_use(&row.name, &holdings));
    }
    let deleted = to_the_end(delete_all(app, row, holdings)).await??;
    Ok(Json(Deleted { deleted }))
}

/// Deletes audit by audit, then the dataset. Wherever this stops, what is left is whole, and the same
/// request goes on from there.
async fn delete_all(
    app: App,
    row: datasets::Dataset,
    holdings: Holdings,
) -> Result<DeletedDataset, Problem> {
    for audit in &holdings.audits {
        let blobs = audits::delete(&app.db, *audit).await?;
        remove_blobs(&app, blobs.into_iter().flatten()).await?;
    }
    if !datasets::delete(&app.db, row.id).await? {
        let detail = format!("an audit of `{}` was begun meanwhile", row.name);
        return Err(Problem::new(&problem::DATASET_IN_USE, detail)
            .hint("cancel it, then delete the dataset again"));
    }
    let deleted = DeletedDataset {
        dataset: row.id,
        audits: holdings.audits,
        examples: row.facts.map_or(0, |facts| facts.examples),
        blobs: holdings.blobs.len(),
    };
    remove_blobs(&app, holdings.blobs.into_iter()).await?;
    Ok(deleted)
}

fn in_use(name: &str, holdings: &Holdings) -> Problem {
    let ids: Vec<String> = holdings.audits.iter().map(Uuid::to_string).collect();
    let detail = format!("from `{name}` were made the audits {}", ids.join(", "));
    Problem::new(&problem::DATASET_IN_USE, detail)
        .hint("delete them first, or add ?with_audits=true to delete them with it")
}

async fn remove_blobs(app: &App, keys: impl Iterator<Item = String>) -> Result<(), Problem> {
    for key in keys {
        app.blobs.delete(&key).await?;
    }
    Ok(())
}
